import { describe, expect, it } from 'vitest';
import { nearest } from './nearest.ts';

describe('nearest()', () => {
  it.each([
    ['exlude', 'exclude'],
    ['open_ports', 'openPorts'],
    ['opneports', 'openPorts'],
    ['instruments', 'instrument'],
    ['', 'exclude'],
  ])('takes %j for %j', (word, expected) => {
    expect(nearest(word, ['exclude', 'openPorts', 'instrument', 'pollIntervalMs'])).toBe(expected);
  });

  it('answers nothing when there is nothing to choose from', () => {
    expect(nearest('x', [])).toBeUndefined();
  });
});
