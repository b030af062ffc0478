import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isHttpSpan, type RequestSpan } from '@beyla/core';
import { describe, expect, it } from 'vitest';
import { countBy, recordKey, spanKey } from '../support/account.ts';
import { needsBpf } from '../support/capability.ts';
import { runNode } from '../support/run-app.mjs';
import { sendLoad } from '../support/truth-client.mjs';
import { use } from '../support/use.ts';
import { watch } from '../support/with-beyla.ts';
import { runWithoutCapabilities } from '../support/without-capabilities.mjs';

const agent = new URL('../apps/agent.mjs', import.meta.url).pathname;

const SECRET = 'swordfish';

/** What the kernel said. Ids of spans are drawn anew by each run, and values of queries are not recorded. */
function facts(span: RequestSpan): unknown {
  const { kind, method, path, startNs, readNs, firstByteNs, endNs, startSource, local, remote } = span;
  return {
    kind,
    request: [method, path, isHttpSpan(span) ? span.statusCode : span.grpcStatus],
    times: [startNs, readNs, firstByteNs, endNs, startSource],
    ends: [local, remote],
    bodies: [span.requestBodySize, span.responseBodySize],
    service: span.process.service,
  };
}

/** The same spans as a child process hands them over: without clock, without what is undefined. */
function asJson(spans: readonly RequestSpan[]): RequestSpan[] {
  return JSON.parse(JSON.stringify(spans.map(({ clock, ...span }) => span))) as RequestSpan[];
}

describe('recordings', needsBpf, () => {
  it('replay to the same spans, for a process without any capability', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'beyla-recording-'));
    use({ stop: async () => rmSync(directory, { recursive: true }) });
    const file = join(directory, 'run.beyla');
    const app = use(await runNode());
    const watching = use(await watch({ pids: [app.pid], recordTo: file }));
    const targets = [
      'GET /users/{n}',
      'POST /echo 3000',
      'GET /status/500',
      'GET /chunked?pieces=3',
      'GET /slow?ms=5',
      `GET /hello?token=${SECRET}`,
    ];
    const records = await sendLoad({ port: app.port, targets, connections: 4, requests: 100 });
    await watching.settled(records.length);
    const live = await watching.finish();
    expect(countBy(live, spanKey)).toEqual(countBy(records, recordKey));

    const options = JSON.stringify({ discovery: { instrument: [{ targetPids: [app.pid] }] }, replayFrom: file });
    const stdout = await runWithoutCapabilities([agent, '--options', options]);
    const replayed = JSON.parse(stdout) as { spans: RequestSpan[] };
    expect(replayed.spans.map(facts)).toEqual(asJson(live).map(facts));
    expect(readFileSync(file, 'latin1')).not.toContain(SECRET);
  });
});
