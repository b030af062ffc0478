// SPDX-License-Identifier: Apache-2.0
// @ts-check
import { Agent, request } from 'node:http';
import { createInterface } from 'node:readline';

const CONNECTIONS = 4;
const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });

/** @type {Record<string, (method: string, url: string, body: string) => Promise<void>>} */
const WAYS = {
  async fetch(method, url, body) {
    const response = await fetch(url, { method, ...(method === 'POST' ? { body } : {}) });
    await response.arrayBuffer();
  },
  http: (method, url, body) =>
    new Promise((resolve, reject) => {
      const asked = request(url, { method, agent }, (response) => {
        response.resume();
        response.on('end', () => resolve());
        response.on('error', reject);
      });
      asked.on('error', reject);
      asked.end(body);
    }),
};

const ask = WAYS[process.argv[2] ?? ''] ?? (() => Promise.reject(new Error('fetch or http')));
/** @type {string[]} */
const lines = [];
for await (const line of createInterface({ input: process.stdin })) lines.push(line);
await Promise.all(
  Array.from({ length: CONNECTIONS }, async () => {
    for (let line = lines.shift(); line !== undefined; line = lines.shift()) {
      const [method = '', url = '', size = ''] = line.split(' ');
      await ask(method, url, 'b'.repeat(Number(size)));
    }
  }),
);
process.exit();
