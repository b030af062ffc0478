// SPDX-License-Identifier: Apache-2.0
import { report } from './report.mjs';
import { drive, spanKey, startServers, Tally } from './workload.mjs';

const SPANS_LIMIT_MS = 20_000;
const QUIET_MS = 1_000;

/** Runs the load under each source and reports whether the spans equal the client's log. */
export async function runSources(sources) {
  const { createBeyla } = await import('@beyla/core');
  for (const source of sources) await runSource(createBeyla, source);
}

async function runSource(createBeyla, source) {
  const servers = await startServers();
  try {
    const seen = new Tally();
    const faults = [];
    let beyla;
    try {
      beyla = await createBeyla({ discovery: { instrument: [{ targetPids: servers.pids }] }, tracer: { source } });
    } catch (error) {
      report({
        type: 'source',
        source,
        verdict: 'refused',
        code: error.code ?? 'none',
        message: String(error.message),
      });
      return;
    }
    beyla.on('span', (spans) => {
      for (const span of [spans].flat()) {
        seen.add(spanKey(span));
        if (!inOrder(span))
          faults.push(`times of ${spanKey(span)}: ${span.startNs} ${span.readNs} ${span.firstByteNs} ${span.endNs}`);
      }
    });
    const log = await drive(servers.ports);
    await settle(() => seen.total, log.total);
    await beyla.close();
    faults.push(...differences(log, seen));
    report({
      type: 'source',
      source,
      verdict: faults.length === 0 ? 'exact' : 'wrong',
      requests: log.total,
      spans: seen.total,
      faults: faults.slice(0, 20),
    });
  } finally {
    await servers.close();
  }
}

function inOrder(span) {
  return (
    span.kind === 'http.server' &&
    span.startNs > 0 &&
    span.startNs <= span.readNs &&
    span.readNs <= span.firstByteNs &&
    span.firstByteNs <= span.endNs
  );
}

/** Waits for the expected number, then for a quiet time in which a surplus would show. */
async function settle(count, expected) {
  const limitMs = performance.now() + SPANS_LIMIT_MS;
  while (count() < expected && performance.now() < limitMs) await new Promise((resolve) => setTimeout(resolve, 50));
  await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
}

function differences(log, seen) {
  return [...new Set([...log.keys(), ...seen.keys()])]
    .filter((key) => log.get(key) !== seen.get(key))
    .map((key) => `${key}: client ${log.get(key) ?? 0}, spans ${seen.get(key) ?? 0}`);
}
