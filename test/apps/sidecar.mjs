// The library in PID and network namespaces of its own, with a selector as broad as it gets: everything that listens there is ours. Prints
// one JSON line: what was started, what was sent, what was seen.
//
//   unshare --pid --net --fork --kill-child --mount-proc node sidecar.mjs
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { createBeyla } from '@beyla/core';
import { runNode, runPython } from '../support/run-app.mjs';

const REQUESTS = 50;

// SIOCSIFFLAGS, IFF_UP | IFF_RUNNING: a new network namespace has its loopback down, and `ip` need not be installed.
const LOOPBACK_UP = `
import fcntl, socket, struct
fcntl.ioctl(socket.socket(), 0x8914, struct.pack('16sh14x', b'lo', 0x41))
`;
const { status, stderr } = spawnSync('/usr/bin/python3', ['-c', LOOPBACK_UP], { encoding: 'utf8' });
if (status !== 0) throw new Error(stderr);

const early = await runNode();
const beyla = await createBeyla({ discovery: { instrument: [{ openPorts: '1-65535' }], pollIntervalMs: 3_600_000 } });
const seen = [];
let onSpans = () => undefined;
beyla.on('span', (spans) => {
  for (const { kind, method, path, statusCode, process } of spans) {
    seen.push({ pid: process.pid, service: process.service.name, key: `${kind} ${method} ${path} ${statusCode}` });
  }
  onSpans();
});
// This one is found by its LISTEN record, and makes children.
const late = await runPython('python-server.py', ['--forking']);
const agent = new Agent({ keepAlive: true });
for (let count = 0; count < REQUESTS; count++) {
  for (const { port } of [early, late]) {
    const [response] = await once(request({ port, path: '/hello', agent }).end(), 'response');
    response.resume();
    await once(response, 'end');
  }
}
agent.destroy();
await new Promise((resolve) => {
  const timer = setTimeout(resolve, 5_000);
  onSpans = () => {
    if (seen.length < 2 * REQUESTS) return;
    clearTimeout(timer);
    resolve();
  };
  onSpans();
});
await beyla.close();
const { drops } = beyla.stats();
process.stdout.write(
  `${JSON.stringify({ own: process.pid, early: early.pid, late: late.pid, requests: REQUESTS, seen, drops })}\n`,
);
await Promise.all([early.stop(), late.stop()]);
