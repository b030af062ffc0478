// Everything the packages export is there and is what it says.
import assert from 'node:assert/strict';
import * as core from '@beyla/core';
import * as exporters from '@beyla/exporters';
import * as k8s from '@beyla/k8s';

const isClass = (value) => typeof value === 'function' && /^class\b/.test(Function.prototype.toString.call(value));

for (const name of ['Beyla', 'BeylaError', 'Discovery', 'Interpreter', 'Pipeline', 'RouteDecorator', 'Tracer']) {
  assert.ok(isClass(Reflect.get(core, name)), `@beyla/core has no class ${name}`);
}
for (const name of ['PrometheusExporter', 'OtlpTraceExporter', 'OtlpMetricExporter', 'ConsoleExporter', 'RedMetrics']) {
  assert.ok(isClass(Reflect.get(exporters, name)), `@beyla/exporters has no class ${name}`);
}
assert.equal(k8s.containerIdFromCgroup('0::/'), undefined);

const spans = new core.Pipeline({ processors: [new core.RouteDecorator({ patterns: ['/users/:id'] }).process] });
await spans.start();
await spans.close();
await assert.rejects(core.createBeyla({ discover: {} }), { code: 'UNKNOWN_OPTION' });
