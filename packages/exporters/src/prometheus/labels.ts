import type { AttributeSet } from '../attributes.ts';

/** Labels and their values, each label once. */
export type Labels = ReadonlyMap<string, string>;

const NONE: Labels = new Map();
/** Labels that histograms and summaries have besides. */
const OF_THE_FORMAT: ReadonlySet<string> = new Set(['le', 'quantile']);

/**
 * Attributes as labels of legal names, each once: a label twice, or one that Prometheus keeps to itself (`__name__`), makes a whole page invalid.
 *
 * Attributes that become the same label share it, their values joined by `;` in the order of their names (OpenTelemetry, Prometheus
 * compatibility). One that has the label of `common`, the labels that every series of the service has, or one of the format, is
 * `exported_LABEL`, as Prometheus itself calls it, unless it says the same.
 */
export function labelsOf(attributes: Readonly<AttributeSet>, common: Labels = NONE): Labels {
  const byLabel = new Map<string, [name: string, value: string][]>();
  for (const [name, value] of Object.entries(attributes)) {
    const text = String(value);
    const label = labelName(name);
    const isTaken = common.has(label) || OF_THE_FORMAT.has(label);
    if (isTaken && common.get(label) === text) continue;
    const free = isTaken ? `exported_${label}` : label;
    const sharing = byLabel.get(free);
    if (sharing === undefined) byLabel.set(free, [[name, text]]);
    else sharing.push([name, text]);
  }
  const labels = new Map<string, string>();
  for (const [label, sharing] of byLabel) labels.set(label, joined(sharing));
  return labels;
}

function joined(sharing: readonly [name: string, value: string][]): string {
  if (sharing.length === 1) return (sharing[0] as [string, string])[1];
  const sorted = sharing.toSorted(([left], [right]) => (left < right ? -1 : 1));
  return [...new Set(sorted.map(([, value]) => value))].join(';');
}

function labelName(name: string): string {
  const label = name.replace(/[^a-zA-Z0-9_]/g, '_').replace(/^__+/, '_');
  return label === '' || /^\d/.test(label) ? `_${label}` : label;
}
