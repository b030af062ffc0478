import { ownText } from './own-text.ts';
import { RecentMap } from './recent-map.ts';
import { SegmentClassifier } from './segment-classifier.ts';
import { SEGMENT_MODEL } from './segment-model.gen.ts';

const SLASH = 47;
/** Deeper paths are cut, as Beyla cuts them. */
const MAX_SEGMENTS = 9;
const PATHS_KEPT = 4096;
const WORDS_KEPT = 4096;
/** Characters of them: the usual ones fit, whoever sends long ones does not fill the memory. */
const PATHS_LENGTH = 1 << 20;
const WORDS_LENGTH = 1 << 18;

/**
 * Makes a route of a path: segments that look like identifiers become the wildcard, words and slashes stay, and everything after the
 * ninth segment is cut. What is not a path (the authority of CONNECT) is `/**`.
 */
export class PathHeuristic {
  readonly #wildcard: string;
  readonly #classifier = new SegmentClassifier(SEGMENT_MODEL);
  readonly #paths = new RecentMap<string>(PATHS_KEPT, PATHS_LENGTH);
  readonly #words = new RecentMap<true>(WORDS_KEPT, WORDS_LENGTH);

  constructor(wildcard: string) {
    this.#wildcard = wildcard;
  }

  /** `path` must not have a query. */
  route(path: string): string {
    const known = this.#paths.get(path);
    if (known !== undefined) return known;
    const route = this.#judge(path);
    this.#paths.set(path, route);
    return route;
  }

  #judge(path: string): string {
    if (path === '*') return path;
    if (path.charCodeAt(0) !== SLASH) return '/**';
    let route = '';
    // What is taken over as it is, is copied at once.
    let copied = 0;
    let start = 1;
    for (let count = 0; count < MAX_SEGMENTS; count += 1) {
      const slash = path.indexOf('/', start);
      const end = slash === -1 ? path.length : slash;
      const segment = path.slice(start, end);
      if (this.#words.get(segment) === undefined) {
        if (this.#classifier.isIdentifier(segment)) {
          route += path.slice(copied, start) + this.#wildcard;
          copied = end;
        } else this.#words.set(ownText(segment), true);
      }
      if (slash === -1) return copied === 0 ? path : route + path.slice(copied);
      start = end + 1;
    }
    return route + path.slice(copied, start - 1);
  }
}
