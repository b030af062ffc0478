// @ts-check
import { createServer } from 'node:http';

// The cheapest request that Node can answer; it counts them itself, and says so when asked.
let requests = 0;
const server = createServer((_, response) => {
  requests += 1;
  response.end('hello');
});
server.listen(0, '127.0.0.1', () => {
  const address = /** @type {import('node:net').AddressInfo} */ (server.address());
  process.send?.(address.port);
});
process.on('message', () => process.send?.(requests));
process.once('disconnect', () => process.exit());
