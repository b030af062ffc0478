import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseTextFormat } from '../../../../test/support/prometheus-text.ts';
import { aProcess, aSpan } from '../../../core/src/testing/span.ts';
import { RedMetrics } from '../red-metrics.ts';
import { labelsOf } from './labels.ts';
import { TextFormat } from './text-format.ts';

const COMMON = new Map([
  ['service_name', 'shop'],
  ['job', 'shop'],
]);

function of(attributes: Record<string, string>): Record<string, string> {
  return Object.fromEntries(labelsOf(attributes, COMMON));
}

describe('labelsOf()', () => {
  it('gives each label once, whatever the attributes are called', () => {
    expect(of({ 'a.b': '1', a_b: '2', 'a-b': '2' })).toEqual({ a_b: '2;1' });
    expect(of({ 'a-b': '2', a_b: '2', 'a.b': '1' })).toEqual({ a_b: '2;1' });
  });

  it('leaves the labels of the service to the service', () => {
    expect(of({ 'service.name': 'shop', job: 'other' })).toEqual({ exported_job: 'other' });
    expect(of({ job: 'a', exported_job: 'b' })).toEqual({ exported_job: 'b;a' });
  });

  it('leaves those of the format to the format', () => {
    expect(of({ le: '1', quantile: '2' })).toEqual({ exported_le: '1', exported_quantile: '2' });
    expect(of({ __name__: 'x', __: 'y', '9': 'z', '': 'w' })).toEqual({ _9: 'z', _name__: 'x', _: 'w;y' });
  });
});

describe('a page', () => {
  const names = fc.oneof(
    fc.constantFrom(
      '__name__',
      'le',
      'job',
      'instance',
      'service.name',
      'service_name',
      '__',
      'a.b',
      'a_b',
      'é',
      '',
      'valueOf',
    ),
    fc.string(),
  );

  it('can be read whatever a process says of itself and whatever of it is on every series', () => {
    fc.assert(
      fc.property(fc.dictionary(names, fc.string({ unit: 'binary' })), fc.array(names), (resource, wanted) => {
        const process = aProcess({ resource });
        const metrics = new RedMetrics({
          features: ['application', 'application_span', 'application_span_otel', 'application_service_graph'],
          spanResourceAttributes: wanted,
        });
        metrics.record([aSpan({ process }), aSpan({ process, statusCode: 500 })]);
        const { samples } = parseTextFormat([...new TextFormat().write(metrics.services())].join(''));
        expect(samples.filter(({ labels }) => '__name__' in labels)).toEqual([]);
      }),
    );
  });

  it('stays small whatever lengths who sends requests chooses', () => {
    const metrics = new RedMetrics({
      features: ['application', 'application_span', 'application_service_graph'],
      select: { '*': { include: ['*'] } },
    });
    const long = (index: number): string => `${'x'.repeat(100_000)}${index}`;
    for (let index = 0; index < 50; index++) {
      metrics.record([
        aSpan({ path: `/${long(index)}`, route: `/${long(index)}` }),
        aSpan({ kind: 'http.client', host: `${long(index)}`, route: `/${index}` }),
      ]);
    }
    const page = [...new TextFormat().write(metrics.services())].join('');
    expect(page.length).toBeLessThan(4_000_000);
    expect(metrics.stats()['texts_cut']).toBeGreaterThan(100);
    parseTextFormat(page);
  });
});
