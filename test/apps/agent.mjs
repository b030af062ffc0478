// A program that uses the library on one process id, and says READY when that process is selected. For tests that need the library in a
// process of its own: to kill it, to take its privileges away, to measure it.
//
//   node agent.mjs PID...            watches
//   node agent.mjs --options JSON    creates with these options and prints the outcome as one JSON line
import { createBeyla } from '@beyla/core';

const [first, second] = process.argv.slice(2);

if (first === '--options') {
  try {
    const spans = [];
    const beyla = await createBeyla(JSON.parse(second));
    beyla.on('span', (batch) => spans.push(...batch));
    await beyla.finished;
    await beyla.close();
    process.stdout.write(`${JSON.stringify({ spans: spans.map(({ clock, ...span }) => span) })}\n`);
  } catch ({ code, cure, message }) {
    process.stdout.write(`${JSON.stringify({ code, cure, message })}\n`);
  }
} else {
  const waiting = new Set(process.argv.slice(2).map(Number));
  const beyla = await createBeyla({ discovery: { instrument: [{ targetPids: [...waiting] }] } });
  // The library alone does not keep a process alive.
  const running = setInterval(() => undefined, 60_000);
  process.once('SIGTERM', () => void beyla.close().then(() => clearInterval(running)));
  await new Promise((resolve) => {
    beyla.on('process', ({ process: { pid } }) => {
      waiting.delete(pid);
      if (waiting.size === 0) resolve();
    });
  });
  process.stdout.write('READY 0\n');
}
