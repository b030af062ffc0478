import { ownText } from './own-text.ts';
import { RecentMap } from './recent-map.ts';

/** What the tries of all services did. */
export interface TrieCounts {
  /** Nodes whose children became one wildcard. */
  collapses: number;
  /** Paths whose rest became a wildcard because the service has had all the nodes it may have. */
  overflows: number;
}

const SLASH = 47;
const ROUTES_KEPT = 512;
/** Characters of them and of their paths. */
const ROUTES_LENGTH = 1 << 16;
/** A word that is longer takes the room of several places. */
const WORD_LENGTH = 128;

/** One place in the paths of a service. */
class Place {
  /** Undefined once they have become the wildcard. */
  words: Map<string, Place> | undefined = new Map();
  wildcard: Place | undefined;
}

/**
 * Keeps the number of a service's routes small: a place in its paths that has seen `maxChildren` words turns into the wildcard when
 * the next one comes, and what followed the words is merged behind it. That is never undone.
 *
 * No order of paths makes more than `maxPlaces` places; from then on what is new becomes a wildcard together with all that
 * follows it.
 */
export class CardinalityTrie {
  readonly #maxChildren: number;
  readonly #wildcard: string;
  readonly #counts: TrieCounts;
  readonly #root = new Place();
  readonly #routes = new RecentMap<string>(ROUTES_KEPT, ROUTES_LENGTH);
  #placesLeft: number;

  constructor(maxChildren: number, wildcard: string, maxPlaces: number, counts: TrieCounts) {
    this.#maxChildren = maxChildren;
    this.#wildcard = wildcard;
    this.#placesLeft = maxPlaces;
    this.#counts = counts;
  }

  /** Takes a path, without query; slashes at its end are taken off. What does not begin with a slash stays as it is. */
  route(path: string): string {
    const known = this.#routes.get(path);
    if (known !== undefined) return known;
    const collapsesBefore = this.#counts.collapses;
    const route = this.#walk(path);
    // What was answered before the collapse is not the answer any more.
    if (this.#counts.collapses !== collapsesBefore) this.#routes.clear();
    this.#routes.set(path, route);
    return route;
  }

  #walk(path: string): string {
    if (path.charCodeAt(0) !== SLASH) return path;
    let end = path.length;
    while (end > 1 && path.charCodeAt(end - 1) === SLASH) end -= 1;
    if (end === 1) return '/';
    let place = this.#root;
    let route = '';
    for (let start = 1; start <= end; ) {
      const slash = path.indexOf('/', start);
      const stop = slash === -1 || slash > end ? end : slash;
      const word = path.slice(start, stop);
      const next = this.#enter(place, word);
      if (next === undefined) {
        this.#counts.overflows += 1;
        return `${route}/${this.#wildcard}`;
      }
      route += next === place.wildcard ? `/${this.#wildcard}` : `/${word}`;
      place = next;
      start = stop + 1;
    }
    return route;
  }

  /** The place behind `word`; undefined when there may be no more places. */
  #enter(place: Place, word: string): Place | undefined {
    if (place.words !== undefined && word !== this.#wildcard) {
      const known = place.words.get(word);
      if (known !== undefined) return known;
      if (place.words.size < this.#maxChildren) {
        const made = this.#make(word);
        if (made !== undefined) place.words.set(ownText(word), made);
        return made;
      }
      this.#collapse(place);
    }
    place.wildcard ??= this.#make(this.#wildcard);
    return place.wildcard;
  }

  #make(word: string): Place | undefined {
    const places = 1 + Math.floor(word.length / WORD_LENGTH);
    if (this.#placesLeft < places) return undefined;
    this.#placesLeft -= places;
    return new Place();
  }

  #collapse(place: Place): void {
    if (place.words === undefined) return;
    this.#counts.collapses += 1;
    const children = place.words.values();
    place.words = undefined;
    for (const child of children) place.wildcard = this.#merge(place.wildcard, child);
  }

  /** Both as one place; it may have to collapse in turn. */
  #merge(into: Place | undefined, from: Place): Place {
    if (into === undefined) return from;
    if (from.words === undefined) this.#collapse(into);
    for (const [word, child] of from.words ?? []) {
      if (into.words === undefined) into.wildcard = this.#merge(into.wildcard, child);
      else into.words.set(word, this.#merge(into.words.get(word), child));
    }
    if (from.wildcard !== undefined) into.wildcard = this.#merge(into.wildcard, from.wildcard);
    if (into.words !== undefined && into.words.size > this.#maxChildren) this.#collapse(into);
    return into;
  }
}
