import { diag } from '@opentelemetry/api';
import { type ExportResult, ExportResultCode } from '@opentelemetry/core';
import type { DeliveryResult } from '../otel-sdk/export-once.ts';
import type { Codec, PartialSuccess } from './codec.ts';
import { DebugTransport } from './debug-transport.ts';
import { GrpcTransport } from './grpc-transport.ts';
import { HttpTransport } from './http-transport.ts';
import type { OtlpConfig } from './otlp-config.ts';
import { type RetryPolicy, sendWithRetry } from './retry.ts';
import type { Transport } from './transport.ts';

/**
 * An exporter in the form of the OpenTelemetry SDK, for one signal and one receiver: encodes, sends, tries again.
 *
 * Not the official exporters: they log a partial success but do not tell it, so that rejected spans could not be counted; they do not
 * heed `RetryInfo`; a retry that waits cannot be called off, so `close()` would leave timers; and gRPC needs 34 packages more. The
 * encoding is the official one (`@opentelemetry/otlp-transformer`).
 */
export class OtlpSender<T> {
  readonly #name: string;
  readonly #codec: Codec<T>;
  readonly #transport: Transport;
  readonly #policy: RetryPolicy;
  readonly #closing = new AbortController();
  #trouble: string | undefined;
  #retries = 0;
  #toldPartialSuccess = false;

  constructor(name: string, codec: Codec<T>, config: OtlpConfig, maxElapsedMs: number) {
    this.#name = name;
    this.#codec = codec;
    this.#transport = transportOf(config);
    this.#policy = {
      initialDelayMs: config.retryInitialDelayMs,
      maxDelayMs: config.retryMaxDelayMs,
      maxElapsedMs,
    };
  }

  /** Why the request under way is being tried again; undefined when all is well. */
  get trouble(): string | undefined {
    return this.#trouble;
  }

  /** Requests that were sent once more. */
  get retries(): number {
    return this.#retries;
  }

  export(items: T, callback: (result: ExportResult) => void): void {
    this.#deliver(items).then(callback, (error: unknown) => {
      callback({ code: ExportResultCode.FAILED, error: error instanceof Error ? error : new Error(String(error)) });
    });
  }

  /** Nothing is held here. */
  async forceFlush(): Promise<void> {}

  /** Calls off what is under way; no connection and no timer is left. */
  async shutdown(): Promise<void> {
    this.#closing.abort();
    this.#transport.close();
  }

  async #deliver(items: T): Promise<DeliveryResult> {
    const body = this.#codec.encode(items);
    if (body === undefined) return { code: ExportResultCode.FAILED, error: new Error('the request cannot be encoded') };
    const answer = await sendWithRetry(this.#transport, body, this.#policy, this.#closing.signal, (error) => {
      this.#retries += 1;
      this.#tell(error);
    });
    this.#trouble = undefined;
    if (answer.kind !== 'accepted') return { code: ExportResultCode.FAILED, error: answer.error };
    return { code: ExportResultCode.SUCCESS, rejected: this.#rejected(answer.body) };
  }

  #tell(error: Error): void {
    // Once per outage.
    if (this.#trouble === undefined) diag.warn(`${this.#name}: ${error.message}; trying again`);
    this.#trouble = error.message;
  }

  #rejected(body: Uint8Array): number {
    let partial: PartialSuccess | undefined;
    try {
      partial = this.#codec.partialSuccess(body);
    } catch (error) {
      // The status said that all is well.
      diag.debug(`${this.#name}: the receiver's answer cannot be read`, error);
    }
    if (partial === undefined) return 0;
    const { rejected, message } = partial;
    if (!this.#toldPartialSuccess && (rejected > 0 || message !== '')) {
      this.#toldPartialSuccess = true;
      diag.warn(`${this.#name}: the receiver rejected ${rejected} items: ${message} (later ones are only counted)`);
    }
    return rejected;
  }
}

function transportOf(config: OtlpConfig): Transport {
  if (config.protocol === 'debug') return new DebugTransport();
  return config.protocol === 'grpc' ? new GrpcTransport(config) : new HttpTransport(config);
}
