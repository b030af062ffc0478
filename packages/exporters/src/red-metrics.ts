import type { ProcessInfo, RequestSpan } from '@beyla/core';
import type { Series } from './series-table.ts';
import { ServiceAggregator } from './service-aggregator.ts';
import type { ServiceMetrics } from './service-metrics.ts';

/** @public */
export interface RedMetricsOptions {
  /** Attribute sets per metric and process; what is over goes to one series marked `otel.metric.overflow`; default 2000. */
  maxSeries?: number;
  /** Processes with metrics at the same time; beyond it the one not heard of for the longest time is forgotten; default 1000. */
  maxProcesses?: number;
  /** A series not updated for so many milliseconds disappears, and counts from zero when it comes back; default 300,000. */
  ttlMs?: number;
  /** Milliseconds since the Unix epoch; for tests. */
  now?: () => number;
}

/**
 * Rate, errors and duration of the requests of each process, and the sizes of their bodies, as explicit-bucket histograms.
 *
 * Metrics, by the OpenTelemetry HTTP conventions: `http.server.request.duration`, `http.client.request.duration` (seconds),
 * `http.{server,client}.{request,response}.body.size` (bytes). Sizes that are not known are not recorded, and counted. Cumulative.
 *
 * Needs no timer: old series are looked for when spans come or metrics are read.
 *
 * @example
 * ```ts
 * import { RedMetrics } from '@beyla/exporters';
 * const metrics = new RedMetrics({ ttlMs: 60_000 });
 * metrics.record([]);
 * for (const service of metrics.services()) console.log(service.process.service.name, await service.collect());
 * ```
 *
 * @public
 */
export class RedMetrics {
  readonly #maxSeries: number;
  readonly #maxProcesses: number;
  readonly #ttlMs: number;
  readonly #now: () => number;
  readonly #services = new Map<ProcessInfo, ServiceAggregator>();
  /** So that a late span does not make an ended process look alive again. */
  readonly #ended = new WeakSet<ProcessInfo>();
  #sweptMs: number;
  #recorded = 0;
  #ignored = 0;
  #invalid = 0;
  #overflowed = 0;
  #unknownRequestSizes = 0;
  #unknownResponseSizes = 0;
  #expired = 0;
  #evicted = 0;

  constructor(options: RedMetricsOptions = {}) {
    this.#maxSeries = options.maxSeries ?? 2_000;
    this.#maxProcesses = options.maxProcesses ?? 1_000;
    this.#ttlMs = options.ttlMs ?? 300_000;
    this.#now = options.now ?? Date.now;
    this.#sweptMs = this.#now();
  }

  /** Counts a batch; spans that metrics must ignore are left out. */
  record(spans: readonly RequestSpan[]): void {
    const nowMs = this.#now();
    for (const span of spans) {
      if (span.ignore === 'metrics' || span.ignore === 'all') this.#ignored += 1;
      else this.#record(span, nowMs);
    }
    if (nowMs - this.#sweptMs > this.#ttlMs) this.#sweep(nowMs);
  }

  /** Makes the process known before its first span, so that `target_info` has it. */
  processStarted(process: ProcessInfo): void {
    this.#serviceOf(process, this.#now());
  }

  /** Its series stay until they expire: late spans may come, and back ends read the last values. */
  processEnded(process: ProcessInfo): void {
    this.#ended.add(process);
    const service = this.#services.get(process);
    if (service === undefined) return;
    service.end(process, this.#now());
    // Another process goes on as the same instance and keeps the series.
    if (!service.ended) this.#services.delete(process);
  }

  /** The processes that have metrics, each a `MetricProducer` with its own resource. */
  services(): readonly ServiceMetrics[] {
    this.#sweep(this.#now());
    return [...new Set(this.#services.values())];
  }

  /** Counters since the start, and `series` as they are now. */
  stats(): Record<string, number> {
    let series = 0;
    for (const service of new Set(this.#services.values())) series += service.seriesCount;
    return {
      recorded: this.#recorded,
      ignored: this.#ignored,
      overflowed: this.#overflowed,
      'dropped.invalid_duration': this.#invalid,
      'unknown.request_body_size': this.#unknownRequestSizes,
      'unknown.response_body_size': this.#unknownResponseSizes,
      series,
      expired: this.#expired,
      evicted_processes: this.#evicted,
    };
  }

  #record(span: RequestSpan, nowMs: number): void {
    const duration = (span.endNs - span.startNs) / 1e9;
    if (!(duration >= 0)) {
      this.#invalid += 1;
      return;
    }
    const service = this.#services.get(span.process) ?? this.#serviceOf(span.process, nowMs);
    const series: Series = service.resolve(span, nowMs);
    if (series.overflow) this.#overflowed += 1;
    series.updatedMs = nowMs;
    series.duration.record(duration);
    if (span.requestBodySize === undefined) this.#unknownRequestSizes += 1;
    else series.requestBodySize.record(span.requestBodySize);
    if (span.responseBodySize === undefined) this.#unknownResponseSizes += 1;
    else series.responseBodySize.record(span.responseBodySize);
    this.#recorded += 1;
  }

  #serviceOf(process: ProcessInfo, nowMs: number): ServiceAggregator {
    const known = this.#services.get(process);
    if (known !== undefined) return known;
    if (this.#services.size >= this.#maxProcesses) this.#evict();
    // After exec, or when a process id comes back: two aggregators would give one series two values.
    let service = [...this.#services.values()].find((candidate) => candidate.sameInstance(process));
    if (service === undefined) service = new ServiceAggregator(process, this.#maxSeries, nowMs, this.#now);
    else service.begin(process);
    if (this.#ended.has(process)) service.end(process, nowMs);
    this.#services.set(process, service);
    return service;
  }

  #evict(): void {
    let oldest: ServiceAggregator | undefined;
    for (const service of this.#services.values()) {
      if (oldest === undefined || service.updatedMs < oldest.updatedMs) oldest = service;
    }
    if (oldest === undefined) return;
    this.#forget(oldest);
    this.#evicted += 1;
  }

  #forget(service: ServiceAggregator): void {
    for (const [process, candidate] of this.#services) {
      if (candidate === service) this.#services.delete(process);
    }
  }

  #sweep(nowMs: number): void {
    this.#sweptMs = nowMs;
    const beforeMs = nowMs - this.#ttlMs;
    for (const service of new Set(this.#services.values())) {
      this.#expired += service.expire(beforeMs);
      if (service.ended && service.seriesCount === 0) this.#forget(service);
    }
  }
}
