import { describe, expect, it } from 'vitest';
import { BeylaError } from '../errors.ts';
import { ioUringTrouble } from './io-uring-trouble.ts';
import { SOCKET_SOURCES, type SocketSource } from './socket-sources.ts';

function source(name: string): SocketSource {
  return SOCKET_SOURCES.find((candidate) => candidate.name === name) as SocketSource;
}

describe('ioUringTrouble()', () => {
  it('is silent where io_uring is not used, or is used and read', () => {
    expect(ioUringTrouble({ source: source('syscall'), refusal: undefined }, { io_uring: 0 })).toBeUndefined();
    const counters = { io_uring: 1000, io_uring_unread: 0 };
    expect(ioUringTrouble({ source: source('sock_length'), refusal: undefined }, counters)).toBeUndefined();
  });

  it('tells how many rings the syscall source cannot look into, and what to do', () => {
    const said = ioUringTrouble({ source: source('syscall'), refusal: undefined }, { io_uring: 3 });
    expect(said).toMatch(/3 io_uring rings.*sock_length.*io_uring_disabled/);
  });

  it('tells how many turns came without content, and why', () => {
    const refusal = new BeylaError('SOURCE_UNAVAILABLE', 'the kernel has no tracepoint io_uring_complete');
    const said = ioUringTrouble({ source: source('sock_length'), refusal }, { io_uring: 9, io_uring_unread: 5 });
    expect(said).toMatch(/5 turns.*no tracepoint io_uring_complete.*io_uring_disabled/);
  });
});
