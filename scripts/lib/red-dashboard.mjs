// SPDX-License-Identifier: Apache-2.0
// @ts-check
/**
 * What the dashboard shows, in our words; `toGrafana` says it in Grafana's.
 *
 * @typedef {object} Query
 * @property {string} expr PromQL; `$service` is the choice of services, `$__rate_interval` Grafana's interval
 * @property {string} legend
 *
 * @typedef {object} Panel
 * @property {string} title
 * @property {string} description
 * @property {'timeseries' | 'table'} type
 * @property {'reqps' | 'percentunit' | 's' | 'binBps'} unit
 * @property {8 | 12 | 24} width of 24
 * @property {readonly Query[]} queries
 *
 * @typedef {object} Row
 * @property {string} title
 * @property {readonly Panel[]} panels
 */

const HEIGHT = 8;
const WIDTH = 24;
const SERVICES = '{service_name=~"$service"}';
const FAILED = '{service_name=~"$service",error_type!=""}';

/**
 * A histogram of the conventions that are in force, by its names: which one there is OTEL_SEMCONV_STABILITY_OPT_IN decides.
 *
 * @param {'http' | 'rpc'} protocol @param {'server' | 'client'} side @returns {readonly string[]}
 */
function durationOf(protocol, side) {
  if (protocol === 'http') return [`http_${side}_request_duration_seconds`];
  return [`rpc_${side}_duration_seconds`, `rpc_${side}_call_duration_seconds`];
}

/** @param {readonly string[]} metrics of which the first that there is counts @param {string} labels @param {string} [by] */
function rate(metrics, labels, by = 'service_name') {
  const rates = metrics.map((metric) => `sum by (${by}) (rate(${metric}${labels}[$__rate_interval]))`);
  const either = rates.join(' or ');
  return rates.length === 1 ? either : `(${either})`;
}

/** @param {number} quantile @param {readonly string[]} metrics @param {string} by */
function quantile(quantile, metrics, by) {
  return `histogram_quantile(${quantile}, ${rate(suffixed(metrics, 'bucket'), SERVICES, `le, ${by}`)})`;
}

/** @param {readonly string[]} metrics @param {'bucket' | 'count'} suffix */
function suffixed(metrics, suffix) {
  return metrics.map((metric) => `${metric}_${suffix}`);
}

const FAILURES = {
  http: { server: 'status 5xx or no answer', client: 'status 4xx, 5xx or no answer' },
  rpc: { server: 'a status that says the server failed, or no answer', client: 'every status but OK, or no answer' },
};

/** Rate, errors and duration of one direction. @param {string} title @param {'http' | 'rpc'} protocol @param {'server' | 'client'} side @returns {Row} */
function red(title, protocol, side) {
  const metrics = durationOf(protocol, side);
  const total = rate(suffixed(metrics, 'count'), SERVICES);
  const failed = rate(suffixed(metrics, 'count'), FAILED);
  return {
    title,
    panels: [
      {
        title: 'Rate',
        description: 'Requests per second.',
        type: 'timeseries',
        unit: 'reqps',
        width: 8,
        queries: [{ expr: total, legend: '{{service_name}}' }],
      },
      {
        title: 'Errors',
        description: `Share of requests that failed: ${FAILURES[protocol][side]}.`,
        type: 'timeseries',
        unit: 'percentunit',
        width: 8,
        // A service without failures has no such series: it is 0, not unknown.
        queries: [{ expr: `(${failed} or 0 * ${total}) / ${total}`, legend: '{{service_name}}' }],
      },
      {
        title: 'Duration',
        description: 'How long half, 95 % and 99 % of the requests took at most.',
        type: 'timeseries',
        unit: 's',
        width: 8,
        queries: [0.5, 0.95, 0.99].map((share) => ({
          expr: quantile(share, metrics, 'service_name'),
          legend: `p${share * 100} {{service_name}}`,
        })),
      },
    ],
  };
}

