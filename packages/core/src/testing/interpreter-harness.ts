import { ProbedTurn, type TurnProbe } from '../connections/turn-probe.ts';
import type { CounterReason } from '../counters.ts';
import { Interpreter } from '../interpreter.ts';
import type { InterpreterOptions } from '../interpreter-options.ts';
import type { ProcessInfo } from '../processes/process.ts';
import type { Verdict } from '../protocols/protocol.ts';
import { Clock } from '../spans/clock.ts';
import type { HttpRequestSpan, RequestSpan } from '../spans/span.ts';
import { isHttpSpan } from '../spans/span-kinds.ts';
import { batchOf } from './records.ts';

/** The process that all records of the builders belong to. */
export const TEST_PROCESS: ProcessInfo = {
  pid: 100,
  startTicks: 1,
  executable: '/usr/bin/server',
  commandLine: ['server'],
  language: 'generic',
  service: { name: 'server', namespace: '', instanceId: 'host:100' },
  resource: {},
};

/** An interpreter with a scripted kernel around it: batches go in, spans, verdicts and counters come out. */
export class InterpreterHarness {
  readonly interpreter: Interpreter;
  readonly spans: RequestSpan[] = [];
  readonly verdicts: [connection: number, verdict: Verdict][] = [];
  /** What the kernel's connection table holds, by connection id. */
  readonly kernel: Map<number, Partial<ProbedTurn>> = new Map();
  nowNs = 10_000_000;
  looks = 0;

  constructor(options: Partial<InterpreterOptions> = {}) {
    const probe: TurnProbe = {
      read: (_sockLow, _sockHigh, _direction, out) => {
        this.looks += 1;
        const [entry] = this.kernel.entries();
        if (entry === undefined) return false;
        Object.assign(out, new ProbedTurn(), { connection: entry[0] }, entry[1]);
        return true;
      },
    };
    this.interpreter = new Interpreter({
      processOf: (pid) => (pid === TEST_PROCESS.pid ? TEST_PROCESS : undefined),
      clock: new Clock(0n, 1_700_000_000_000_000_000n),
      verdicts: {
        setVerdict: (connection, verdict) => this.verdicts.push([connection, verdict]),
      },
      probe: () => probe,
      ...options,
    });
  }

  /** Interprets records as one batch; returns its spans. */
  batch(records: readonly Uint8Array[]): RequestSpan[] {
    const bytes = batchOf(records);
    this.nowNs += 10_000_000;
    const spans = [...this.interpreter.interpret({ bytes, length: bytes.length, nowNs: this.nowNs })];
    this.spans.push(...spans);
    return spans;
  }

  /** Time passes in empty batches, 10 ms each. */
  pass(ms: number): RequestSpan[] {
    const spans: RequestSpan[] = [];
    for (let passed = 0; passed < ms; passed += 10) spans.push(...this.batch([]));
    return spans;
  }

  /** Those of the spans that are plain HTTP. */
  get httpSpans(): HttpRequestSpan[] {
    return this.spans.filter(isHttpSpan);
  }

  /** Lost requests by reason, without the zeros. */
  lost(): Record<string, number> {
    return Object.fromEntries(Object.entries(this.interpreter.drops()).filter(([, count]) => count > 0));
  }

  /** One counter. */
  count(reason: CounterReason | 'connections' | 'awaitedResponses'): number {
    return this.interpreter.stats()[reason] ?? Number.NaN;
  }
}
