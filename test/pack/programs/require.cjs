// A CommonJS program gets the same module as an ES module does.
const assert = require('node:assert/strict');

const core = require('@beyla/core');
const { PrometheusExporter } = require('@beyla/exporters');

assert.equal(typeof core.createBeyla, 'function');
assert.equal(typeof PrometheusExporter, 'function');
import('@beyla/core').then((same) => assert.equal(same.BeylaError, core.BeylaError));
