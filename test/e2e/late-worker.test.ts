import { statSync } from 'node:fs';
import { Interpreter, type ProcessInfo, type RequestSpan, Tracer } from '@beyla/core';
import { describe, expect, it } from 'vitest';
import { needsSource, SOURCES } from '../support/capability.ts';
import { RawConnection } from '../support/raw-connection.ts';
import { runNginx } from '../support/run-app.mjs';
import { use } from '../support/use.ts';

function aProcess(pid: number): ProcessInfo {
  return {
    pid,
    startTicks: 0,
    executable: '/usr/sbin/nginx',
    commandLine: ['nginx'],
    language: 'cpp',
    service: { name: 'nginx', namespace: '', instanceId: `here:${pid}` },
    resource: {},
  };
}

const hasAnswer = (status: number) => new RegExp(`HTTP/1.1 ${status} [^]*\r\n\r\n[^]*<`);

/** Requests whose status tells them apart: a span that took another one's answer shows. */
const TARGETS = [
  { path: '/static/page.html', status: 200, ends: /xxxxx$/ },
  { path: '/missing', status: 404, ends: hasAnswer(404) },
  { path: '/static/small.txt', status: 200, ends: /hello$/ },
  { path: '/static/nothing', status: 404, ends: hasAnswer(404) },
];

describe.each(SOURCES)('with the source %s', (source) => {
  describe('a worker that was forked while its parent was being selected', needsSource(source), () => {
    it.each([1, 2, 3])(
      'gets right spans on a connection of which %i answers went by unseen',
      async (unseen) => {
        const app = use(await runNginx({ workers: 1 }));
        const [master, worker] = app.pids() as [number, number];
        const tracer = new Tracer({ source });
        await using _closing = tracer;
        await tracer.start();
        const interpreter = new Interpreter({
          processOf: (pid) => (pid === worker ? aProcess(worker) : undefined),
          clock: tracer.clock,
          verdicts: tracer,
          probe: () => tracer.probe,
        });
        // The port is known, the process that will accept is not.
        tracer.select(aProcess(master), [{ netns: statSync('/proc/self/ns/net').ino, port: app.port }]);
        const connection = use(await RawConnection.open(app.port));
        const ask = async (index: number): Promise<void> => {
          const { path, ends } = TARGETS[index % TARGETS.length] as (typeof TARGETS)[number];
          await connection.exchange(`GET ${path} HTTP/1.1\r\nHost: test\r\nX-Number: ${index}\r\n\r\n`, ends);
        };
        for (let index = 0; index < unseen; index++) await ask(index);

        const selectedNs = Number(process.hrtime.bigint());
        tracer.select(aProcess(worker), []);
        const expected = Array.from({ length: 8 }, (_, index) => TARGETS[(unseen + index) % TARGETS.length]);
        for (let index = 0; index < expected.length; index++) await ask(unseen + index);
        await connection.stop();

        const spans: RequestSpan[] = [];
        for await (const batch of tracer) {
          spans.push(...interpreter.interpret(batch));
          if (spans.length >= expected.length) break;
        }
        expect(
          spans.map((span) => (span.kind === 'http.server' ? `${span.path} ${span.statusCode}` : span.kind)),
        ).toEqual(expected.map((target) => `${target?.path} ${target?.status}`));
        for (const span of spans) expect(span.startNs).toBeGreaterThan(selectedNs);
      },
      20_000,
    );
  });
});
