import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { RequestSpan } from '@beyla/core';
import { describe, expect, it } from 'vitest';
import { countBy, recordKey, spanKey } from '../support/account.ts';
import { needsBpf } from '../support/capability.ts';
import { runNode } from '../support/run-app.mjs';
import { sendLoad } from '../support/truth-client.mjs';
import { use } from '../support/use.ts';
import { watch } from '../support/with-beyla.ts';

const NOBODY = 65534;
const agent = new URL('../apps/agent.mjs', import.meta.url).pathname;

/** What the kernel said; ids of spans are drawn anew by each run. */
function facts({ kind, startNs, readNs, firstByteNs, endNs, local, remote, process, ...span }: RequestSpan): unknown {
  const { requestBodySize, responseBodySize } = span;
  return {
    kind,
    key: spanKey({ kind, startNs, readNs, firstByteNs, endNs, local, remote, process, ...span } as RequestSpan),
    times: [startNs, readNs, firstByteNs, endNs],
    ends: [local, remote],
    bodies: [requestBodySize, responseBodySize],
    service: process.service,
  };
}

describe('recordings', needsBpf, () => {
  it('replay to the same spans, for a user without any privilege', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'beyla-recording-'));
    use({ stop: async () => rmSync(directory, { recursive: true }) });
    const file = join(directory, 'run.beyla');
    const app = use(await runNode());
    const watching = use(await watch({ pids: [app.pid], recordTo: file }));
    const targets = ['GET /users/{n}', 'POST /echo 3000', 'GET /status/500', 'GET /chunked?pieces=3', 'GET /slow?ms=5'];
    const records = await sendLoad({ port: app.port, targets, connections: 4, requests: 100 });
    await watching.settled(records.length);
    const live = await watching.finish();
    expect(countBy(live, spanKey)).toEqual(countBy(records, recordKey));

    chmodSync(directory, 0o755);
    chmodSync(file, 0o644);
    const options = JSON.stringify({ discovery: { instrument: [{ targetPids: [app.pid] }] }, replayFrom: file });
    const { stdout } = await promisify(execFile)(process.execPath, [agent, '--options', options], {
      uid: NOBODY,
      gid: NOBODY,
      maxBuffer: 64 << 20,
    });
    const replayed = JSON.parse(stdout) as { spans: RequestSpan[] };
    expect(JSON.parse(JSON.stringify(replayed.spans.map(facts)))).toEqual(JSON.parse(JSON.stringify(live.map(facts))));
  });
});
