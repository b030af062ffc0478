import type { Health } from '../component.ts';
import type { Exporter } from '../pipeline/exporter.ts';
import type { ProcessInfo } from '../processes/process.ts';
import type { RequestSpan } from '../spans/span.ts';

/** Keeps what it is given; a test may override any method to make it misbehave. */
export class MemoryExporter implements Exporter {
  readonly name: string;
  readonly spans: RequestSpan[] = [];
  readonly started: ProcessInfo[] = [];
  readonly ended: ProcessInfo[] = [];
  readonly calls: string[] = [];

  constructor(name = 'memory') {
    this.name = name;
  }

  async start(): Promise<void> {
    this.calls.push('start');
  }

  export(spans: readonly RequestSpan[]): void {
    this.spans.push(...spans);
  }

  processStarted(process: ProcessInfo): void {
    this.started.push(process);
  }

  processEnded(process: ProcessInfo): void {
    this.ended.push(process);
  }

  stats(): Record<string, number> {
    return {};
  }

  async flush(): Promise<void> {
    this.calls.push('flush');
  }

  async close(): Promise<void> {
    this.calls.push('close');
  }

  health(): Health {
    return { status: 'healthy', messages: [] };
  }

  debugInfo(): Record<string, unknown> {
    return {};
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
