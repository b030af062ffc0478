/**
 * RED metrics and trace spans of unmodified processes.
 *
 * @packageDocumentation
 */

// For users: start it, read its spans, know how it is doing.

export { Beyla, type BeylaEvents, createBeyla } from './beyla.ts';
export type { BeylaStats, InternalSource } from './beyla-stats.ts';
export type { Health } from './component.ts';
export type {
  AttributeSelectionConfig,
  BucketsConfig,
  ConfigValues,
  FilterConditionConfig,
  GlobSelectorConfig,
  RegexpSelectorConfig,
} from './config/config-values.gen.ts';
export { diagLogLevel } from './config/diag-log-level.ts';
export type { ConfigSource } from './config/given.ts';
export { type BeylaConfig, loadConfig } from './config/load-config.ts';
export type { ConfigWarning } from './config/read-config.ts';
export { showEffectiveConfig } from './config/show-effective-config.ts';
export type { Environment } from './config/substitute.ts';
export { toBeylaOptions } from './config/to-beyla-options.ts';
export {
  type WantedExporter,
  type WantedInstrumentation,
  type WantedMetrics,
  type WantedOtlp,
  type WantedRedaction,
  wantedExporters,
} from './config/wanted-exporters.ts';
export { RouteDecorator } from './decorators/route-decorator.ts';
export { probeHost } from './doctor/probe-host.ts';
export type { Feature, FeatureStatus, HostReport, SourceReport } from './doctor/report.ts';
export type { Drops } from './drops.ts';
export { BeylaError, ERROR_CODES, type ErrorCode } from './errors.ts';
export type { BpfMapFill } from './kernel/map-fill.ts';
export { type ProgramCost, Tracer, type TracerCost } from './kernel/tracer.ts';
export type {
  BeylaOptions,
  DiscoveryOptions,
  ExportedSignal,
  HostIdentity,
  ProcessSelector,
  RoutesOptions,
  ServiceMetricsOptions,
  ServiceRoutes,
  SourceName,
  TapsOptions,
  TracerOptions,
  WantedFeature,
} from './options/options.ts';
export { Discovery, type DiscoveryEvents, type DiscoveryHooks } from './processes/discovery.ts';
export type { Language, ProcessInfo, Service } from './processes/process.ts';
export type { SamplerName, SamplerOptions } from './sampling/sampler.ts';
export { SamplerDecorator, type SamplerDecoratorOptions, type ServiceSampler } from './sampling/sampler-decorator.ts';
export { Clock } from './spans/clock.ts';
export type {
  Endpoint,
  GrpcClientSpan,
  GrpcRequestSpan,
  GrpcServerSpan,
  GrpcSpanFields,
  HttpClientSpan,
  HttpRequestSpan,
  HttpServerSpan,
  HttpSpanFields,
  RequestSpan,
  SpanBase,
} from './spans/span.ts';
export { isGrpcSpan, isHttpSpan, isServerSpan } from './spans/span-kinds.ts';

// For authors of exporters, processors, sources and graphs of their own.

export type { Component } from './component.ts';
export type { ProbedTurn, TurnProbe } from './connections/turn-probe.ts';
export { fulfilledWithin } from './deadline.ts';
export type { Processor } from './decorators/decorator.ts';
export type { ExecEvent, ListenEvent, ProcessEvent } from './events/event.ts';
export type { LifecycleSink } from './events/event-sink.ts';
export { Interpreter } from './interpreter.ts';
export type { InterpreterOptions } from './interpreter-options.ts';
export type { EventBatch } from './kernel/event-batch.ts';
export type { RecordSource } from './kernel/record-source.ts';
export { Lifecycle } from './lifecycle.ts';
export type { ResolvedDiscoveryOptions } from './options/resolve-discovery.ts';
export {
  type ResolvedOptions,
  type ResolvedRoutesOptions,
  type ResolvedTracerOptions,
  resolveOptions,
} from './options/resolve-options.ts';
export type { Exporter } from './pipeline/exporter.ts';
export { Pipeline, type PipelineOptions, type PipelineStats } from './pipeline/pipeline.ts';
export { compileGlob } from './processes/glob.ts';
export type { ListeningPort } from './processes/listening-port.ts';
export { type PortList, parsePortList } from './processes/port-list.ts';
export type { ExecutableDecision, ProcessSink, SelectionRules } from './processes/process-sink.ts';
export type { Verdict, VerdictSink } from './protocols/protocol.ts';
export { RecentGrowth } from './recent-growth.ts';
export { type RecordedProcesses, RecordingSource } from './recording/recording-source.ts';
export { type RecordingOptions, RecordingWriter } from './recording/recording-writer.ts';
