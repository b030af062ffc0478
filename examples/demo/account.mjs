// @ts-check
import { isHttpSpan, isServerSpan } from '@beyla/core';
import { textTable } from './text-table.mjs';

const HEADINGS = ['service', 'kind', 'method', 'route', 'status', 'sent>', 'seen>', 'result'];

/** What the clients sent against what was seen, by service, kind, method, route and status. */
export class Account {
  /** @type {Map<string, { labels: string[], sent: number, seen: number }>} */
  #rows = new Map();

  /** @param {readonly string[]} labels */
  #row(labels) {
    const key = labels.join(' ');
    let row = this.#rows.get(key);
    if (row === undefined) {
      row = { labels: [...labels], sent: 0, seen: 0 };
      this.#rows.set(key, row);
    }
    return row;
  }

  /** @param {string} service @param {'server' | 'client'} kind @param {string} method @param {string} route @param {number | string} status */
  sent(service, kind, method, route, status, count = 1) {
    this.#row([service, kind, method, route, String(status)]).sent += count;
  }

  /** @param {readonly import('@beyla/core').RequestSpan[]} spans */
  seen(spans) {
    for (const span of spans) {
      const [side, service] = [isServerSpan(span) ? 'server' : 'client', span.process.service.name];
      const [place, status] = isHttpSpan(span)
        ? [span.route ?? span.path, span.statusCode]
        : [span.path, span.grpcStatus];
      this.#row([service, side, span.method, place, String(status ?? '-')]).seen += 1;
    }
  }

  /** What was sent, as rows to be kept beside a recording. */
  sentRows() {
    return [...this.#rows.values()].map(({ labels, sent }) => [...labels, sent]);
  }

  get totalSent() {
    return this.#sum((row) => row.sent);
  }

  get totalSeen() {
    return this.#sum((row) => row.seen);
  }

  get exact() {
    return [...this.#rows.values()].every((row) => row.sent === row.seen);
  }

  /** @returns {string[]} */
  render() {
    const rows = [...this.#rows]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, { labels, sent, seen }]) => {
        const difference = seen - sent;
        const result = difference === 0 ? 'exact' : `${difference > 0 ? '+' : ''}${difference}`;
        return [...labels, String(sent), String(seen), result];
      });
    const { totalSent, totalSeen, exact } = this;
    rows.push(['all', '', '', '', '', String(totalSent), String(totalSeen), exact ? 'exact' : 'differs']);
    return textTable(HEADINGS, rows);
  }

  /** @param {(row: { sent: number, seen: number }) => number} value */
  #sum(value) {
    let sum = 0;
    for (const row of this.#rows.values()) sum += value(row);
    return sum;
  }
}
