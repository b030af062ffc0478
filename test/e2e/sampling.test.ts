import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import type { ProcessSelector } from '@beyla/core';
import { OtlpMetricExporter, OtlpTraceExporter } from '@beyla/exporters';
import { describe, expect, it, onTestFinished } from 'vitest';
import { needsBpf } from '../support/capability.ts';
import { OtlpSink } from '../support/otlp-sink.ts';
import { runNode } from '../support/run-app.mjs';
import { use } from '../support/use.ts';
import { watch } from '../support/with-beyla.ts';

type Sampler = NonNullable<ProcessSelector['sampler']>;

interface Outcome {
  /** Ids of the traces that the back end got, by service. */
  readonly traces: ReadonlyMap<string, ReadonlySet<string>>;
  /** Requests in its metrics, by service. */
  readonly counted: ReadonlyMap<string, number>;
}

interface Call {
  readonly traceId: string;
  /** W3C trace flags of the caller; undefined: it sends no `traceparent`. */
  readonly flags: '00' | '01' | undefined;
}

function calls(count: number, flags: Call['flags']): Call[] {
  return Array.from({ length: count }, () => ({ traceId: randomBytes(16).toString('hex'), flags }));
}

/** Whether `traceidratio` keeps it: the lower half of the id is below that share of its range. */
function isBelow(traceId: string, ratio: number): boolean {
  return Number(BigInt(`0x${traceId.slice(16)}`)) / 2 ** 64 < ratio;
}

/** Two services that are both called in every trace, each with a sampler of its own; a real receiver gets what is left. */
async function callBoth(samplers: Readonly<Record<'cart' | 'shop', Sampler>>, sent: readonly Call[]): Promise<Outcome> {
  const sink = new OtlpSink();
  await sink.start();
  onTestFinished(() => sink.close());
  const [cart, shop] = [use(await runNode()), use(await runNode())];
  const options = { endpoint: sink.endpoint, protocol: 'http/protobuf' } as const;
  const watching = use(
    await watch({
      discovery: {
        instrument: [
          { targetPids: [cart.pid], name: 'cart', sampler: samplers.cart },
          { targetPids: [shop.pid], name: 'shop', sampler: samplers.shop },
        ],
      },
      // What no selector says: nothing would be kept.
      sampler: { name: 'always_off' },
      exporters: [new OtlpTraceExporter(options), new OtlpMetricExporter({ ...options, intervalMs: 3_600_000 })],
    }),
  );
  await watching.started(({ pid }) => pid === cart.pid);
  await watching.started(({ pid }) => pid === shop.pid);
  const agent = new Agent({ keepAlive: true, maxSockets: 4 });
  onTestFinished(() => agent.destroy());
  for (const { traceId, flags } of sent) {
    for (const { port } of [cart, shop]) {
      const parent = flags === undefined ? {} : { traceparent: `00-${traceId}-${'1'.repeat(16)}-${flags}` };
      const outgoing = request({ port, path: '/users/7', agent, headers: parent }).end();
      const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
      response.resume();
      await once(response, 'end');
    }
  }
  await watching.settled(2 * sent.length);
  await watching.finish();
  const traces = new Map<string, Set<string>>([
    ['cart', new Set()],
    ['shop', new Set()],
  ]);
  for (const { resource, traceId, name } of sink.spans) {
    if (name.startsWith('GET')) traces.get(String(resource['service.name']))?.add(traceId);
  }
  const counted = new Map<string, number>();
  for (const { metric, resource, count } of sink.points) {
    // Cumulative: of several exports the last one says it all.
    if (metric === 'http.server.request.duration') counted.set(String(resource['service.name']), count);
  }
  return { traces, counted };
}

const ALL = new Map([
  ['cart', 100],
  ['shop', 100],
]);

describe('samplers of single services', needsBpf, () => {
  it('traceidratio keeps the same traces in every service, and more of them with a larger share; metrics count all', async () => {
    const sent = calls(100, '01');
    const { traces, counted } = await callBoth(
      { cart: { name: 'traceidratio', arg: 0.3 }, shop: { name: 'traceidratio', arg: 0.6 } },
      sent,
    );
    const kept = (ratio: number): Set<string> =>
      new Set(sent.map(({ traceId }) => traceId).filter((traceId) => isBelow(traceId, ratio)));
    expect(traces.get('cart')).toEqual(kept(0.3));
    expect(traces.get('shop')).toEqual(kept(0.6));
    expect(counted).toEqual(ALL);
  });

  it('parentbased obeys the caller, so a trace is whole or not there; metrics count all', async () => {
    const sampled = calls(50, '01');
    const unsampled = calls(50, '00');
    const { traces, counted } = await callBoth(
      { cart: { name: 'parentbased_traceidratio', arg: 0.1 }, shop: { name: 'parentbased_always_off' } },
      sampled.flatMap((call, i) => [call, unsampled[i] as Call]),
    );
    const wanted = new Set(sampled.map(({ traceId }) => traceId));
    expect(traces.get('cart')).toEqual(wanted);
    expect(traces.get('shop')).toEqual(wanted);
    expect(counted).toEqual(ALL);
  });

  it('where no caller decided, the rest of the name does', async () => {
    const { traces, counted } = await callBoth(
      { cart: { name: 'parentbased_traceidratio', arg: 0.5 }, shop: { name: 'parentbased_always_off' } },
      calls(100, undefined),
    );
    const kept = [...(traces.get('cart') ?? [])];
    expect(kept.every((traceId) => isBelow(traceId, 0.5))).toBe(true);
    // Six standard deviations of a binomial distribution.
    expect(Math.abs(kept.length - 50)).toBeLessThan(30);
    expect(traces.get('shop')).toEqual(new Set());
    expect(counted).toEqual(ALL);
  });
});
