import { METRIC_FEATURES } from '../options/metric-features.ts';
import type { WantedFeature } from '../options/options.ts';

/** The groups of metrics that there are, of those that a configuration names; `*` and `all` name them all. */
export function knownFeatures(features: readonly string[]): readonly WantedFeature[] {
  if (features.includes('all') || features.includes('*')) return METRIC_FEATURES;
  return METRIC_FEATURES.filter((feature) => features.includes(feature));
}
