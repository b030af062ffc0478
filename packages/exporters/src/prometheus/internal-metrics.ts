import { basename } from 'node:path';
import type { BeylaStats, ProcessInfo } from '@beyla/core';
import type { AttributeSet } from '../attributes.ts';
import { VERSION } from '../version.ts';
import { header, labelPairs, type PageFormat } from './text-format.ts';

/**
 * What internal metrics are made of; a `Beyla` is one.
 *
 * @public
 */
export interface InternalSource {
  /** Counters of every stage. */
  stats(): BeylaStats;
  /** The selected processes. */
  readonly processes: readonly ProcessInfo[];
}

type Sample = readonly [labels: AttributeSet, value: number];

/** A page about the library itself: what came into every stage, what left it, what was lost, and what the BPF side costs. */
export function internalPage(source: InternalSource, requests: readonly Sample[], format: PageFormat): string {
  const { cost, pipeline, drops, ...stages } = source.stats();
  const programs = Object.entries(cost?.programs ?? {});
  const exporters = Object.entries(pipeline.exporters);
  const ofExporters = (names: readonly string[], stat: string): Sample[] =>
    exporters.flatMap(([name, stats]) => (names.includes(name) ? [[{}, stats[stat] ?? 0] as const] : []));

  const page = new Page(format);
  page.gauge('internal_build_info', 'Version of the library.', [[{ version: VERSION, runtime: process.version }, 1]]);
  page.gauge('instrumented_processes', 'Selected processes.', byName(source.processes));
  page.counter(
    'bpf_probe_executions',
    'Runs of a BPF program; 0 while the kernel does not count them.',
    programs.map(([name, { runCount }]) => [{ probe_name: name }, runCount]),
  );
  page.counter(
    'bpf_probe_latency_seconds',
    'Time in a BPF program.',
    programs.map(([name, { runTimeNs }]) => [{ probe_name: name }, runTimeNs / 1e9]),
  );
  page.gauge('bpf_map_memory_bytes', 'Kernel memory of all maps.', cost === undefined ? [] : [[{}, cost.mapBytes]]);
  for (const [stage, stats] of Object.entries(stages)) {
    page.unknown(`${stage}_stats`, `What the stage "${stage}" counts.`, byLabel('name', stats));
  }
  page.counter('pipeline_spans_in', 'Spans before processors.', [[{}, pipeline.spansIn]]);
  page.counter('pipeline_spans_out', 'Spans handed to exporters.', [[{}, pipeline.spansOut]]);
  page.counter('pipeline_errors', 'Failures of processors and exporters.', [
    [{ source: 'processor' }, pipeline.processorErrors],
    [{ source: 'exporter' }, pipeline.exporterErrors],
  ]);
  page.counter('dropped_requests', 'Requests lost, by reason.', byLabel('reason', drops));
  page.gauge(
    'queue_depth',
    'Spans that wait to be exported.',
    exporters.flatMap(([subscriber, { queued }]) => (queued === undefined ? [] : [[{ subscriber }, queued] as const])),
  );
  page.unknown(
    'exporter_stats',
    'What each exporter counts.',
    exporters.flatMap(([exporter, stats]) =>
      Object.entries(stats).map(([name, value]) => [{ exporter, name }, value] as const),
    ),
  );
  page.counter('otel_trace_exports', 'Spans delivered by OTLP.', ofExporters(['otlp-traces'], 'exported'));
  page.counter(
    'otel_trace_export_errors',
    'Spans that OTLP lost.',
    ofExporters(['otlp-traces'], 'dropped.export_failed'),
  );
  page.counter('otel_metric_exports', 'Exports of metrics by OTLP.', ofExporters(['otlp-metrics'], 'exports'));
  page.counter('otel_metric_export_errors', 'Exports that failed.', ofExporters(['otlp-metrics'], 'failed_exports'));
  page.counter('prometheus_http_requests', 'Scrapes.', requests);
  return page.end();
}

class Page {
  readonly #format: PageFormat;
  #text = '';

  constructor(format: PageFormat) {
    this.#format = format;
  }

  gauge(name: string, help: string, samples: readonly Sample[]): void {
    this.#add(name, help, 'gauge', samples);
  }

  counter(name: string, help: string, samples: readonly Sample[]): void {
    this.#add(name, help, 'counter', samples);
  }

  /** Counters and gauges among each other. */
  unknown(name: string, help: string, samples: readonly Sample[]): void {
    this.#add(name, help, this.#format === 'text' ? 'untyped' : 'unknown', samples);
  }

  end(): string {
    return this.#format === 'openmetrics' ? `${this.#text}# EOF\n` : this.#text;
  }

  #add(name: string, help: string, type: string, samples: readonly Sample[]): void {
    if (samples.length === 0) return;
    this.#text += header(`beyla_${name}`, help, type, this.#format);
    const suffix = type === 'counter' ? '_total' : '';
    for (const [labels, value] of samples) {
      const pairs = labelPairs(labels);
      this.#text += `beyla_${name}${suffix}${pairs === '' ? '' : `{${pairs}}`} ${value}\n`;
    }
  }
}

function byLabel(label: string, values: Readonly<Record<string, number>>): Sample[] {
  return Object.entries(values).map(([name, value]) => [{ [label]: name }, value]);
}

function byName(processes: readonly ProcessInfo[]): Sample[] {
  const counts = new Map<string, number>();
  for (const { executable } of processes) {
    const name = basename(executable);
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts].map(([name, count]) => [{ process_name: name }, count]);
}
