import { describe, expect, it } from 'vitest';
import { RandomIds } from '../spans/random-ids.ts';
import { aProcess, aSpan } from '../testing/span.ts';
import { SamplerDecorator, type SamplerDecoratorOptions } from './sampler-decorator.ts';

const PARENT = '00f067aa0ba902b7';
const cart = aProcess({ service: { name: 'cart', namespace: 'prod', instanceId: 'h:7' } });
const testCart = aProcess({ service: { name: 'cart', namespace: 'test', instanceId: 'h:8' } });

describe('SamplerDecorator', () => {
  it('sets and clears the sampled bit alone, takes no span away, and counts both', () => {
    const sampler = new SamplerDecorator({ name: 'parentbased_always_off' });
    const spans = [
      aSpan({ traceFlags: 3 }),
      aSpan({ parentSpanId: PARENT, traceFlags: 3 }),
      aSpan({ parentSpanId: PARENT, traceFlags: 2 }),
    ];
    expect(sampler.process(spans)).toBe(spans);
    expect(spans.map((span) => span.traceFlags)).toEqual([2, 3, 2]);
    expect(sampler.stats()).toEqual({ sampled: 1, unsampled: 2 });
  });

  it('always_on keeps what a caller did not', () => {
    const span = aSpan({ parentSpanId: PARENT, traceFlags: 0 });
    new SamplerDecorator({ name: 'always_on' }).process([span]);
    expect(span.traceFlags).toBe(1);
  });

  it('the last entry that fits a service decides, else the sampler of all', () => {
    const sampler = new SamplerDecorator({
      name: 'always_off',
      services: [
        { service: '*', namespace: 'prod', name: 'always_off' },
        { service: 'c*', namespace: 'prod', name: 'always_on' },
      ],
    });
    const spans = [aSpan({ process: cart }), aSpan({ process: testCart }), aSpan()];
    sampler.process(spans);
    expect(spans.map((span) => span.traceFlags)).toEqual([1, 0, 0]);
  });

  it('the sampler of a selector wins over all', () => {
    const sampler = new SamplerDecorator({ name: 'always_on', services: [{ service: '*', name: 'always_on' }] });
    const span = aSpan({ process: aProcess({ sampler: { name: 'always_off' } }), traceFlags: 1 });
    sampler.process([span]);
    expect(span.traceFlags).toBe(0);
  });

  it('all spans of a trace agree, in services of different processes', () => {
    const here = new SamplerDecorator({ name: 'traceidratio', arg: 0.5 });
    const there = new SamplerDecorator({ name: 'traceidratio', arg: 0.5 });
    const ids = new RandomIds();
    for (let i = 0; i < 200; i += 1) {
      const traceId = ids.traceId();
      const spans = [aSpan({ traceId, process: cart }), aSpan({ traceId, parentSpanId: PARENT })];
      here.process(spans.slice(0, 1));
      there.process(spans.slice(1));
      expect(spans[0]?.traceFlags).toBe(spans[1]?.traceFlags);
    }
    expect(here.stats()).toEqual(there.stats());
    expect(here.stats().sampled).toBeGreaterThan(0);
    expect(here.stats().unsampled).toBeGreaterThan(0);
  });

  it.each<[unknown, string, RegExp]>([
    [{ name: 'never' }, 'INVALID_OPTION', /sampler\.name/],
    [{ services: [{ service: 'a', name: 'never' }] }, 'INVALID_OPTION', /sampler\.services\[0\]\.name/],
    [{ services: [{ name: 'always_on' }] }, 'INVALID_OPTION', /sampler\.services\[0\]\.service/],
    [{ services: [{ service: '[', name: 'always_on' }] }, 'INVALID_PATTERN', /sampler\.services\[0\]\.service/],
    [{ service: [] }, 'UNKNOWN_OPTION', /`service`/],
  ])('refuses %j with %s', (options, code, message) => {
    expect(() => new SamplerDecorator(options as SamplerDecoratorOptions)).toThrowError(
      expect.objectContaining({ code, message: expect.stringMatching(message) }),
    );
  });
});
