import { BeylaError, type ProcessInfo, type RequestSpan } from '@beyla/core';
import { EndpointDirectory } from './endpoint-directory.ts';
import { type ExemplarFilter, exemplarMask, isExemplary } from './exemplar.ts';
import { instrumentationFilter } from './instrumentations.ts';
import { type MetricPlan, planMetrics } from './metric-plan.ts';
import type { Moment } from './moment.ts';
import type { RedMetricsOptions } from './red-metrics-options.ts';
import { ServiceAggregator } from './service-aggregator.ts';
import type { ServiceMetrics } from './service-metrics.ts';

/**
 * Rate, errors and duration of the requests of each process, and the sizes of their bodies, as histograms with explicit or exponential
 * buckets.
 *
 * Metrics, by the OpenTelemetry HTTP and RPC conventions: `http.server.request.duration`, `http.client.request.duration` (seconds),
 * `http.{server,client}.{request,response}.body.size` (bytes), and `rpc.server.duration`, `rpc.client.duration` (seconds), which
 * `semanticConventions` may give their newer names. Sizes that are not known are not recorded, and counted. Cumulative. Durations
 * have exemplars, also those that `collect()` gives, as `exemplars` of a data point.
 * Span metrics and the service graph come with `features`.
 *
 * Needs no timer: old series are looked for when spans come or metrics are read. Errors: INVALID_OPTION, UNKNOWN_OPTION and
 * INVALID_PATTERN for `select`, `buckets` and `semanticConventions`.
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
  readonly #plan: MetricPlan;
  readonly #isWanted: ((span: RequestSpan) => boolean) | undefined;
  readonly #exemplarMask: number | undefined;
  readonly #endpoints = new EndpointDirectory();
  readonly #maxProcesses: number;
  readonly #ttlMs: number;
  readonly #now: () => Moment;
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
    this.#plan = planMetrics(options);
    this.#isWanted = instrumentationFilter(options.instrumentations);
    this.#exemplarMask = exemplarMask(checkedFilter(options.exemplarFilter ?? 'trace_based'));
    this.#maxProcesses = options.maxProcesses ?? 1_000;
    this.#ttlMs = options.ttlMs ?? 300_000;
    const { now } = options;
    this.#now = now === undefined ? momentOfNow : () => ({ unixMs: now(), steadyMs: now() });
    this.#sweptMs = this.#now().steadyMs;
  }

  /** Counts a batch; spans that metrics must ignore are left out. */
  record(spans: readonly RequestSpan[]): void {
    const now = this.#now();
    for (const span of spans) {
      if (span.ignore === 'metrics' || span.ignore === 'all' || this.#isWanted?.(span) === false) this.#ignored += 1;
      else this.#record(span, now);
    }
    if (now.steadyMs - this.#sweptMs > this.#ttlMs) this.#sweep(now.steadyMs);
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
    this.#sweep(this.#now().steadyMs);
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
      texts_cut: this.#plan.texts.cut,
      expired: this.#expired,
      evicted_processes: this.#evicted,
    };
  }

  #record(span: RequestSpan, now: Moment): void {
    const duration = (span.endNs - span.startNs) / 1e9;
    if (!(duration >= 0)) {
      this.#invalid += 1;
      return;
    }
    const service = this.#services.get(span.process) ?? this.#serviceOf(span.process, now);
    const exemplary = isExemplary(span, this.#exemplarMask);
    let overflow = false;
    for (const table of service.tablesFor(span, now)) {
      const series = table.resolve(span, now);
      series.updatedMs = now.steadyMs;
      overflow ||= series.overflow;
      if (table.group.hasDuration) {
        if (exemplary) series.duration.recordExemplary(duration, span, now.unixMs);
        else series.duration.record(duration);
      }
      if (table.group.hasRequestSize && span.requestBodySize !== undefined)
        series.requestBodySize.record(span.requestBodySize);
      if (table.group.hasResponseSize && span.responseBodySize !== undefined)
        series.responseBodySize.record(span.responseBodySize);
    }
    if (service.features.length > 0) {
      this.#endpoints.learn(span);
      for (const table of service.features) overflow = !table.record(span, duration, now) || overflow;
    }
    if (overflow) this.#overflowed += 1;
    if (span.requestBodySize === undefined) this.#unknownRequestSizes += 1;
    if (span.responseBodySize === undefined) this.#unknownResponseSizes += 1;
    this.#recorded += 1;
  }

  #serviceOf(process: ProcessInfo, now: Moment): ServiceAggregator {
    const known = this.#services.get(process);
    if (known !== undefined) return known;
    if (this.#services.size >= this.#maxProcesses) this.#evict();
    // After exec, or when a process id comes back: two aggregators would give one series two values.
    let service = [...this.#services.values()].find((candidate) => candidate.sameInstance(process));
    if (service === undefined) service = new ServiceAggregator(process, this.#plan, this.#endpoints, this.#now);
    else service.begin(process);
    if (this.#ended.has(process)) service.end(process, now);
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

function momentOfNow(): Moment {
  return { unixMs: Date.now(), steadyMs: performance.now() };
}

function checkedFilter(filter: ExemplarFilter): ExemplarFilter {
  if (['always_off', 'trace_based', 'always_on'].includes(filter)) return filter;
  throw new BeylaError('INVALID_OPTION', '`exemplarFilter` must be always_off, trace_based or always_on');
}
