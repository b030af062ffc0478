export { Beyla, type BeylaEvents, type BeylaStats, createBeyla } from './beyla.ts';
export type { Component, Health } from './component.ts';
export { fulfilledWithin } from './deadline.ts';
export type { Processor } from './decorators/decorator.ts';
export { RouteDecorator } from './decorators/route-decorator.ts';
export type { Drops } from './drops.ts';
export { BeylaError, ERROR_CODES, type ErrorCode } from './errors.ts';
export type { EventBatch } from './kernel/event-batch.ts';
export type { EventSource } from './kernel/event-source.ts';
export { Tracer, type TracerCost } from './kernel/tracer.ts';
export { Lifecycle } from './lifecycle.ts';
export type {
  BeylaOptions,
  DiscoveryOptions,
  ProcessSelector,
  RoutesOptions,
  SourceName,
  TracerOptions,
} from './options.ts';
export type { Exporter } from './pipeline/exporter.ts';
export { Pipeline, type PipelineOptions, type PipelineStats } from './pipeline/pipeline.ts';
export type { Language, ProcessInfo, Service } from './processes/process.ts';
export { Clock } from './spans/clock.ts';
export type {
  Endpoint,
  HttpClientSpan,
  HttpServerSpan,
  HttpSpanFields,
  RequestSpan,
  SpanBase,
} from './spans/span.ts';
