export { Beyla, type BeylaEvents, type BeylaStats, createBeyla } from './beyla.ts';
export type { Component, Health } from './component.ts';
export { fulfilledWithin } from './deadline.ts';
export type { Processor } from './decorators/decorator.ts';
export { RouteDecorator } from './decorators/route-decorator.ts';
export { probeHost } from './doctor/probe-host.ts';
export type { Feature, FeatureStatus, HostReport, SourceReport } from './doctor/report.ts';
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
} from './options/options.ts';
export type { ResolvedDiscoveryOptions } from './options/resolve-discovery.ts';
export {
  type ResolvedOptions,
  type ResolvedRoutesOptions,
  type ResolvedTracerOptions,
  resolveOptions,
} from './options/resolve-options.ts';
export type { Exporter } from './pipeline/exporter.ts';
export { Pipeline, type PipelineOptions, type PipelineStats } from './pipeline/pipeline.ts';
export { Discovery, type DiscoveryEvents, type DiscoveryHooks } from './processes/discovery.ts';
export { compileGlob } from './processes/glob.ts';
export type { ListeningPort } from './processes/listening-port.ts';
export { type PortList, parsePortList } from './processes/port-list.ts';
export type { Language, ProcessInfo, Service } from './processes/process.ts';
export type { ProcessSink } from './processes/process-sink.ts';
export { Clock } from './spans/clock.ts';
export type {
  Endpoint,
  HttpClientSpan,
  HttpServerSpan,
  HttpSpanFields,
  RequestSpan,
  SpanBase,
} from './spans/span.ts';
