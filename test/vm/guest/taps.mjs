// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Agent, get } from 'node:https';
import { fileURLToPath } from 'node:url';
import { report } from './report.mjs';

const REQUESTS = 20;
const LIMIT_MS = 20_000;

/** Has a server speak TLS, and reports whether the requests are seen in plaintext: by uprobe_multi links, or by perf uprobes. */
export async function runTaps() {
  const { createBeyla } = await import('@beyla/core');
  const server = spawn(process.execPath, [fileURLToPath(new URL('./tls-server.mjs', import.meta.url))]);
  try {
    const [line] = await once(server.stdout, 'data');
    const port = Number(String(line));
    const beyla = await createBeyla({ discovery: { instrument: [{ targetPids: [server.pid] }] } });
    const paths = [];
    beyla.on('span', (spans) => paths.push(...spans.map(({ path }) => path)));
    const sent = Array.from({ length: REQUESTS }, (_, number) => `/tls/${number}`);
    await send(port, sent);
    const limitMs = performance.now() + LIMIT_MS;
    while (paths.length < REQUESTS && performance.now() < limitMs) await new Promise((done) => setTimeout(done, 50));
    const { messages } = beyla.health();
    const { taps } = beyla.debugInfo().tracer;
    await beyla.close();
    report({
      type: 'taps',
      verdict: paths.join() === sent.join() ? 'exact' : 'wrong',
      attached: taps.attached,
      spans: paths.length,
      messages,
    });
  } finally {
    server.kill();
  }
}

async function send(port, paths) {
  const pskCallback = () => ({ psk: Buffer.from('guest'), identity: 'guest' });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const tls = { pskCallback, ciphers: 'PSK+HIGH', maxVersion: 'TLSv1.2', checkServerIdentity: () => undefined };
  for (const path of paths) {
    const [response] = await once(get({ host: '127.0.0.1', port, path, agent, ...tls }), 'response');
    for await (const _ of response);
  }
  agent.destroy();
}
