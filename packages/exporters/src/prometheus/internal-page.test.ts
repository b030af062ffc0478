import type { BeylaStats, InternalSource } from '@beyla/core';
import { describe, expect, it } from 'vitest';
import { parseTextFormat } from '../../../../test/support/prometheus-text.ts';
import { aProcess } from '../../../core/src/testing/span.ts';
import { internalPage } from './internal-page.ts';

const STATS: BeylaStats = {
  source: { turns: 7, records: 9, turns_lost: 2, taps_files: 3, taps_attach_failed: 1 },
  cost: {
    programs: {
      on_turn: { id: 5, type: 'tp_btf', runCount: 12, runTimeNs: 3_000, recursionMisses: 0, verifiedInstructions: 1 },
    },
    mapBytes: 4_096,
  },
  interpreter: { 'records.turn': 7, spans: 3 },
  discovery: { selected: 2 },
  pipeline: {
    spansIn: 3,
    spansOut: 2,
    processorErrors: 1,
    exporterErrors: 0,
    dropped: { filtered: 1, closed: 0, 'otlp-traces.threw': 0 },
    exporters: {
      'otlp-traces': { exported: 5, queued: 4, queue_capacity: 16, 'dropped.export_failed': 6, 'failed.http_503': 2 },
      'otlp-metrics': { exports: 8, failed_exports: 9, 'failed.timeout': 9 },
    },
  },
  drops: { 'http1.request_lost': 2, 'kernel.connections_full': 3 },
};

const SOURCE: InternalSource = {
  stats: () => STATS,
  mapFill: () => [
    { name: 'connections', id: 7, type: 'hash', entries: 3, maxEntries: 4096 },
    { name: 'pids', id: 8, type: 'array', entries: undefined, maxEntries: 1024 },
    { name: 'ring', id: 9, type: 'ringbuf', entries: 512, maxEntries: 4096 },
  ],
  processes: [aProcess(), aProcess({ pid: 43 }), aProcess({ pid: 44, executable: '/usr/bin/python3' })],
};

describe('internalPage()', () => {
  it('has every stage: what it counts, what it lost, what it costs', () => {
    const { samples, types } = parseTextFormat(internalPage(SOURCE, [[{ port: 9464, path: '/metrics' }, 1]], 'text'));
    const found = samples.map(({ name, labels, value }) => `${name} ${Object.values(labels).join(' ')} ${value}`);
    expect(found.slice(1)).toEqual([
      'beyla_instrumented_processes node 2',
      'beyla_instrumented_processes python3 1',
      'beyla_bpf_probe_executions_total 5 tp_btf on_turn 12',
      'beyla_bpf_probe_latency_seconds_total 5 tp_btf on_turn 0.000003',
      'beyla_bpf_map_entries 7 connections hash 3',
      'beyla_bpf_map_max_entries 7 connections hash 4096',
      'beyla_bpf_map_max_entries 8 pids array 1024',
      'beyla_bpf_ring_pending_bytes 9 ring ringbuf 512',
      'beyla_bpf_ring_size_bytes 9 ring ringbuf 4096',
      'beyla_bpf_map_memory_bytes  4096',
      'beyla_source_stats turns 7',
      'beyla_source_stats records 9',
      'beyla_source_stats turns_lost 2',
      'beyla_source_stats taps_files 3',
      'beyla_source_stats taps_attach_failed 1',
      'beyla_interpreter_stats records.turn 7',
      'beyla_interpreter_stats spans 3',
      'beyla_discovery_stats selected 2',
      'beyla_tapped_files  3',
      'beyla_instrumentation_errors_total attaching_uprobe 1',
      'beyla_instrumentation_errors_total function_refused 0',
      'beyla_instrumentation_errors_total memory_map_cut 0',
      'beyla_stage_in_total source 11',
      'beyla_stage_in_total interpreter 7',
      'beyla_stage_in_total pipeline 3',
      'beyla_stage_in_total exporter otlp-traces 2',
      'beyla_stage_in_total exporter otlp-metrics 2',
      'beyla_stage_out_total source 9',
      'beyla_stage_out_total interpreter 3',
      'beyla_stage_out_total pipeline 2',
      'beyla_stage_out_total exporter otlp-traces 5',
      'beyla_stage_dropped_total source turns_lost 2',
      'beyla_stage_dropped_total interpreter http1.request_lost 2',
      'beyla_stage_dropped_total pipeline filtered 1',
      'beyla_stage_dropped_total pipeline closed 0',
      'beyla_stage_dropped_total exporter otlp-traces threw 0',
      'beyla_stage_dropped_total exporter otlp-traces export_failed 6',
      'beyla_stage_dropped_total exporter otlp-metrics threw 0',
      'beyla_pipeline_spans_in_total  3',
      'beyla_pipeline_spans_out_total  2',
      'beyla_pipeline_errors_total processor 1',
      'beyla_pipeline_errors_total exporter 0',
      'beyla_dropped_requests_total http1.request_lost 2',
      'beyla_dropped_requests_total kernel.connections_full 3',
      'beyla_queue_depth otlp-traces 4',
      'beyla_queue_capacity_ratio otlp-traces 0.25',
      'beyla_exporter_stats otlp-traces exported 5',
      'beyla_exporter_stats otlp-traces queued 4',
      'beyla_exporter_stats otlp-traces queue_capacity 16',
      'beyla_exporter_stats otlp-traces dropped.export_failed 6',
      'beyla_exporter_stats otlp-traces failed.http_503 2',
      'beyla_exporter_stats otlp-metrics exports 8',
      'beyla_exporter_stats otlp-metrics failed_exports 9',
      'beyla_exporter_stats otlp-metrics failed.timeout 9',
      'beyla_otel_trace_exports_total  5',
      'beyla_otel_trace_export_errors_total http_503 2',
      'beyla_otel_metric_exports_total  8',
      'beyla_otel_metric_export_errors_total timeout 9',
      'beyla_prometheus_http_requests_total 9464 /metrics 1',
    ]);
    expect(types.get('beyla_dropped_requests_total')).toBe('counter');
  });

  it('is without a BPF side for a recording, and ends as OpenMetrics wants it', () => {
    const source = { ...SOURCE, mapFill: () => [], stats: () => ({ ...STATS, cost: undefined }) };
    const page = internalPage(source, [], 'openmetrics');
    expect(page).not.toContain('beyla_bpf');
    expect(page).toMatch(/# TYPE beyla_dropped_requests counter\n.*\nbeyla_dropped_requests_total\{reason=.*\} 2\n/);
    expect(page.endsWith('\n# EOF\n')).toBe(true);
  });
});
