// node examples/custom-processor/main.mjs 8080
import { createBeyla, isHttpSpan } from '@beyla/core';
import { ConsoleExporter } from '@beyla/exporters';

const SLOW_NS = 100e6;

/** Keeps errors and slow requests, and says which team they belong to. */
function keepWhatMatters(spans) {
  return spans.filter((span) => {
    const isFailure = isHttpSpan(span) ? (span.statusCode ?? 0) >= 500 : span.grpcStatus !== 0;
    const matters = isFailure || span.endNs - span.startNs > SLOW_NS;
    if (matters)
      span.attributes = { ...span.attributes, 'team.name': span.path.startsWith('/pay') ? 'payments' : 'shop' };
    return matters;
  });
}

const beyla = await createBeyla({
  discovery: { instrument: [{ openPorts: process.argv[2] ?? '8080' }] },
  processors: [keepWhatMatters],
  exporters: [new ConsoleExporter({ format: 'json' })],
});
const running = setInterval(() => undefined, 1 << 30);
process.once('SIGINT', () => void beyla.close().then(() => clearInterval(running)));
