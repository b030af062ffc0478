import { METRIC_FEATURES } from '../../options/metric-features.ts';
import { NOT_YET } from './inert.ts';

const KNOWN = new Set<string>([...METRIC_FEATURES, 'all', '*']);

/** The caveat of a list of groups of metrics. */
export function missingFeatures(features: readonly string[]): string | undefined {
  const missing = features.filter((feature) => !KNOWN.has(feature));
  return missing.length === 0 ? undefined : `${NOT_YET}: ${missing.join(', ')}`;
}
