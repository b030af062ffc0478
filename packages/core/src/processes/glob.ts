import { BeylaError } from '../errors.ts';

const LONGEST_PATTERN = 4096;

/** One step of the automaton: consume a code point that `test` accepts, or branch to several places without consuming. */
type State = { readonly test: (codePoint: number) => boolean } | { readonly to: number[] };

/**
 * Compiles a glob to a predicate over whole texts, in the dialect of Beyla's selectors.
 *
 * `*` and `**` match any text, `/` included; `?` any one character; `[abc]`, `[a-z]`, `[!a-z]` one character of, or not of, a
 * class; `{a,b}` either pattern (nestable); a backslash takes the next character literally. A `-` between two characters of a class
 * is always a range. Takes time linear in the text, whatever the pattern. A pattern has at most 4096 characters.
 *
 * `path` names the option in error messages.
 *
 * @throws BeylaError `INVALID_PATTERN`, naming the character where the pattern is wrong.
 *
 * @example
 * ```ts
 * import { compileGlob } from '@beyla/core';
 * const isServer: (text: string) => boolean = compileGlob('/srv/*{api,web}');
 * ```
 *
 * @public
 */
export function compileGlob(pattern: string, path: string = 'glob'): (text: string) => boolean {
  if (pattern.length > LONGEST_PATTERN) {
    throw new BeylaError(
      'INVALID_PATTERN',
      `\`${path}\` has ${pattern.length} characters; at most ${LONGEST_PATTERN} are allowed`,
    );
  }
  const parser = new GlobParser(pattern, path);
  parser.sequence(false);
  return runner(parser.states);
}

class GlobParser {
  readonly states: State[] = [];
  readonly #points: string[];
  readonly #pattern: string;
  readonly #path: string;
  #at = 0;

  constructor(pattern: string, path: string) {
    this.#points = [...pattern];
    this.#pattern = pattern;
    this.#path = path;
  }

  /** Reads up to the end of the pattern, or of the alternative when inside braces. */
  sequence(insideBraces: boolean): void {
    for (; this.#at < this.#points.length; this.#at++) {
      const point = this.#points[this.#at] as string;
      if (insideBraces && (point === ',' || point === '}')) return;
      if (point === '*') this.#any();
      else if (point === '?') this.states.push({ test: () => true });
      else if (point === '[') this.#characterClass();
      else if (point === '{') this.#alternatives();
      else this.#literal(point === '\\' ? this.#escaped() : point);
    }
  }

  #any(): void {
    const loop = this.states.length;
    this.states.push({ to: [loop + 1, loop + 3] }, { test: () => true }, { to: [loop] });
  }

  #literal(point: string): void {
    const wanted = point.codePointAt(0);
    this.states.push({ test: (codePoint) => codePoint === wanted });
  }

  #escaped(): string {
    const backslash = this.#at++;
    return this.#points[this.#at] ?? this.#fail(backslash, 'the backslash has nothing to escape');
  }

  #alternatives(): void {
    const open = this.#at;
    const branch: number[] = [];
    const ends: number[][] = [];
    this.states.push({ to: branch });
    do {
      this.#at++;
      branch.push(this.states.length);
      this.sequence(true);
      if (this.#at >= this.#points.length) this.#fail(open, '`{` is never closed');
      const end: number[] = [];
      this.states.push({ to: end });
      ends.push(end);
    } while (this.#points[this.#at] === ',');
    for (const end of ends) end.push(this.states.length);
  }

  #characterClass(): void {
    const open = this.#at++;
    const negated = this.#points[this.#at] === '!';
    if (negated) this.#at++;
    const ranges: [number, number][] = [];
    for (; this.#points[this.#at] !== ']'; this.#at++) {
      const low = this.#classPoint(open);
      let high = low;
      if (this.#points[this.#at + 1] === '-' && (this.#points[this.#at + 2] ?? ']') !== ']') {
        this.#at += 2;
        high = this.#classPoint(open);
        if (high < low) this.#fail(this.#at, 'the range runs backwards');
      }
      ranges.push([low, high]);
    }
    if (ranges.length === 0) this.#fail(open, 'the class is empty');
    this.states.push({
      test: (codePoint) => ranges.some(([low, high]) => codePoint >= low && codePoint <= high) !== negated,
    });
  }

  #classPoint(open: number): number {
    const point = this.#points[this.#at] === '\\' ? this.#escaped() : this.#points[this.#at];
    return point?.codePointAt(0) ?? this.#fail(open, '`[` is never closed');
  }

  #fail(position: number, problem: string): never {
    throw new BeylaError(
      'INVALID_PATTERN',
      `\`${this.#path}\` is ${JSON.stringify(this.#pattern)}: ${problem} (character ${position + 1})`,
    );
  }
}

/** Walks all possible places in the pattern at once; `seen` keeps each place to one visit per character. */
function runner(states: readonly State[]): (text: string) => boolean {
  const accept = states.length;
  const seen = new Int32Array(accept + 1);
  let generation = 0;
  const enter = (place: number, active: number[]): void => {
    const stack = [place];
    for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
      if (seen[next] === generation) continue;
      seen[next] = generation;
      const state = states[next];
      if (state !== undefined && 'to' in state) stack.push(...state.to);
      else active.push(next);
    }
  };
  return (text) => {
    seen.fill(0);
    generation = 1;
    let active: number[] = [];
    enter(0, active);
    for (const character of text) {
      const codePoint = character.codePointAt(0) as number;
      generation++;
      const following: number[] = [];
      for (const place of active) {
        const state = states[place];
        if (state !== undefined && 'test' in state && state.test(codePoint)) enter(place + 1, following);
      }
      active = following;
      if (active.length === 0) return false;
    }
    return active.includes(accept);
  };
}
