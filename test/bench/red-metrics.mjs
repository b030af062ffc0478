// @ts-check
// What it costs to count one span: ours, and the same attributes through a histogram of the OpenTelemetry SDK.
//
//   npm run bench -- red-metrics      (needs the TypeScript build; no privileges)
import { MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics';
import { Clock } from '../../packages/core/dist/index.js';
import { metricAttributes } from '../../packages/exporters/dist/attributes.js';
import { DURATION_BOUNDARIES, SIZE_BOUNDARIES } from '../../packages/exporters/dist/buckets.js';
import { RedMetrics } from '../../packages/exporters/dist/index.js';

const SPANS = 4_096;
const BATCH = 256;
const ROUNDS = 60;

const EXPONENTIAL = { histogramAggregation: /** @type {const} */ ('base2_exponential_bucket_histogram') };
const BOTH = { histogramAggregation: /** @type {const} */ ('explicit_and_base2_exponential') };

class ManualReader extends MetricReader {
  async onForceFlush() {}
  async onShutdown() {}
}

const spans = makeSpans('http.server');
const batches = Array.from({ length: SPANS / BATCH }, (_, i) => spans.slice(i * BATCH, (i + 1) * BATCH));
const clientSpans = makeSpans('http.client');
const clientBatches = Array.from({ length: SPANS / BATCH }, (_, i) => clientSpans.slice(i * BATCH, (i + 1) * BATCH));

const rows = [
  measure('RedMetrics.record, server (3 histograms)', () => recorder(batches)),
  measure('RedMetrics.record, client (3 histograms)', () => recorder(clientBatches)),
  measure('RedMetrics.record, server, exponential', () => recorder(batches, EXPONENTIAL)),
  measure('RedMetrics.record, server, explicit and exponential', () => recorder(batches, BOTH)),
  measure('sdk-metrics, attributes made once per series (3 histograms)', () => sdkRecorder(true)),
  measure('sdk-metrics, attributes made per span (3 histograms)', () => sdkRecorder(false)),
];

console.log(`| way | ns per span, best of ${ROUNDS} | median |\n|---|---:|---:|`);
for (const { name, best, median } of rows) console.log(`| ${name} | ${best.toFixed(0)} | ${median.toFixed(0)} |`);
console.log(`\n${SPANS} spans in batches of ${BATCH}; 20 routes × 3 methods × 3 statuses; Node ${process.version}.`);

/**
 * @param {{ kind: string }[][]} given
 * @param {import('@beyla/exporters').RedMetricsOptions} [options]
 */
function recorder(given, options) {
  const metrics = new RedMetrics(options);
  return () => {
    for (const batch of given) metrics.record(/** @type {never} */ (batch));
  };
}

/** @param {boolean} prebuilt */
function sdkRecorder(prebuilt) {
  const reader = new ManualReader();
  const meter = new MeterProvider({ readers: [reader] }).getMeter('bench');
  const histogram = (/** @type {string} */ name, /** @type {readonly number[]} */ bounds) =>
    meter.createHistogram(name, { advice: { explicitBucketBoundaries: [...bounds] } });
  const duration = histogram('duration', DURATION_BOUNDARIES);
  const requestSize = histogram('request', SIZE_BOUNDARIES);
  const responseSize = histogram('response', SIZE_BOUNDARIES);
  const made = spans.map((span) => metricAttributes(/** @type {never} */ (span), 'bench'));
  return () => {
    for (const [i, span] of spans.entries()) {
      const attributes = prebuilt ? made[i] : metricAttributes(/** @type {never} */ (span), 'bench');
      duration.record((span.endNs - span.startNs) / 1e9, attributes);
      requestSize.record(span.requestBodySize, attributes);
      responseSize.record(span.responseBodySize, attributes);
    }
  };
}

/**
 * @param {string} name
 * @param {() => () => void} prepare
 */
function measure(name, prepare) {
  const run = prepare();
  for (let i = 0; i < 5; i += 1) run();
  const times = Array.from({ length: ROUNDS }, () => {
    const before = process.hrtime.bigint();
    run();
    return Number(process.hrtime.bigint() - before) / SPANS;
  }).sort((left, right) => left - right);
  return { name, best: /** @type {number} */ (times[0]), median: /** @type {number} */ (times[ROUNDS / 2]) };
}

/** Strings are made anew for each span, as decoding the wire makes them; routes are the patterns themselves. */
function makeSpans(/** @type {string} */ kind) {
  const routes = Array.from({ length: 20 }, (_, i) => `/api/v1/resource-${i}/:id`);
  const service = { name: 'bench', namespace: '', instanceId: 'bench:1' };
  const process = {
    pid: 1,
    startTicks: 1,
    executable: '/x',
    commandLine: ['x'],
    language: 'nodejs',
    service,
    resource: {},
  };
  const clock = new Clock(0n, 0n);
  return Array.from({ length: SPANS }, (_, i) => ({
    kind,
    process,
    clock,
    startNs: 1_000_000 * i,
    readNs: 1_000_000 * i,
    endNs: 1_000_000 * i + ((i * 7919) % 50_000_000),
    local: { address: '10.0.0.1', port: 8080 },
    remote: { address: '10.0.0.2', port: 40_000 + i },
    traceId: i.toString(16).padStart(32, '0'),
    spanId: i.toString(16).padStart(16, '0'),
    traceFlags: 1,
    ignore: 'none',
    method: Buffer.from(['GET', 'POST', 'PUT'][i % 3] ?? '').toString('latin1'),
    scheme: 'http',
    host: Buffer.from(`upstream-${i % 5}.example:8080`).toString('latin1'),
    statusCode: [200, 404, 500][(i >> 2) % 3],
    route: routes[(i * 13) % 20],
    errorType: undefined,
    requestBodySize: i % 900,
    responseBodySize: (i * 31) % 20_000,
  }));
}
