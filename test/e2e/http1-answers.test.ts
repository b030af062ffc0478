import { Agent, get } from 'node:http';
import { text } from 'node:stream/consumers';
import type { SourceName } from '@beyla/core';
import { describe, expect, it } from 'vitest';
import { countBy, spanKey, totalDrops } from '../support/account.ts';
import { needsSource, SOURCES } from '../support/capability.ts';
import { type App, runNode } from '../support/run-app.mjs';
import { use } from '../support/use.ts';
import { type Watch, watch } from '../support/with-beyla.ts';

for (const source of SOURCES) {
  describe(`answers of HTTP/1 with the source ${source}`, needsSource(source), () => suite(source));
}

function suite(source: SourceName): void {
  async function watchApp(app: App): Promise<Watch> {
    return use(await watch({ pids: app.pids(), tracer: { source } }));
  }

  it.each([0, 12, 40])('is a span for each answer that is written and then ended, with %i fields', async (fields) => {
    const app = use(await runNode());
    const watching = await watchApp(app);
    const agent = new Agent({ keepAlive: true, maxSockets: 2 });
    const targets = Array.from({ length: 80 }, (_, index) => `/written?fields=${fields}&n=${index}`);
    await Promise.all(targets.map((path) => fetched(agent, app.port, path)));
    agent.destroy();
    await watching.settled(targets.length);
    const spans = await watching.finish();
    expect(countBy(spans, spanKey)).toEqual(countBy(targets, (path) => `GET ${path} 200`));
    expect(totalDrops(watching.beyla)).toBe(0);
  });
}

/** The body of what a GET is answered with. */
function fetched(agent: Agent, port: number, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    get({ agent, port, host: '127.0.0.1', path }, (response) => {
      text(response).then(resolve, reject);
    }).on('error', reject);
  });
}
