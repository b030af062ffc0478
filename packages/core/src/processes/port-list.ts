import { BeylaError } from '../errors.ts';

/**
 * A set of TCP ports.
 *
 * @public
 */
export interface PortList {
  /** Whether `port` is in the list. */
  has(port: number): boolean;
  /** The list in ascending order, overlaps joined: `[[80, 80], [8000, 8999]]`. */
  readonly ranges: readonly (readonly [low: number, high: number])[];
}

const HIGHEST_PORT = 65_535;

/**
 * Reads a list of ports: `80,443,8000-8999`, a number, or an array of both. White space around numbers is allowed.
 *
 * `path` names the option in error messages.
 *
 * @throws BeylaError `INVALID_PORT_RANGE`, naming the text and the character where it stops making sense.
 *
 * @example
 * ```ts
 * import { parsePortList } from '@beyla/core';
 * parsePortList('80, 8000-8999').has(8080); // true
 * ```
 *
 * @public
 */
export function parsePortList(
  input: string | number | readonly (string | number)[],
  path: string = 'openPorts',
): PortList {
  const ranges: [number, number][] = [];
  if (typeof input === 'object') {
    if (input.length === 0) throw new BeylaError('INVALID_PORT_RANGE', `\`${path}\` is an empty list`);
    input.forEach((item, index) => {
      addItem(item, `${path}[${index}]`, ranges);
    });
  } else {
    addItem(input, path, ranges);
  }
  return new SortedPorts(join(ranges));
}

function addItem(item: string | number, path: string, ranges: [number, number][]): void {
  if (typeof item === 'string') {
    parseText(item, path, ranges);
  } else if (Number.isInteger(item) && item >= 1 && item <= HIGHEST_PORT) {
    ranges.push([item, item]);
  } else {
    throw new BeylaError('INVALID_PORT_RANGE', `\`${path}\` is ${item}, which is not a port`);
  }
}

function parseText(text: string, path: string, ranges: [number, number][]): void {
  let at = 0;
  const fail = (position: number, problem: string): never => {
    throw new BeylaError(
      'INVALID_PORT_RANGE',
      `\`${path}\` is ${JSON.stringify(text)}: ${problem} at character ${position + 1}`,
    );
  };
  const skipSpace = (): void => {
    while (text[at] === ' ' || text[at] === '\t' || text[at] === '\n' || text[at] === '\r') at++;
  };
  const readPort = (): number => {
    skipSpace();
    const start = at;
    while (at < text.length && text.charCodeAt(at) >= 48 && text.charCodeAt(at) <= 57) at++;
    if (at === start) {
      fail(
        start,
        start < text.length ? `a port is expected, not ${JSON.stringify(text[start])},` : 'a port is missing',
      );
    }
    const port = Number(text.slice(start, at));
    if (port < 1 || port > HIGHEST_PORT) fail(start, `${text.slice(start, at)} is not a port from 1 to 65535`);
    skipSpace();
    return port;
  };
  for (;;) {
    skipSpace();
    const start = at;
    const low = readPort();
    let high = low;
    if (text[at] === '-') {
      at++;
      high = readPort();
      if (high < low) fail(start, `the range ${low}-${high} runs backwards`);
    }
    ranges.push([low, high]);
    if (at === text.length) return;
    if (text[at] !== ',') fail(at, `\`,\` is expected, not ${JSON.stringify(text[at])},`);
    at++;
  }
}

function join(ranges: [number, number][]): [number, number][] {
  ranges.sort((a, b) => a[0] - b[0]);
  const joined: [number, number][] = [];
  for (const range of ranges) {
    const last = joined.at(-1);
    if (last !== undefined && range[0] <= last[1] + 1) last[1] = Math.max(last[1], range[1]);
    else joined.push([range[0], range[1]]);
  }
  return joined;
}

class SortedPorts implements PortList {
  readonly ranges: readonly (readonly [number, number])[];

  constructor(ranges: readonly (readonly [number, number])[]) {
    this.ranges = ranges;
  }

  has(port: number): boolean {
    let from = 0;
    let to = this.ranges.length - 1;
    while (from <= to) {
      const middle = (from + to) >> 1;
      const [low, high] = this.ranges[middle] as readonly [number, number];
      if (port < low) to = middle - 1;
      else if (port > high) from = middle + 1;
      else return true;
    }
    return false;
  }
}
