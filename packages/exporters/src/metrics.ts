import type { RequestSpan } from '@beyla/core';

/** One metric of the HTTP semantic conventions. */
export interface MetricDefinition {
  /** OpenTelemetry name. */
  readonly name: string;
  readonly unit: 's' | 'By';
  readonly description: string;
  readonly kind: RequestSpan['kind'];
  /** Which histogram of a series. */
  readonly value: 'duration' | 'requestBodySize' | 'responseBodySize';
}

/** Everything `RedMetrics` counts. */
export const METRICS: readonly MetricDefinition[] = [
  {
    name: 'http.server.request.duration',
    unit: 's',
    description: 'Duration of HTTP server requests.',
    kind: 'http.server',
    value: 'duration',
  },
  {
    name: 'http.server.request.body.size',
    unit: 'By',
    description: 'Size of HTTP server request bodies.',
    kind: 'http.server',
    value: 'requestBodySize',
  },
  {
    name: 'http.server.response.body.size',
    unit: 'By',
    description: 'Size of HTTP server response bodies.',
    kind: 'http.server',
    value: 'responseBodySize',
  },
  {
    name: 'http.client.request.duration',
    unit: 's',
    description: 'Duration of HTTP client requests.',
    kind: 'http.client',
    value: 'duration',
  },
  {
    name: 'http.client.request.body.size',
    unit: 'By',
    description: 'Size of HTTP client request bodies.',
    kind: 'http.client',
    value: 'requestBodySize',
  },
  {
    name: 'http.client.response.body.size',
    unit: 'By',
    description: 'Size of HTTP client response bodies.',
    kind: 'http.client',
    value: 'responseBodySize',
  },
];
