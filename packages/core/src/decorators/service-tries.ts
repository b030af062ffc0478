import type { Service } from '../processes/process.ts';
import { CardinalityTrie, type TrieCounts } from './cardinality-trie.ts';

/** Services whose routes are remembered; the one not seen for longest is forgotten first. */
const MAX_SERVICES = 256;
/** Places in the paths of one service; about 150 bytes each. */
const MAX_PLACES = 4096;

/** A trie for each service; the instances of a service share it, so that they have the same routes. */
export class ServiceTries {
  readonly #maxChildren: number;
  readonly #wildcard: string;
  readonly #maxServices: number;
  readonly #keys = new WeakMap<Service, string>();
  /** In order of use, the latest at the end. */
  readonly #tries = new Map<string, CardinalityTrie>();
  readonly #counts: TrieCounts = { collapses: 0, overflows: 0 };
  #evictions = 0;
  #lastKey: string | undefined;
  #lastTrie: CardinalityTrie | undefined;

  constructor(maxChildren: number, wildcard: string, maxServices: number = MAX_SERVICES) {
    this.#maxChildren = maxChildren;
    this.#wildcard = wildcard;
    this.#maxServices = maxServices;
  }

  /** `path` must not have a query. */
  route(service: Service, path: string): string {
    return this.#trieOf(service).route(path);
  }

  counts(): Readonly<Record<'services' | 'collapses' | 'overflows' | 'evictions', number>> {
    return { services: this.#tries.size, ...this.#counts, evictions: this.#evictions };
  }

  #trieOf(service: Service): CardinalityTrie {
    let key = this.#keys.get(service);
    if (key === undefined) {
      key = `${service.namespace}\0${service.name}`;
      this.#keys.set(service, key);
    }
    if (key === this.#lastKey && this.#lastTrie !== undefined) return this.#lastTrie;
    let trie = this.#tries.get(key);
    if (trie === undefined) {
      if (this.#tries.size >= this.#maxServices) this.#evict();
      trie = new CardinalityTrie(this.#maxChildren, this.#wildcard, MAX_PLACES, this.#counts);
    } else this.#tries.delete(key);
    this.#tries.set(key, trie);
    this.#lastKey = key;
    this.#lastTrie = trie;
    return trie;
  }

  #evict(): void {
    for (const oldest of this.#tries.keys()) {
      this.#tries.delete(oldest);
      this.#evictions += 1;
      return;
    }
  }
}
