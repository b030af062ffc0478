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

  /** Throws INVALID_PATTERN, naming the pattern. */
  constructor(patterns: readonly string[]) {
    for (const pattern of patterns) this.#add(pattern);
  }

  /** The pattern as written, or undefined. `path` must not have a query; its cost is bounded by the number of patterns. */
  match(path: string): string | undefined {
    if (path.charCodeAt(0) !== SLASH) return undefined;
    const end = path.length > 1 && path.charCodeAt(path.length - 1) === SLASH ? path.length - 1 : path.length;
    return find(this.#root, path, 1, end);
  }

  #add(pattern: string): void {
    if (!pattern.startsWith('/')) throw invalid(pattern, 'does not begin with a slash');
    const withoutSlash = pattern.length > 1 && pattern.endsWith('/') ? pattern.slice(0, -1) : pattern;
    const segments = withoutSlash === '/' ? [] : withoutSlash.slice(1).split('/');
    let node = this.#root;
    for (const [i, segment] of segments.entries()) {
      if (segment === '*') {
        if (i !== segments.length - 1) throw invalid(pattern, 'has `*` before its last segment');
        node.rest ??= pattern;
        return;
      }
      node = child(node, segment, pattern);
    }
    node.pattern ??= pattern;
  }
}

const SLASH = 47;
const PARAMETER = /^(?::\w*|\{\w*\})$/;

function child(node: Node, segment: string, pattern: string): Node {
  if (PARAMETER.test(segment)) {
    node.parameter ??= new Node();
    return node.parameter;
  }
  if (segment.startsWith(':') || /[{}]/.test(segment))
    throw invalid(pattern, `has the unclear parameter \`${segment}\``);
  if (/[*?#]/.test(segment)) throw invalid(pattern, `has \`*\`, \`?\` or \`#\` within the segment \`${segment}\``);
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

function invalid(pattern: string, trouble: string): BeylaError {
  return new BeylaError('INVALID_PATTERN', `the route pattern \`${pattern}\` ${trouble}`, {
    cure: 'Write it as `/users/:id`, `/users/{id}` or `/files/*`: a parameter is a whole segment of letters, digits and `_`.',
  });
}
