// node examples/print-spans/main.mjs 8080
import { createBeyla, isHttpSpan } from '@beyla/core';

const beyla = await createBeyla({ discovery: { instrument: [{ openPorts: process.argv[2] ?? '8080' }] } });
beyla.on('process', ({ type, process: { pid, service } }) => console.log(type, service.name, pid));
beyla.on('span', (spans) => {
  for (const span of spans) {
    const what = isHttpSpan(span)
      ? `${span.method} ${span.path} ${span.statusCode}`
      : `${span.service}/${span.method} gRPC status ${span.grpcStatus}`;
    const [totalMs, queueMs] = [(span.endNs - span.startNs) / 1e6, (span.readNs - span.startNs) / 1e6];
    console.log(`${what} ${totalMs.toFixed(1)} ms, of which ${queueMs.toFixed(1)} ms in queue`);
  }
});
const running = setInterval(() => undefined, 1 << 30);
process.once('SIGINT', () => void beyla.close().then(() => clearInterval(running)));
