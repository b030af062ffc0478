// @ts-check
import { isHttpSpan, isServerSpan } from '@beyla/core';
import { Histogram } from './histogram.mjs';
import { textTable } from './text-table.mjs';

/** @typedef {import('@beyla/core').RequestSpan} RequestSpan */

const HEADINGS = ['service', 'kind', 'route', 'req/s>', 'errors>', 'p50>', 'p95>', 'p99>', 'total>'];

/** @param {number} ns */
export function formatDuration(ns) {
  if (Number.isNaN(ns)) return '-';
  if (ns < 1e6) return `${(ns / 1e3).toFixed(0)} µs`;
  return ns < 1e9 ? `${(ns / 1e6).toFixed(ns < 1e7 ? 1 : 0)} ms` : `${(ns / 1e9).toFixed(2)} s`;
}

/** @param {RequestSpan} span server: 5xx; client: 4xx and 5xx, as OpenTelemetry counts errors; gRPC: any but OK */
function isError(span) {
  if (!isHttpSpan(span)) return span.grpcStatus !== 0;
  const { statusCode, errorType, kind } = span;
  return errorType !== undefined || statusCode === undefined || statusCode >= (kind === 'http.client' ? 400 : 500);
}

/** Rate, errors and duration by service and route, as the spans come in. */
export class RedTable {
  /** @type {Map<string, { labels: string[], requests: number, before: number, errors: number, durations: Histogram }>} */
  #rows = new Map();
  #countedAtMs;
  #firstNs = Number.POSITIVE_INFINITY;
  #lastNs = 0;

  /** @param {number} nowMs */
  constructor(nowMs) {
    this.#countedAtMs = nowMs;
  }

  /** @param {readonly RequestSpan[]} spans */
  add(spans) {
    for (const span of spans) {
      const route = isHttpSpan(span) ? `${span.method} ${span.route ?? span.path}` : span.path;
      const labels = [span.process.service.name, isServerSpan(span) ? 'server' : 'client', route];
      const key = labels.join(' ');
      let row = this.#rows.get(key);
      if (row === undefined) {
        row = { labels, requests: 0, before: 0, errors: 0, durations: new Histogram() };
        this.#rows.set(key, row);
      }
      row.requests += 1;
      this.#firstNs = Math.min(this.#firstNs, span.startNs);
      this.#lastNs = Math.max(this.#lastNs, span.endNs);
      row.errors += isError(span) ? 1 : 0;
      row.durations.add(span.endNs - span.startNs);
    }
  }

  /**
   * Lines of the table; rates are since the last call, or over the time from the first span to the last.
   *
   * @param {number} nowMs @param {'last' | 'first'} since
   * @returns {string[]}
   */
  render(nowMs, since = 'last') {
    const elapsedMs = since === 'last' ? nowMs - this.#countedAtMs : (this.#lastNs - this.#firstNs) / 1e6;
    const seconds = Math.max(1, elapsedMs) / 1000;
    this.#countedAtMs = nowMs;
    const rows = [...this.#rows]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, row]) => {
        const rate = (row.requests - (since === 'last' ? row.before : 0)) / seconds;
        row.before = row.requests;
        return [
          ...row.labels,
          rate.toFixed(rate < 10 ? 1 : 0),
          `${((100 * row.errors) / row.requests).toFixed(1)} %`,
          formatDuration(row.durations.quantile(0.5)),
          formatDuration(row.durations.quantile(0.95)),
          formatDuration(row.durations.quantile(0.99)),
          String(row.requests),
        ];
      });
    return textTable(HEADINGS, rows);
  }
}
