import type { Drops } from './drops.ts';
import { BatchDecoder } from './events/batch-decoder.ts';
import type { InterpreterOptions } from './interpreter-options.ts';
import type { EventBatch } from './kernel/event-batch.ts';
import { RecordInterpreter } from './record-interpreter.ts';
import type { RequestSpan } from './spans/span.ts';

/**
 * Understands the records of an `RecordSource`: bytes → turns → messages → exchanges → spans.
 *
 * It wants every batch, empty ones too, since time passes with them. It never throws on what is in a batch; everything it cannot use
 * is counted by reason. Its tables are bounded by `maxConnections`. It holds nothing that would have to be closed.
 *
 * @example
 * ```ts
 * import { Discovery, Interpreter, Tracer } from '@beyla/core';
 * await using tracer = new Tracer();
 * await using discovery = new Discovery({ instrument: [{ openPorts: 8080 }] }, { sink: tracer });
 * const interpreter = new Interpreter({
 *   processOf: (pid) => discovery.processOf(pid),
 *   clock: tracer.clock,
 *   verdicts: tracer,
 *   probe: () => tracer.probe,
 * });
 * await tracer.start();
 * await discovery.start();
 * for await (const batch of tracer) {
 *   for (const span of interpreter.interpret(batch)) console.log(span.method, span.path);
 * }
 * ```
 *
 * @public
 */
export class Interpreter {
  readonly #records: RecordInterpreter;
  readonly #decoder = new BatchDecoder();

  constructor(options: InterpreterOptions) {
    this.#records = new RecordInterpreter(options);
  }

  /** The spans that this batch completed. The spans may be kept; the array is reused and valid until the next call. */
  interpret({ bytes, length, nowNs }: EventBatch): RequestSpan[] {
    this.#records.begin(nowNs);
    this.#decoder.decode(bytes, length, this.#records);
    return this.#records.end();
  }

  /** Lost requests, by reason; docs/drops.md explains each. */
  drops(): Drops {
    return this.#records.drops();
  }

  /** Counters by reason since the start (docs/drops.md), and sizes of the tables. */
  stats(): Readonly<Record<string, number>> {
    return this.#records.stats();
  }
}
