import { type GrpcRequestSpan, type HttpRequestSpan, isGrpcSpan, isServerSpan, type RequestSpan } from '@beyla/core';
import { type AttributeSet, KNOWN_METHODS, OVERFLOW_ATTRIBUTES, selectedMetricAttributes } from './attributes.ts';
import type { GrpcMethods } from './grpc-methods.ts';
import type { AnyHistogram, HistogramFactory } from './histogram-aggregation.ts';
import type { MetricGroup, MetricPlan } from './metric-plan.ts';
import type { Moment } from './moment.ts';
import type { TextLimit } from './text-limit.ts';

/** The histograms of one attribute set: metrics of a kind share their attributes, so one look-up finds them all. */
export class Series {
  readonly attributes: Readonly<AttributeSet>;
  /** Unix milliseconds when the series began to count. */
  readonly startMs: number;
  /** By the steady clock. */
  updatedMs: number;
  /** Whether this is the series of what is over the cap. */
  readonly overflow: boolean;
  readonly duration: AnyHistogram;
  readonly requestBodySize: AnyHistogram;
  readonly responseBodySize: AnyHistogram;

  constructor(attributes: Readonly<AttributeSet>, histograms: HistogramFactory, now: Moment, overflow = false) {
    this.duration = histograms.duration();
    this.requestBodySize = histograms.requestSize();
    this.responseBodySize = histograms.responseSize();
    this.attributes = attributes;
    this.overflow = overflow;
    this.startMs = now.unixMs;
    this.updatedMs = now.steadyMs;
  }
}

type ByShape = Map<number, Series>;
type ByRoute = Map<string | undefined, ByShape>;

/**
 * The series of one group of metrics of one process, found without building a string: by the server (a port, or the host a client
 * asked for), then by route (gRPC: by path), then by method, status, scheme and error folded into a number.
 *
 * At most `maxSeries`, and one more that takes what is over, marked `otel.metric.overflow`.
 */
export class SeriesTable {
  readonly group: MetricGroup;
  readonly #histograms: HistogramFactory;
  readonly #maxSeries: number;
  readonly #observedHost: string;
  readonly #methods: GrpcMethods;
  readonly #texts: TextLimit;
  readonly #byServer = new Map<string | number, ByRoute>();
  readonly #byIdentity = new Map<string, Series>();
  readonly #errorIds = new Map<string, number>();
  #keys = 0;
  #overflow: Series | undefined;

  /** `methods` are those of the service, of all its tables together. */
  constructor(
    group: MetricGroup,
    { histograms, maxSeries, texts }: Pick<MetricPlan, 'histograms' | 'maxSeries' | 'texts'>,
    observedHost: string,
    methods: GrpcMethods,
  ) {
    this.group = group;
    this.#histograms = histograms;
    this.#maxSeries = maxSeries;
    this.#texts = texts;
    this.#observedHost = observedHost;
    this.#methods = methods;
  }

  /** Series, the overflow one not counted. */
  get size(): number {
    return this.#byIdentity.size;
  }

  /** The overflow series, once there is one. */
  get overflow(): Series | undefined {
    return this.#overflow;
  }

  /** The series that the span belongs to. */
  resolve(span: RequestSpan, now: Moment): Series {
    const server = isServerSpan(span) ? span.local.port : this.#texts.key(serverKey(span));
    const path = isGrpcSpan(span) ? span.path : span.route;
    const place = path === undefined ? undefined : this.#texts.key(path);
    const shape = this.group.perRequest ? UNKEYED : isGrpcSpan(span) ? this.#grpcShape(span) : this.#httpShape(span);
    return this.#byServer.get(server)?.get(place)?.get(shape) ?? this.#resolveNew(span, server, place, shape, now);
  }

  /** Forgets the series that were not updated since; says how many. */
  expire(beforeMs: number): number {
    let expired = 0;
    for (const [server, byRoute] of this.#byServer) {
      for (const [route, byShape] of byRoute) {
        for (const [shape, series] of byShape) {
          if (series.updatedMs >= beforeMs) continue;
          byShape.delete(shape);
          this.#keys -= 1;
        }
        if (byShape.size === 0) byRoute.delete(route);
      }
      if (byRoute.size === 0) this.#byServer.delete(server);
    }
    for (const [identity, series] of this.#byIdentity) {
      if (series.updatedMs >= beforeMs) continue;
      this.#byIdentity.delete(identity);
      expired += 1;
    }
    if (this.#overflow !== undefined && this.#overflow.updatedMs < beforeMs) {
      this.#overflow = undefined;
      expired += 1;
    }
    return expired;
  }

