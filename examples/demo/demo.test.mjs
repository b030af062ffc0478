// @ts-check
import { describe, expect, it } from 'vitest';
import { Account } from './account.mjs';
import { Histogram } from './histogram.mjs';
import { formatDuration, RedTable } from './red-table.mjs';
import { Screen } from './screen.mjs';

/** @param {Partial<Record<string, unknown>>} fields @returns {any} */
function span(fields = {}) {
  return {
    kind: 'http.server',
    process: { service: { name: 'shop' } },
    method: 'GET',
    path: '/users/7',
    route: '/users/:id',
    statusCode: 200,
    errorType: undefined,
    startNs: 0,
    endNs: 5e6,
    ...fields,
  };
}

describe('Histogram', () => {
  it('quantile() is within 3 % of the exact one', () => {
    const histogram = new Histogram();
    for (let ns = 1; ns <= 10_000; ns++) histogram.add(ns * 1000);
    for (const fraction of [0.5, 0.95, 0.99]) {
      expect(Math.abs(histogram.quantile(fraction) / (fraction * 1e7) - 1)).toBeLessThan(0.03);
    }
  });

  it('quantile() of nothing is not a number, and odd durations do no harm', () => {
    const histogram = new Histogram();
    expect(histogram.quantile(0.5)).toBeNaN();
    for (const ns of [0, -5, 1e18]) histogram.add(ns);
    expect(histogram.quantile(0.5)).toBeGreaterThan(0);
  });
});

describe('RedTable', () => {
  it('render() shows rate since the last call, errors and durations by service and route', () => {
    const table = new RedTable(0);
    table.add([span(), span({ statusCode: 500 }), span({ path: '/users/8' }), span({ path: '/users/9' })]);
    const [, row] = table.render(2000);
    expect(row?.split(/ {2,}/)).toEqual([
      'shop',
      'server',
      'GET /users/:id',
      '2.0',
      '25.0 %',
      '5.0 ms',
      '5.0 ms',
      '5.0 ms',
      '4',
    ]);
    expect(table.render(3000)[1]).toContain(' 0.0 ');
  });

  it('render() can show the rate over the whole time of the spans, which for a recording is not now', () => {
    const table = new RedTable(0);
    table.add([span(), span({ startNs: 1.5e9, endNs: 2e9 })]);
    expect(table.render(1, 'first')[1]).toContain(' 1.0 ');
  });

  it('render() counts a 404 as an error of the client, not of the server', () => {
    const table = new RedTable(0);
    table.add([span({ statusCode: 404 }), span({ statusCode: 404, kind: 'http.client' })]);
    expect(
      table
        .render(1000)
        .slice(1)
        .map((line) => / (\d+\.\d) %/.exec(line)?.[1]),
    ).toEqual(['100.0', '0.0']);
  });
});

describe('Account', () => {
  it('is exact when every row is', () => {
    const account = new Account();
    account.sent('shop', 'server', 'GET', '/users/:id', 200, 2);
    account.seen([span(), span()]);
    expect(account.exact).toBe(true);
    expect(account.render().at(-1)).toMatch(/all +2 +2 +exact/);
  });

  it('is not exact when two errors add up to the right total', () => {
    const account = new Account();
    account.sent('shop', 'server', 'GET', '/users/:id', 200, 2);
    account.seen([span(), span({ statusCode: 500 })]);
    expect(account.exact).toBe(false);
    expect(account.render().map((line) => line.split(/ +/).at(-1))).toEqual(['result', '-1', '+1', 'differs']);
  });
});

describe('Screen', () => {
  /** @param {boolean} isTTY */
  function fakeTerminal(isTTY) {
    /** @type {any} */
    const out = { isTTY, columns: 40, text: '' };
    out.write = (/** @type {string} */ text) => {
      out.text += text;
    };
    return out;
  }

  it('writes plain lines where there is no terminal', () => {
    const out = fakeTerminal(false);
    const screen = new Screen({ out, env: {} });
    screen.lines(['a exact', screen.bold('b')]);
    expect([screen.live, out.text]).toEqual([false, 'a exact\nb\n']);
  });

  it('cuts lines at the width of the terminal, and nowhere else', () => {
    const [terminal, pipe] = [fakeTerminal(true), fakeTerminal(false)];
    for (const out of [terminal, pipe]) new Screen({ out, env: { NO_COLOR: '1' } }).lines(['x'.repeat(90)]);
    expect([terminal.text.length, pipe.text.length]).toEqual([40, 91]);
  });

  it('redraws in place, without colour when NO_COLOR is set', () => {
    const out = fakeTerminal(true);
    const screen = new Screen({ out, env: { NO_COLOR: '1' } });
    screen.redraw(['one exact', 'two']);
    screen.redraw(['one exact', 'two']);
    expect(out.text).toBe('\u001b[2Kone exact\n\u001b[2Ktwo\n\u001b[2A\u001b[2Kone exact\n\u001b[2Ktwo\n');
  });

  it('colours results on a terminal', () => {
    const out = fakeTerminal(true);
    new Screen({ out, env: {} }).lines(['x exact', 'x -3']);
    expect(out.text).toBe('x \u001b[32mexact\u001b[39m\nx \u001b[31m-3\u001b[39m\n');
  });
});

describe('formatDuration()', () => {
  it.each([
    [12_300, '12 µs'],
    [1_234_000, '1.2 ms'],
    [50_400_000, '50 ms'],
    [1_500_000_000, '1.50 s'],
    [Number.NaN, '-'],
  ])('%d ns is %s', (ns, text) => expect(formatDuration(ns)).toBe(text));
});
