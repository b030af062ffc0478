import type { BeylaStats } from '@beyla/core';
import { describe, expect, it } from 'vitest';
import { parseTextFormat } from '../../../../test/support/prometheus-text.ts';
import { aProcess } from '../../../core/src/testing/span.ts';
import { type InternalSource, internalPage } from './internal-metrics.ts';

const STATS: BeylaStats = {
  source: { turns: 7 },
  cost: { programs: { on_turn: { runCount: 12, runTimeNs: 3_000, verifiedInstructions: 1 } }, mapBytes: 4_096 },
  interpreter: { 'records.turn': 7, spans: 3 },
  discovery: { selected: 2 },
  pipeline: {
    spansIn: 3,
    spansOut: 2,
    processorErrors: 1,
    exporterErrors: 0,
    dropped: {},
    exporters: {
      'otlp-traces': { exported: 5, queued: 4, 'dropped.export_failed': 6 },
      'otlp-metrics': { exports: 8, failed_exports: 9 },
    },
  },
  drops: { 'http1.request_lost': 2 },
};

const SOURCE: InternalSource = {
  stats: () => STATS,
  processes: [aProcess(), aProcess({ pid: 43 }), aProcess({ pid: 44, executable: '/usr/bin/python3' })],
};

describe('internalPage()', () => {
  it('has every stage: what it counts, what it lost, what it costs', () => {
    const { samples, types } = parseTextFormat(internalPage(SOURCE, [[{ port: 9464, path: '/metrics' }, 1]], 'text'));
    const found = samples.map(({ name, labels, value }) => `${name} ${Object.values(labels).join(' ')} ${value}`);
    expect(found.slice(1)).toEqual([
      'beyla_instrumented_processes node 2',
      'beyla_instrumented_processes python3 1',
      'beyla_bpf_probe_executions_total on_turn 12',
      'beyla_bpf_probe_latency_seconds_total on_turn 0.000003',
      'beyla_bpf_map_memory_bytes  4096',
      'beyla_source_stats turns 7',
      'beyla_interpreter_stats records.turn 7',
      'beyla_interpreter_stats spans 3',
      'beyla_discovery_stats selected 2',
      'beyla_pipeline_spans_in_total  3',
      'beyla_pipeline_spans_out_total  2',
      'beyla_pipeline_errors_total processor 1',
      'beyla_pipeline_errors_total exporter 0',
      'beyla_dropped_requests_total http1.request_lost 2',
      'beyla_queue_depth otlp-traces 4',
      'beyla_exporter_stats otlp-traces exported 5',
      'beyla_exporter_stats otlp-traces queued 4',
      'beyla_exporter_stats otlp-traces dropped.export_failed 6',
      'beyla_exporter_stats otlp-metrics exports 8',
      'beyla_exporter_stats otlp-metrics failed_exports 9',
      'beyla_otel_trace_exports_total  5',
      'beyla_otel_trace_export_errors_total  6',
      'beyla_otel_metric_exports_total  8',
      'beyla_otel_metric_export_errors_total  9',
      'beyla_prometheus_http_requests_total 9464 /metrics 1',
    ]);
    expect(types.get('beyla_dropped_requests_total')).toBe('counter');
  });

  it('is without a BPF side for a recording, and ends as OpenMetrics wants it', () => {
    const source = { ...SOURCE, stats: () => ({ ...STATS, cost: undefined }) };
    const page = internalPage(source, [], 'openmetrics');
    expect(page).not.toContain('beyla_bpf');
    expect(page).toMatch(/# TYPE beyla_dropped_requests counter\n.*\nbeyla_dropped_requests_total\{reason=.*\} 2\n/);
    expect(page.endsWith('\n# EOF\n')).toBe(true);
  });
});
