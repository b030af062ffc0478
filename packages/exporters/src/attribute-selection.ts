import { BeylaError, compileGlob } from '@beyla/core';
import { underscored } from './attribute-names.ts';
import type { MetricDefinition } from './metrics.ts';

/**
 * Which attributes each metric has, by globs; Beyla's `attributes.select`.
 *
 * A key is a metric name or a glob of them; dots and underscores are the same, and unit and type suffixes of Prometheus
 * (`_seconds_bucket`) do not matter. Entries that match a metric are applied in the order of their keys, so that a
 * more specific one has the last word: the first starts from its `include`, or from the defaults where it has none, each
 * further `include` adds, each `exclude` takes away. Values are globs of attribute names; those of no known attribute
 * contribute nothing.
 *
 * Off by default: `url.path`, `client.address` (of servers), which anybody can fill: mind `maxSeries`.
 *
 * @example
 * ```ts
 * import type { AttributeSelection } from '@beyla/exporters';
 * const select: AttributeSelection = {
 *   'http.server.*': { include: ['*'], exclude: ['client.address'] },
 *   http_client_request_duration_seconds: { exclude: ['server_*'] },
 * };
 * ```
 *
 * @public
 */
export type AttributeSelection = Readonly<
  Record<string, { readonly include?: readonly string[]; readonly exclude?: readonly string[] }>
>;

/** Attributes that may differ between requests of one method, route, status, scheme, error and server. */
export const PER_REQUEST_ATTRIBUTES: readonly string[] = ['url.path', 'client.address'];

interface Entry {
  readonly matches: (metric: string) => boolean;
  readonly include: ((attribute: string) => boolean) | undefined;
  readonly exclude: (attribute: string) => boolean;
}

/** A compiled `AttributeSelection`. */
export class AttributeSelector {
  readonly #entries: readonly Entry[];

  /**
   * @throws BeylaError `INVALID_PATTERN` and `INVALID_OPTION`, naming the place.
   */
  constructor(select: AttributeSelection = {}) {
    this.#entries = Object.entries(select)
      .map(([key, lists]) => ({ metric: metricPattern(key), path: `select.${key}`, lists }))
      .sort((left, right) => (left.metric < right.metric ? -1 : 1))
      .map(({ metric, path, lists }) => {
        for (const name of Object.keys(lists)) {
          if (name === 'include' || name === 'exclude') continue;
          throw new BeylaError('UNKNOWN_OPTION', `\`${path}\` has \`${name}\`; it takes \`include\` and \`exclude\``);
        }
        return {
          matches: compileGlob(metric, path),
          include:
            lists.include === undefined || lists.include.length === 0
              ? undefined
              : anyOf(lists.include, `${path}.include`),
          exclude: anyOf(lists.exclude ?? [], `${path}.exclude`),
        };
      });
  }

  /** The attributes of a metric, in their usual order. */
  attributesOf({ name, attributes, optionalAttributes }: MetricDefinition): readonly string[] {
    const known = [...attributes, ...optionalAttributes];
    const pattern = metricPattern(name);
    const entries = this.#entries.filter(({ matches }) => matches(pattern));
    const selected = new Set<string>(entries[0]?.include === undefined ? attributes : []);
    for (const { include, exclude } of entries) {
      for (const attribute of known) {
        if (include?.(underscored(attribute))) selected.add(attribute);
        if (exclude(underscored(attribute))) selected.delete(attribute);
      }
    }
    return known.filter((attribute) => selected.has(attribute));
  }
}

function anyOf(globs: readonly string[], path: string): (text: string) => boolean {
  if (!Array.isArray(globs) || globs.some((glob) => typeof glob !== 'string')) {
    throw new BeylaError('INVALID_OPTION', `\`${path}\` must be a list of attribute names or globs`);
  }
  const matchers = globs.map((glob) => compileGlob(underscored(glob), path));
  return (text) => matchers.some((matches) => matches(text));
}

function metricPattern(name: string): string {
  return underscored(name)
    .replace(/_(?:ratio|bucket|sum|count|total)$/, '')
    .replace(/_(?:bytes|seconds)$/, '');
}
