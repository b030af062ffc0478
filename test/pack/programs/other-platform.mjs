// Where there is no BPF, importing works and starting says so.
import assert from 'node:assert/strict';

Object.defineProperty(process, 'platform', { value: 'darwin' });
const { createBeyla, probeHost } = await import('@beyla/core');
await import('@beyla/exporters');
await import('@beyla/k8s');
await assert.rejects(createBeyla({ discovery: { instrument: [{ openPorts: 1 }] } }), { code: 'UNSUPPORTED_PLATFORM' });
const { isUsable, platform } = await probeHost();
assert.deepEqual({ isUsable, platform }, { isUsable: false, platform: 'darwin' });