  /** Every series, the overflow one last. */
  *[Symbol.iterator](): Generator<Series> {
    yield* this.#byIdentity.values();
    if (this.#overflow !== undefined) yield this.#overflow;
  }

  /** Spans that differ in their keys may have the same attributes (`Host: a` and `a:80`): one series, or a scrape is invalid. */
  #resolveNew(
    span: RequestSpan,
    server: string | number,
    place: string | undefined,
    shape: number,
    now: Moment,
  ): Series {
    if (isGrpcSpan(span) && place !== OTHER_METHOD && !this.#methods.recognises(span)) {
      const known = this.#byServer.get(server)?.get(OTHER_METHOD)?.get(shape);
      return known ?? this.#resolveNew(span, server, OTHER_METHOD, shape, now);
    }
    const attributes = this.#texts.attributes(
      selectedMetricAttributes(span, this.#observedHost, this.group.attributes),
    );
    if (place === OTHER_METHOD && attributes['rpc.method'] !== undefined) attributes['rpc.method'] = OTHER_METHOD;
    const identity = JSON.stringify(attributes);
    let series = this.#byIdentity.get(identity);
    if (series === undefined) {
      if (this.#byIdentity.size >= this.#maxSeries) {
        this.#overflow ??= new Series({ ...OVERFLOW_ATTRIBUTES }, this.#histograms, now, true);
        return this.#overflow;
      }
      series = new Series(attributes, this.#histograms, now);
      this.#byIdentity.set(identity, series);
    }
    if (shape !== UNKEYED && this.#keys < 2 * this.#maxSeries) {
      const byRoute = entry(this.#byServer, server, () => new Map<string | undefined, ByShape>());
      entry(byRoute, place, () => new Map<number, Series>()).set(shape, series);
      this.#keys += 1;
    }
    return series;
  }

  #httpShape({ method, statusCode = 0, scheme, errorType }: HttpRequestSpan): number {
    // The status tells the error where it is one; only what the protocol stage adds needs a number of its own.
    const error = errorType === undefined ? 0 : this.#errorId(errorType);
    if (error === UNKEYED) return UNKEYED;
    return (
      (((METHOD_IDS.get(method) ?? 0) * 1024 + statusCode) * 2 + (scheme === 'https' ? 1 : 0)) * MAX_ERROR_IDS + error
    );
  }

  #grpcShape({ grpcStatus = -1, httpStatusCode = 0, errorType }: GrpcRequestSpan): number {
    const error = errorType === undefined ? 0 : this.#errorId(errorType);
    // These come over the wire, and whoever sent them need not know what codes there are.
    if (error === UNKEYED || grpcStatus > 1023 || httpStatusCode > 1023) return UNKEYED;
    return ((grpcStatus + 1) * 1024 + httpStatusCode) * MAX_ERROR_IDS + error;
  }

  #errorId(type: string): number {
    const known = this.#errorIds.get(type);
    if (known !== undefined) return known;
    if (this.#errorIds.size + 1 >= MAX_ERROR_IDS) return UNKEYED;
    this.#errorIds.set(type, this.#errorIds.size + 1);
    return this.#errorIds.size;
  }
}

const MAX_ERROR_IDS = 256;

/** `rpc.method` of all methods that the server does not have. No path and no route is like it. */
const OTHER_METHOD = '_OTHER';

/** Instead of a shape: more kinds of errors than a key has room for, or attributes that it does not hold. The series is found by its attributes. */
const UNKEYED = -1;

/** 0 is every method the conventions do not know; a method that we do not know is another matter. */
const METHOD_IDS: ReadonlyMap<string, number> = new Map(['', ...KNOWN_METHODS].map((method, i) => [method, i + 1]));

function serverKey(span: RequestSpan): string {
  return span.host ?? `${span.remote.address} ${span.remote.port}`;
}

function entry<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  let value = map.get(key);
  if (value === undefined) {
    value = make();
    map.set(key, value);
  }
  return value;
}
