import { type Beyla, isHttpSpan, type RequestSpan } from '@beyla/core';
import type { TruthRecord } from './truth-client.mjs';

/** What identifies a request: method, target as sent, and status, e.g. `GET /users/7 200`; of gRPC path and status, e.g. `/shop.Cart/Add 0`. */
export function spanKey(span: RequestSpan): string {
  if (!isHttpSpan(span)) return `${span.path} ${span.grpcStatus ?? -1}`;
  const target = span.query === undefined ? span.path : `${span.path}?${span.query}`;
  return `${span.method} ${target} ${span.statusCode ?? 0}`;
}

export function recordKey(record: TruthRecord): string {
  return `${record.method} ${record.path} ${record.status}`;
}

/** How often each key occurs, in the order of the keys. */
export function countBy<T>(items: readonly T[], key: (item: T) => string): Record<string, number> {
  const counts = new Map<string, number>();
  for (const item of items) {
    counts.set(key(item), (counts.get(key(item)) ?? 0) + 1);
  }
  return Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
}

export function ofKind<K extends RequestSpan['kind']>(
  spans: readonly RequestSpan[],
  kind: K,
): Extract<RequestSpan, { kind: K }>[] {
  return spans.filter((span): span is Extract<RequestSpan, { kind: K }> => span.kind === kind);
}

/** Everything the library says it dropped, for any reason. */
export function totalDrops(beyla: Beyla): number {
  return Object.values(beyla.stats().drops).reduce((sum, count) => sum + count, 0);
}

function groupByPort<T>(items: readonly T[], port: (item: T) => number): Map<number, T[]> {
  const groups = new Map<number, T[]>();
  for (const item of items) {
    const group = groups.get(port(item));
    if (group === undefined) {
      groups.set(port(item), [item]);
    } else {
      group.push(item);
    }
  }
  return groups;
}

/**
 * Pairs every request of the client's log with its server span: the k-th request of a client port is the k-th span of that port.
 * Throws where they are not the same requests.
 */
export function pair(
  records: readonly TruthRecord[],
  spans: readonly RequestSpan[],
): { record: TruthRecord; span: RequestSpan }[] {
  const byPort = groupByPort(spans, (span) => span.remote.port);
  const pairs: { record: TruthRecord; span: RequestSpan }[] = [];
  for (const [port, sent] of groupByPort(records, (record) => record.port)) {
    const seen = (byPort.get(port) ?? []).toSorted((a, b) => a.startNs - b.startNs || a.endNs - b.endNs);
    sent.sort((a, b) => a.sendNs - b.sendNs || a.number - b.number);
    for (const [index, record] of sent.entries()) {
      const span = seen[index];
      if (span === undefined || spanKey(span) !== recordKey(record)) {
        throw new Error(
          `request ${index + 1} of client port ${port} was ${recordKey(record)}, its span is ${span && spanKey(span)}`,
        );
      }
      pairs.push({ record, span });
    }
  }
  return pairs;
}
