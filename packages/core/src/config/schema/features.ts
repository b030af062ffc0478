import { METRIC_FEATURES } from '../../options/metric-features.ts';

const KNOWN = new Set<string>([...METRIC_FEATURES, 'all', '*']);

/** The caveat of a list of groups of metrics. */
export function missingFeatures(features: readonly string[]): string | undefined {
  const missing = features.filter((feature) => !KNOWN.has(feature));
  return missing.length === 0
    ? undefined
    : `not measured by this version: ${missing.join(', ')}; it has ${METRIC_FEATURES.join(', ')}`;
}

/** The same for documentation. */
export const FEATURE_LIMITS: string = `there are ${METRIC_FEATURES.map((feature) => `\`${feature}\``).join(', ')}, \`all\`; others warn`;
