import { BeylaError } from '../errors.ts';

/** One segment position of the patterns; its depth in the trie is the segment's place in the path. */
class Node {
  readonly literals = new Map<string, Node>();
  parameter: Node | undefined;
  /** The pattern that ends here, as written. */
  pattern: string | undefined;
  /** The pattern that goes on with `*` here, as written. */
  rest: string | undefined;
}

/**
 * Finds the pattern of a path in a trie of segments.
 *
 * A segment of a pattern is literal text, a parameter (`:name` or `{name}`: exactly one segment that is not empty) or, as
 * the last one, `*` (any rest, also none). At each segment a literal beats a parameter and a parameter beats `*`; where the
 * better choice leads nowhere the next one is tried. Of patterns that differ only in parameter names the first wins. One
 * trailing slash is ignored on both sides.
 */
export class RouteMatcher {
  readonly #root = new Node();

  /** Throws INVALID_PATTERN, naming the pattern and, if it is given, the option. */
  constructor(patterns: readonly string[], option?: string) {
    for (const pattern of patterns) {
      const trouble = this.#add(pattern);
      if (trouble !== undefined) throw invalid(pattern, trouble, option);
    }
  }

  /** The pattern as written, or undefined. `path` must not have a query; its cost is bounded by the number of patterns. */
  match(path: string): string | undefined {
    if (path.charCodeAt(0) !== SLASH) return undefined;
    const end = path.length > 1 && path.charCodeAt(path.length - 1) === SLASH ? path.length - 1 : path.length;
    return find(this.#root, path, 1, end);
  }

  /** Answers what is wrong with the pattern. */
  #add(pattern: string): string | undefined {
    if (!pattern.startsWith('/')) return 'does not begin with a slash';
    const withoutSlash = pattern.length > 1 && pattern.endsWith('/') ? pattern.slice(0, -1) : pattern;
    const segments = withoutSlash === '/' ? [] : withoutSlash.slice(1).split('/');
    let node = this.#root;
    for (const [i, segment] of segments.entries()) {
      if (segment === '*') {
        if (i !== segments.length - 1) return 'has `*` before its last segment';
        node.rest ??= pattern;
        return undefined;
      }
      const trouble = troubleOf(segment);
      if (trouble !== undefined) return trouble;
      node = child(node, segment);
    }
    node.pattern ??= pattern;
    return undefined;
  }
}

/** Throws INVALID_PATTERN, naming the pattern and the option. */
export function checkRoutePatterns(patterns: readonly string[], option: string): void {
  new RouteMatcher(patterns, option);
}

const SLASH = 47;
const PARAMETER = /^(?::\w*|\{\w*\})$/;

function troubleOf(segment: string): string | undefined {
  if (PARAMETER.test(segment)) return undefined;
  if (segment.startsWith(':') || /[{}]/.test(segment)) return `has the unclear parameter \`${segment}\``;
  if (/[*?#]/.test(segment)) return `has \`*\`, \`?\` or \`#\` within the segment \`${segment}\``;
  return undefined;
}

function child(node: Node, segment: string): Node {
  if (PARAMETER.test(segment)) {
    node.parameter ??= new Node();
    return node.parameter;
  }
  let next = node.literals.get(segment);
  if (next === undefined) {
    next = new Node();
    node.literals.set(segment, next);
  }
  return next;
}

/** `start` is where the next segment begins; beyond `end` there is none. Each node is visited at most once per path. */
function find(node: Node, path: string, start: number, end: number): string | undefined {
  if (start > end || end === 1) return node.pattern ?? node.rest;
  const slash = path.indexOf('/', start);
  const stop = slash === -1 || slash > end ? end : slash;
  const literal = node.literals.size === 0 ? undefined : node.literals.get(path.slice(start, stop));
  return (
    (literal === undefined ? undefined : find(literal, path, stop + 1, end)) ??
    (node.parameter === undefined || stop === start ? undefined : find(node.parameter, path, stop + 1, end)) ??
    node.rest
  );
}

function invalid(pattern: string, trouble: string, option: string | undefined): BeylaError {
  const place = option === undefined ? '' : `\`${option}\`: `;
  return new BeylaError('INVALID_PATTERN', `${place}the route pattern \`${pattern}\` ${trouble}`, {
    cure: 'Write it as `/users/:id`, `/users/{id}` or `/files/*`: a parameter is a whole segment of letters, digits and `_`.',
  });
}
