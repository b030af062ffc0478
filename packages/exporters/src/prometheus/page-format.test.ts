import { describe, expect, it } from 'vitest';
import { preferredFormat } from './page-format.ts';

describe('preferredFormat()', () => {
  it('is OpenMetrics for the Accept header of Prometheus', () => {
    const prometheus =
      'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1';
    expect(preferredFormat(prometheus)).toBe('openmetrics');
    const withNative = `application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited,${prometheus}`;
    expect(preferredFormat(withNative)).toBe('protobuf');
    expect(preferredFormat(withNative, false)).toBe('openmetrics');
  });

  it.each([
    [undefined, 'text'],
    ['', 'text'],
    ['*/*', 'text'],
    ['text/html,application/xhtml+xml', 'text'],
    ['application/openmetrics-text', 'openmetrics'],
    ['Application/OpenMetrics-Text; Version=1.0.0', 'openmetrics'],
    ['application/openmetrics-text; version=0.0.1', 'text'],
    ['application/openmetrics-text;q=0.3, text/plain;q=0.4', 'text'],
    ['application/openmetrics-text;q=0', 'text'],
    ['application/vnd.google.protobuf', 'text'],
    ['application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=text', 'text'],
    ['text/plain;q=x,application/openmetrics-text;q=0.1', 'openmetrics'],
  ])('takes %j for %s', (accept, format) => {
    expect(preferredFormat(accept)).toBe(format);
  });
});
