import { describe, expect, it } from 'vitest';
import { aProcess, aSpan } from '../testing/span.ts';
import { markExportedSignals } from './exported-signals.ts';

describe('markExportedSignals()', () => {
  it.each([
    [['metrics', 'traces'], 'none', 'none'],
    [['metrics', 'traces'], 'metrics', 'metrics'],
    [['metrics'], 'none', 'traces'],
    [['metrics'], 'traces', 'traces'],
    [['metrics'], 'metrics', 'all'],
    [['traces'], 'none', 'metrics'],
    [['traces'], 'traces', 'all'],
    [[], 'none', 'all'],
  ] as const)('with only %j wanted and `%s` ignored already, ignores `%s`', (exports, before, after) => {
    const span = aSpan({ process: aProcess({ exports }), ignore: before });
    markExportedSignals([span]);
    expect(span.ignore).toBe(after);
  });

  it('leaves alone what no selector speaks of', () => {
    const span = aSpan({ ignore: 'metrics' });
    markExportedSignals([span]);
    expect(span.ignore).toBe('metrics');
  });
});
