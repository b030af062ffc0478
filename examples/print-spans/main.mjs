// node examples/print-spans/main.mjs 8080
import { createBeyla } from '@beyla/core';

const beyla = await createBeyla({ discovery: { instrument: [{ openPorts: process.argv[2] ?? '8080' }] } });
beyla.on('process', ({ type, process: { pid, service } }) => console.log(type, service.name, pid));
beyla.on('span', (spans) => {
  for (const { method, path, statusCode, startNs, readNs, endNs } of spans) {
    const [totalMs, queueMs] = [(endNs - startNs) / 1e6, (readNs - startNs) / 1e6];
    console.log(`${method} ${path} ${statusCode} ${totalMs.toFixed(1)} ms, of which ${queueMs.toFixed(1)} ms in queue`);
  }
});
const running = setInterval(() => undefined, 1 << 30);
process.once('SIGINT', () => void beyla.close().then(() => clearInterval(running)));
