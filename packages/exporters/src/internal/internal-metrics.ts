import { basename } from 'node:path';
import type { InternalSource, ProcessInfo } from '@beyla/core';
import { VERSION } from '../version.ts';
import { byLabel, counter, gauge, type InternalMetric, type Sample, unknown } from './internal-metric.ts';
import { stageMetrics } from './stage-metrics.ts';

/**
 * What came into every stage, what left it, what was lost, and what the BPF side costs; those that have a value. Names are Beyla's where
 * it has such a metric.
 */
export function internalMetrics(source: InternalSource): InternalMetric[] {
  const stats = source.stats();
  const { cost, pipeline, drops, ...stages } = stats;
  const metrics = [
    gauge('internal_build_info', 'Version of the library.', [[{ version: VERSION, runtime: process.version }, 1]]),
    gauge('instrumented_processes', 'Selected processes.', byExecutable(source.processes)),
    ...bpfMetrics(source, cost),
    ...Object.entries(stages).map(([stage, counters]) =>
      unknown(`${stage}_stats`, `What the stage "${stage}" counts.`, byLabel('name', counters)),
    ),
    ...tapMetrics(stages.source),
    ...stageMetrics(stats),
    counter('pipeline_spans_in', 'Spans before processors.', [[{}, pipeline.spansIn]]),
    counter('pipeline_spans_out', 'Spans handed to exporters.', [[{}, pipeline.spansOut]]),
    counter('pipeline_errors', 'Failures of processors and exporters.', [
      [{ source: 'processor' }, pipeline.processorErrors],
      [{ source: 'exporter' }, pipeline.exporterErrors],
    ]),
    counter('dropped_requests', 'Requests lost, by reason.', byLabel('reason', drops)),
    ...exporterMetrics(pipeline.exporters),
  ];
  return metrics.filter(({ samples }) => samples.length > 0);
}

function bpfMetrics(source: InternalSource, cost: ReturnType<InternalSource['stats']>['cost']): InternalMetric[] {
  const programs = Object.entries(cost?.programs ?? {}).map(([name, { id, type, runCount, runTimeNs }]) => ({
    labels: { probe_id: id, probe_type: type, probe_name: name },
    runCount,
    runTimeNs,
  }));
  const fills = (source.mapFill?.() ?? []).map(({ id, name, type, entries, maxEntries }) => ({
    labels: { map_id: id, map_name: name, map_type: type },
    isRing: type === 'ringbuf',
    entries,
    maxEntries,
  }));
  const [maps, rings] = [fills.filter(({ isRing }) => !isRing), fills.filter(({ isRing }) => isRing)];
  const used = (of: typeof fills): Sample[] =>
    of.flatMap(({ labels, entries }) => (entries === undefined ? [] : [[labels, entries] as const]));
  const room = (of: typeof fills): Sample[] => of.map(({ labels, maxEntries }) => [labels, maxEntries]);
  return [
    counter(
      'bpf_probe_executions',
      'Runs of a BPF program; 0 while the kernel does not count them.',
      programs.map(({ labels, runCount }) => [labels, runCount]),
    ),
    counter(
      'bpf_probe_latency_seconds',
      'Time in a BPF program.',
      programs.map(({ labels, runTimeNs }) => [labels, runTimeNs / 1e9]),
    ),
    gauge('bpf_map_entries', 'Keys in a BPF map; counted at most every 15 s.', used(maps)),
    gauge('bpf_map_max_entries', 'Room for keys in a BPF map.', room(maps)),
    gauge('bpf_ring_pending_bytes', 'Bytes that wait in a ring between kernel and library.', used(rings)),
    gauge('bpf_ring_size_bytes', 'Size of a ring.', room(rings)),
    gauge('bpf_map_memory_bytes', 'Kernel memory of all maps.', cost === undefined ? [] : [[{}, cost.mapBytes]]),
  ];
}

/** Only a tracer that has taps tells of them. */
function tapMetrics({ taps_files: files, ...source }: Readonly<Record<string, number>>): InternalMetric[] {
  if (files === undefined) return [];
  return [
    gauge('tapped_files', 'Executables and libraries with probes on their TLS functions.', [[{}, files]]),
    counter('instrumentation_errors', 'What could not be instrumented, by kind.', [
      [{ error_type: 'attaching_uprobe' }, source['taps_attach_failed'] ?? 0],
      [{ error_type: 'function_refused' }, source['taps_functions_refused'] ?? 0],
      [{ error_type: 'memory_map_cut' }, source['taps_maps_cut'] ?? 0],
    ]),
  ];
}

type ExporterStats = readonly (readonly [name: string, stats: Readonly<Record<string, number>>])[];

function exporterMetrics(byName: Readonly<Record<string, Readonly<Record<string, number>>>>): InternalMetric[] {
  const all: ExporterStats = Object.entries(byName);
  const ofOtlp = (name: string, stat: string): Sample[] =>
    all.flatMap(([exporter, stats]) => (exporter === name ? [[{}, stats[stat] ?? 0] as const] : []));
  return [
    gauge(
      'queue_depth',
      'Spans that wait to be exported.',
      all.flatMap(([subscriber, { queued }]) => (queued === undefined ? [] : [[{ subscriber }, queued] as const])),
    ),
    gauge(
      'queue_capacity_ratio',
      'Part of the queue that is full; what is under way counts, so it may be above 1.',
      all.flatMap(([subscriber, { queued = 0, queue_capacity: capacity }]) =>
        capacity === undefined ? [] : [[{ subscriber }, queued / capacity] as const],
      ),
    ),
    unknown(
      'exporter_stats',
      'What each exporter counts.',
      all.flatMap(([exporter, stats]) =>
        Object.entries(stats).map(([name, value]) => [{ exporter, name }, value] as const),
      ),
    ),
    counter('otel_trace_exports', 'Spans delivered by OTLP.', ofOtlp('otlp-traces', 'exported')),
    counter('otel_trace_export_errors', 'Exports of traces that failed.', failures(all, 'otlp-traces')),
    counter('otel_metric_exports', 'Exports of metrics by OTLP.', ofOtlp('otlp-metrics', 'exports')),
    counter('otel_metric_export_errors', 'Exports of metrics that failed.', failures(all, 'otlp-metrics')),
  ];
}

function failures(all: ExporterStats, exporter: string): Sample[] {
  const stats = all.flatMap(([name, counters]) => (name === exporter ? Object.entries(counters) : []));
  return stats.flatMap(([name, count]) =>
    name.startsWith('failed.') ? [[{ error: name.slice('failed.'.length) }, count] as const] : [],
  );
}

function byExecutable(processes: readonly ProcessInfo[]): Sample[] {
  const counts = new Map<string, number>();
  for (const { executable } of processes) {
    const name = basename(executable);
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts].map(([name, count]) => [{ process_name: name }, count]);
}
