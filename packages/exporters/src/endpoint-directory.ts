import { type Endpoint, isServerSpan, type RequestSpan, type Service } from '@beyla/core';

const MAX_ENDPOINTS = 4_096;

/**
 * Which observed service answers at an address and port, learnt from the requests it answered.
 *
 * Loopback addresses and Unix sockets are left out: every network namespace has its own, so they do not name a service. Of the
 * endpoints beyond 4096 the one learnt first is forgotten.
 */
export class EndpointDirectory {
  readonly #services = new Map<string, Service>();

  learn(span: RequestSpan): void {
    if (!isServerSpan(span) || !isGlobal(span.local)) return;
    const key = keyOf(span.local);
    const known = this.#services.get(key);
    if (known === span.process.service) return;
    if (known === undefined && this.#services.size >= MAX_ENDPOINTS) {
      for (const oldest of this.#services.keys()) {
        this.#services.delete(oldest);
        break;
      }
    }
    this.#services.set(key, span.process.service);
  }

  serviceAt(endpoint: Endpoint): Service | undefined {
    return this.#services.get(keyOf(endpoint));
  }
}

function isGlobal({ address, port }: Endpoint): boolean {
  return port !== 0 && !address.startsWith('127.') && address !== '::1' && !address.startsWith('::ffff:127.');
}

function keyOf({ address, port }: Endpoint): string {
  return `${address} ${port}`;
}
