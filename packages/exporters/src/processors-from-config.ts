import type { ConfigValues, FilterConditionConfig, Processor } from '@beyla/core';
import { type AttributeCondition, createFilter } from './filter.ts';

/**
 * Makes the processors that a configuration asks for: the filter of `filter.application`, where it has conditions.
 *
 * @throws BeylaError `UNKNOWN_OPTION` for an attribute that there is not, `INVALID_PATTERN` for a glob.
 *
 * @example
 * ```ts
 * import { createBeyla, loadConfig, toBeylaOptions } from '@beyla/core';
 * import { exportersFromConfig, processorsFromConfig } from '@beyla/exporters';
 *
 * const config = await loadConfig('beyla.yml');
 * const [processors, exporters] = [processorsFromConfig(config), exportersFromConfig(config)];
 * await using beyla = await createBeyla({ ...toBeylaOptions(config), processors, exporters });
 * ```
 *
 * @public
 */
export function processorsFromConfig(config: ConfigValues): readonly Processor[] {
  const conditions = Object.entries(config.filter.application);
  if (conditions.length === 0) return [];
  return [createFilter(Object.fromEntries(conditions.map(([name, condition]) => [name, conditionOf(condition)])))];
}

const NAMES: Readonly<Record<keyof FilterConditionConfig, keyof AttributeCondition>> = {
  match: 'match',
  not_match: 'notMatch',
  equals: 'equals',
  not_equals: 'notEquals',
  greater_than: 'greaterThan',
  greater_equals: 'greaterEquals',
  less_than: 'lessThan',
  less_equals: 'lessEquals',
};

function conditionOf(condition: FilterConditionConfig): AttributeCondition {
  const entries = Object.entries(condition) as [keyof FilterConditionConfig, string | number][];
  return Object.fromEntries(entries.map(([key, value]) => [NAMES[key], value]));
}
