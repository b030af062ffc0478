// node examples/prometheus/main.mjs 8080 [9464]
import { createBeyla } from '@beyla/core';
import { PrometheusExporter } from '@beyla/exporters';

const port = Number(process.argv[3] ?? 9464);
const beyla = await createBeyla({
  discovery: { instrument: [{ openPorts: process.argv[2] ?? '8080' }] },
  routes: { patterns: ['/users/:id', '/static/*'], unmatched: 'wildcard' },
  exporters: [new PrometheusExporter({ host: '127.0.0.1', port })],
});
console.log(`scrape http://127.0.0.1:${port}/metrics`);
const running = setInterval(() => undefined, 1 << 30);
process.once('SIGINT', () => void beyla.close().then(() => clearInterval(running)));
