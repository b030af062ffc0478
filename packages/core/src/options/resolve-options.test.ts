import { describe, expect, it } from 'vitest';
import { BeylaError } from '../errors.ts';
import { resolveOptions } from './resolve-options.ts';

const discovery = { instrument: [{ exePath: '*/node' }] };

function failure(options: unknown): BeylaError {
  try {
    resolveOptions(options);
  } catch (error) {
    if (error instanceof BeylaError) return error;
    throw error;
  }
  throw new Error('expected a BeylaError');
}

describe('resolveOptions()', () => {
  it('fills in every default', () => {
    expect(resolveOptions({ discovery })).toEqual({
      discovery: {
        instrument: [{ exePath: '*/node' }],
        exclude: [],
        pollIntervalMs: 5000,
        includeSelf: false,
        identity: {},
      },
      tracer: {
        source: 'auto',
        maxConnections: 4096,
        ringBytes: 4_194_304,
        captureBytes: 512,
        headBytes: 16_384,
        drainIntervalMs: 10,
        idleIntervalMs: 200,
        statistics: false,
        batchBytes: 1_048_576,
        taps: { openssl: true, goTls: true, rustls: true },
      },
      routes: {
        patterns: [],
        ignoredPatterns: [],
        ignoreMode: 'all',
        unmatched: 'wildcard',
        wildcardChar: '*',
        maxPathSegmentCardinality: 10,
      },
      sampler: {},
      processors: [],
      exporters: [],
      shutdownTimeoutMs: 10_000,
      recordPaths: false,
      trustedProxies: [],
    });
  });

  it('keeps what is given and freezes it, without touching the original', () => {
    const processor = <T>(spans: T): T => spans;
    const { signal } = new AbortController();
    const given = {
      discovery: { instrument: [{ openPorts: ['80', 81] }] },
      tracer: { source: 'syscall' },
      processors: [processor],
      signal,
    };
    const resolved = resolveOptions(given);
    expect(resolved.tracer.source).toBe('syscall');
    expect(resolved.processors).toEqual([processor]);
    expect(resolved.signal).toBe(signal);
    expect(Object.isFrozen(resolved) && Object.isFrozen(resolved.tracer)).toBe(true);
    expect(Object.isFrozen(resolved.discovery.instrument[0]?.openPorts)).toBe(true);
    expect(Object.isFrozen(given.discovery.instrument)).toBe(false);
  });

  it.each([
    [{ discovery, trace: {} }, 'unknown option `trace`; the nearest one is `tracer`.'],
    [
      { discovery: { ...discovery, exlude: [] } },
      'unknown option `discovery.exlude`; the nearest one is `discovery.exclude`.',
    ],
    [
      { discovery: { instrument: [{ exePath: '*' }, { open_ports: 80 }] } },
      'unknown option `discovery.instrument[1].open_ports`; the nearest one is `discovery.instrument[1].openPorts`.',
    ],
    [
      { discovery, tracer: { ringbyets: 1 } },
      'unknown option `tracer.ringbyets`; the nearest one is `tracer.ringBytes`.',
    ],
  ])('names the path of an unknown option and the nearest valid one', (options, message) => {
    expect(failure(options)).toMatchObject({ code: 'UNKNOWN_OPTION', message: expect.stringContaining(message) });
  });

  it.each([
    [undefined, '`options` is missing; expected an object'],
    [[], '`options` is an empty list; expected an object'],
    [{}, '`discovery` is missing; expected an object'],
    [{ discovery: {} }, '`discovery.instrument` is missing; expected a list'],
    [{ discovery: { instrument: [] } }, '`discovery.instrument` is an empty list; expected at least one element'],
    [{ discovery: { instrument: [{}] } }, '`discovery.instrument[0]` has no criterion'],
    [{ discovery: { instrument: [{ exePath: '' }] } }, '`discovery.instrument[0].exePath` is ""; expected a text'],
    [
      { discovery: { instrument: [{ openPorts: true }] } },
      '`discovery.instrument[0].openPorts` is true; expected ports',
    ],
    [
      { discovery: { instrument: [{ openPorts: [null] }] } },
      '`discovery.instrument[0].openPorts[0]` is null; expected a port',
    ],
    [{ discovery: { instrument: [{ targetPids: [0] }] } }, '`discovery.instrument[0].targetPids[0]` is 0; expected'],
    [
      { discovery: { instrument: [{ languages: ['node'] }] } },
      '`discovery.instrument[0].languages[0]` is "node"; expected one of "go"',
    ],
    [
      { discovery: { ...discovery, pollIntervalMs: 99 } },
      '`discovery.pollIntervalMs` is 99; expected a whole number of milliseconds from 100',
    ],
    [{ discovery: { ...discovery, includeSelf: 1 } }, '`discovery.includeSelf` is 1; expected true or false'],
    [
      { discovery, tracer: { ringBytes: 5000 } },
      '`tracer.ringBytes` is 5000; expected a power of two of bytes from 4096',
    ],
    [
      { discovery, tracer: { captureBytes: 513 } },
      '`tracer.captureBytes` is 513; expected a whole number of bytes from 128 to 512',
    ],
    [{ discovery, tracer: { drainIntervalMs: 1.5 } }, '`tracer.drainIntervalMs` is 1.5; expected'],
    [
      { discovery, tracer: { source: 'kprobe' } },
      '`tracer.source` is "kprobe"; expected one of "auto", "sock_length", "syscall"',
    ],
    [
      { discovery, routes: { unmatched: 'heuristics' } },
      '`routes.unmatched` is "heuristics"; expected one of "unset", "path", "wildcard", "heuristic", "low-cardinality"',
    ],
    [{ discovery, routes: { wildcardChar: '**' } }, '`routes.wildcardChar` is "**"; expected one printable ASCII'],
    [{ discovery, routes: { wildcardChar: '/' } }, '`routes.wildcardChar` is "/"; expected one printable ASCII'],
    [
      { discovery, routes: { maxPathSegmentCardinality: -1 } },
      '`routes.maxPathSegmentCardinality` is -1; expected a whole number of words from 0 to 1000',
    ],
    [
      { discovery: { instrument: [{ openPorts: 80, routes: { incoming: '/a' } }] } },
      '`discovery.instrument[0].routes.incoming` is "/a"; expected a list',
    ],
    [{ discovery: { instrument: [{ routes: { incoming: ['/a'] } }] } }, '`discovery.instrument[0]` has no criterion'],
    [{ discovery, routes: { patterns: '/a' } }, '`routes.patterns` is "/a"; expected a list'],
    [{ discovery, processors: [{}] }, '`processors[0]` is an object; expected a function from spans to spans'],
    [{ discovery, exporters: [() => 1] }, '`exporters[0]` is a function; expected an exporter'],
    [{ discovery, signal: {} }, '`signal` is an object; expected an AbortSignal'],
    [{ discovery, recordTo: 'a', replayFrom: 'a' }, '`recordTo` is "a"; expected another file than `replayFrom`'],
    [{ discovery, recordTo: 7 }, '`recordTo` is 7; expected a text'],
  ])('refuses %j with path, what was got and what is expected', (options, message) => {
    expect(failure(options)).toMatchObject({ code: 'INVALID_OPTION', message: expect.stringContaining(message) });
  });

  it.each([
    [{ openPorts: '80-' }, 'INVALID_PORT_RANGE', 'discovery.instrument[0].openPorts'],
    [{ openPorts: 70_000 }, 'INVALID_PORT_RANGE', 'discovery.instrument[0].openPorts'],
    [{ exePathRegexp: '(?<=x)' }, 'INVALID_PATTERN', 'discovery.instrument[0].exePathRegexp'],
    [{ cmdArgs: '[' }, 'INVALID_PATTERN', 'discovery.instrument[0].cmdArgs'],
    [{ openPorts: 80, routes: { outgoing: ['a'] } }, 'INVALID_PATTERN', 'discovery.instrument[0].routes.outgoing'],
  ])('gives errors of ports and patterns the path (%j)', (entry, code, path) => {
    const error = failure({ discovery: { instrument: [entry] } });
    expect(error.code).toBe(code);
    expect(error.message).toContain(`\`${path}\``);
    expect(error.cure).not.toBe('');
  });

  it('lets a replay select nothing', () => {
    expect(resolveOptions({ discovery: { instrument: [] }, replayFrom: 'run.beyla' }).discovery.instrument).toEqual([]);
  });
});