/** The ten slowest and busiest of what servers are asked for. @param {'http' | 'rpc'} protocol @param {string} things @param {string} label @returns {Panel[]} */
function top(protocol, things, label) {
  const metrics = durationOf(protocol, 'server');
  const by = `service_name, ${label}`;
  return [
    {
      title: `Slowest ${things}`,
      description: `The ten ${things} with the longest 95 % quantile.`,
      type: 'table',
      unit: 's',
      width: 12,
      queries: [{ expr: `topk(10, ${quantile(0.95, metrics, by)})`, legend: '' }],
    },
    {
      title: `Busiest ${things}`,
      description: `The ten ${things} with the most requests per second.`,
      type: 'table',
      unit: 'reqps',
      width: 12,
      queries: [{ expr: `topk(10, ${rate(suffixed(metrics, 'count'), SERVICES, by)})`, legend: '' }],
    },
  ];
}

/** @type {readonly Row[]} */
export const ROWS = [
  red('Inbound HTTP: what services answered', 'http', 'server'),
  {
    title: 'Routes',
    panels: [
      ...top('http', 'HTTP routes', 'http_route'),
      {
        title: 'Bytes',
        description: 'Bytes of bodies per second.',
        type: 'timeseries',
        unit: 'binBps',
        width: 24,
        queries: [
          { expr: rate(['http_server_request_body_size_bytes_sum'], SERVICES), legend: 'in {{service_name}}' },
          { expr: rate(['http_server_response_body_size_bytes_sum'], SERVICES), legend: 'out {{service_name}}' },
        ],
      },
    ],
  },
  red('Outbound HTTP: what services asked of others', 'http', 'client'),
  red('Inbound gRPC', 'rpc', 'server'),
  { title: 'gRPC methods', panels: top('rpc', 'gRPC methods', 'rpc_method') },
  red('Outbound gRPC', 'rpc', 'client'),
];

/** The dashboard as Grafana imports it. @param {readonly Row[]} rows */
export function toGrafana(rows) {
  const datasource = { type: 'prometheus', uid: '$datasource' };
  const panels = [];
  let y = 0;
  for (const row of rows) {
    panels.push({
      id: panels.length + 1,
      type: 'row',
      title: row.title,
      collapsed: false,
      gridPos: at(0, y, WIDTH, 1),
      panels: [],
    });
    y += 1;
    let x = 0;
    for (const panel of row.panels) {
      if (x + panel.width > WIDTH) {
        x = 0;
        y += HEIGHT;
      }
      panels.push(toPanel(panel, panels.length + 1, at(x, y, panel.width, HEIGHT), datasource));
      x += panel.width;
    }
    y += HEIGHT;
  }
  return {
    uid: 'beyla-for-node-red',
    title: 'Beyla for Node: RED',
    description: 'Rate, errors and duration of the services that Beyla for Node watches.',
    tags: ['beyla', 'red'],
    schemaVersion: 39,
    editable: true,
    refresh: '30s',
    time: { from: 'now-1h', to: 'now' },
    templating: { list: [datasourceVariable(), serviceVariable(datasource)] },
    panels,
  };
}

/** @param {number} x @param {number} y @param {number} w @param {number} h */
function at(x, y, w, h) {
  return { h, w, x, y };
}

/** @param {Panel} panel @param {number} id @param {object} gridPos @param {object} datasource */
function toPanel({ title, description, type, unit, queries }, id, gridPos, datasource) {
  const isTable = type === 'table';
  return {
    id,
    type,
    title,
    description,
    datasource,
    gridPos,
    fieldConfig: { defaults: { unit, min: 0 }, overrides: [] },
    options: isTable
      ? { showHeader: true, sortBy: [{ displayName: 'Value', desc: true }] }
      : { tooltip: { mode: 'multi' } },
    targets: queries.map(({ expr, legend }, index) => ({
      refId: String.fromCharCode(65 + index),
      datasource,
      expr,
      legendFormat: legend,
      ...(isTable ? { format: 'table', instant: true } : { range: true }),
    })),
    ...(isTable ? { transformations: [{ id: 'organize', options: { excludeByName: { Time: true } } }] } : {}),
  };
}

function datasourceVariable() {
  return { name: 'datasource', label: 'Data source', type: 'datasource', query: 'prometheus' };
}

/** @param {object} datasource */
function serviceVariable(datasource) {
  return {
    name: 'service',
    label: 'Service',
    type: 'query',
    datasource,
    query: 'label_values(target_info, service_name)',
    refresh: 2,
    multi: true,
    includeAll: true,
    allValue: '.*',
    current: { text: 'All', value: '$__all' },
  };
}
