import type { BeylaStats } from '@beyla/core';
import { counter, type InternalMetric, type Sample } from './internal-metric.ts';

/** What passed a stage and what did not. */
interface Stage {
  readonly stage: string;
  /** Undefined where the stage does not tell. */
  readonly in: number | undefined;
  readonly out: number | undefined;
  readonly dropped: Readonly<Record<string, number>>;
}

/** Counters of the BPF side that each stand for something that was to be a record. */
const LOST_RECORDS: readonly string[] = ['turns_lost', 'ends_lost', 'chunks_lost', 'lifecycle_lost', 'closes_lost'];
/** What exporters call what they have done with a span. */
const DONE: readonly string[] = ['exported', 'printed', 'recorded'];

/**
 * In, out and dropped of every stage: records of the source, records and spans of the interpreter, spans of the pipeline and of every
 * exporter. In and out of the interpreter are different things: many records make a span.
 */
export function stageMetrics(stats: BeylaStats): InternalMetric[] {
  const stages = [sourceStage(stats), interpreterStage(stats), pipelineStage(stats), ...exporterStages(stats)];
  const samples = (of: (stage: Stage) => number | undefined): Sample[] =>
    stages.flatMap((stage) => {
      const value = of(stage);
      return value === undefined ? [] : [[{ stage: stage.stage }, value] as const];
    });
  return [
    counter(
      'stage_in',
      'What came into a stage: records, spans.',
      samples((stage) => stage.in),
    ),
    counter(
      'stage_out',
      'What left a stage: records, spans.',
      samples((stage) => stage.out),
    ),
    counter(
      'stage_dropped',
      'What did not leave a stage, by reason; also what processors took out on purpose (`filtered`).',
      stages.flatMap(({ stage, dropped }) =>
        Object.entries(dropped).map(([reason, count]) => [{ stage, reason }, count] as const),
      ),
    ),
  ];
}

function sourceStage({ source }: BeylaStats): Stage {
  const dropped = Object.fromEntries(
    LOST_RECORDS.flatMap((name) => (name in source ? [[name, source[name] ?? 0]] : [])),
  );
  const out = source['records'];
  return { stage: 'source', in: out === undefined ? undefined : out + sum(dropped), out, dropped };
}

function interpreterStage({ interpreter, drops }: BeylaStats): Stage {
  const records = ['records.turn', 'records.chunk', 'records.malformed'].map((name) => interpreter[name] ?? 0);
  // Those of the other stages have a prefix of their own.
  const own = Object.entries(drops).filter(([reason]) => !/^(kernel|pipeline)\./.test(reason));
  return {
    stage: 'interpreter',
    in: records.reduce((total, count) => total + count, 0),
    out: interpreter['spans'],
    dropped: Object.fromEntries(own),
  };
}

function pipelineStage({ pipeline: { spansIn, spansOut, dropped } }: BeylaStats): Stage {
  const { filtered = 0, closed = 0 } = dropped;
  return { stage: 'pipeline', in: spansIn, out: spansOut, dropped: { filtered, closed } };
}

function exporterStages({ pipeline: { spansOut, dropped, exporters } }: BeylaStats): Stage[] {
  return Object.entries(exporters).map(([name, stats]) => {
    const own = Object.entries(stats).filter(([key]) => key.startsWith('dropped.'));
    const lost = Object.fromEntries(own.map(([key, count]) => [key.slice('dropped.'.length), count]));
    const done = DONE.find((key) => key in stats);
    return {
      stage: `exporter ${name}`,
      in: spansOut,
      out: done === undefined ? undefined : stats[done],
      dropped: { threw: dropped[`${name}.threw`] ?? 0, ...lost },
    };
  });
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}
