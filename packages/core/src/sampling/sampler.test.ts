import { afterEach, describe, expect, it, vi } from 'vitest';
import { RandomIds } from '../spans/random-ids.ts';
import { createSampler, type SamplerOptions } from './sampler.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';

/** What root, child of a sampled and child of an unsampled span get. */
function decisions(options: SamplerOptions): boolean[] {
  const sample = createSampler(options, 'sampler');
  return [undefined, true, false].map((parent) => sample(TRACE, parent));
}

describe('createSampler', () => {
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  it.each<[SamplerOptions, boolean[]]>([
    [{}, [true, true, false]],
    [{ name: 'always_on' }, [true, true, true]],
    [{ name: 'always_off' }, [false, false, false]],
    [{ name: 'traceidratio' }, [true, true, true]],
    [{ name: 'traceidratio', arg: 0 }, [false, false, false]],
    [{ name: 'parentbased_always_on' }, [true, true, false]],
    [{ name: 'parentbased_always_off' }, [false, true, false]],
    [{ name: 'parentbased_traceidratio', arg: 0 }, [false, true, false]],
    [{ name: 'parentbased_traceidratio', arg: 1 }, [true, true, false]],
  ])('%j decides for a root, for the child of a sampled and of an unsampled span', (options, expected) => {
    expect(decisions(options)).toEqual(expected);
  });

  it('traceidratio decides exactly as 64-bit arithmetic on the lower half of the id does', () => {
    const ids = new RandomIds();
    const sampled = createSampler({ name: 'traceidratio', arg: 0.25 }, 'sampler');
    const bound = 1n << 62n;
    const traces = Array.from({ length: 10_000 }, () => ids.traceId());
    for (const trace of traces) {
      expect(sampled(trace, undefined)).toBe(BigInt(`0x${trace.slice(16)}`) < bound);
    }
    // Five standard deviations of a binomial distribution.
    const kept = traces.filter((trace) => sampled(trace, undefined)).length;
    expect(Math.abs(kept - 2_500)).toBeLessThan(217);
  });

  it('a trace that a small ratio keeps, every larger one keeps', () => {
    const ids = new RandomIds();
    const ratios = [0.01, 0.1, 0.5, 0.9].map((arg) => createSampler({ name: 'traceidratio', arg }, 'sampler'));
    for (let i = 0; i < 1_000; i += 1) {
      const trace = ids.traceId();
      const kept = ratios.map((sample) => sample(trace, undefined));
      expect(kept).toEqual(kept.toSorted((left, right) => Number(left) - Number(right)));
    }
  });

  it('takes name and argument from the environment, unless options name a sampler', () => {
    vi.stubEnv('OTEL_TRACES_SAMPLER', 'traceidratio');
    vi.stubEnv('OTEL_TRACES_SAMPLER_ARG', '0');
    expect(decisions({})).toEqual([false, false, false]);
    expect(decisions({ arg: 1 })).toEqual([true, true, true]);
    expect(decisions({ name: 'traceidratio' })).toEqual([true, true, true]);
  });

  it.each([
    ['jaeger_remote', '0.5'],
    ['parentbased_always_on', 'half'],
    ['', ''],
  ])('OTEL_TRACES_SAMPLER=%j with the argument %j does not stop it', (name, arg) => {
    vi.stubEnv('OTEL_TRACES_SAMPLER', name);
    vi.stubEnv('OTEL_TRACES_SAMPLER_ARG', arg);
    expect(decisions({})).toEqual([true, true, false]);
  });

  it.each<[unknown, string, RegExp]>([
    [{ name: 'sometimes' }, 'INVALID_OPTION', /sampler\.name must be one of always_on, /],
    [{ name: 'traceidratio', arg: 1.5 }, 'INVALID_OPTION', /sampler\.arg must be a number from 0 to 1, not `1\.5`/],
    [{ name: 'traceidratio', arg: '0.5' }, 'INVALID_OPTION', /sampler\.arg/],
    [{ ratio: 1 }, 'UNKNOWN_OPTION', /`ratio`/],
  ])('refuses %j with %s', (options, code, message) => {
    const make = () => createSampler(options as SamplerOptions, 'sampler');
    expect(make).toThrowError(expect.objectContaining({ code, message: expect.stringMatching(message) }));
  });
});
