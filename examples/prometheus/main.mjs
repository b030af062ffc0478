// node examples/prometheus/main.mjs 8080
import { createBeyla } from '@beyla/core';
import { PrometheusExporter } from '@beyla/exporters';

const beyla = await createBeyla({
  discovery: { instrument: [{ openPorts: process.argv[2] ?? '8080' }] },
  routes: { patterns: ['/users/:id', '/static/*'], unmatched: 'wildcard' },
  exporters: [new PrometheusExporter({ host: '127.0.0.1', port: 9464 })],
});
console.log('scrape http://127.0.0.1:9464/metrics');
const running = setInterval(() => undefined, 1 << 30);
process.once('SIGINT', () => void beyla.close().then(() => clearInterval(running)));
