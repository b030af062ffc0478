import { describe, expect, it } from 'vitest';
import type { Service } from '../processes/process.ts';
import { ServiceTries } from './service-tries.ts';

function aService(name: string, namespace = '', instanceId = 'host:1'): Service {
  return { name, namespace, instanceId };
}

describe('ServiceTries', () => {
  it('shares routes between the instances of a service, and not between services', () => {
    const tries = new ServiceTries(1, '*');
    tries.route(aService('shop', 'eu', 'host:1'), '/a');
    expect(tries.route(aService('shop', 'eu', 'host:2'), '/b')).toBe('/*');
    expect(tries.route(aService('shop', 'us'), '/b')).toBe('/b');
    expect(tries.route(aService('other', 'eu'), '/b')).toBe('/b');
    expect(tries.counts()).toEqual({ services: 3, collapses: 1, overflows: 0, evictions: 0 });
  });

  it('forgets the service that was not seen for longest, and counts it', () => {
    const tries = new ServiceTries(1, '*', 2);
    const [first, second, third] = [aService('first'), aService('second'), aService('third')] as const;
    for (const service of [first, second]) {
      tries.route(service, '/a');
      tries.route(service, '/b');
    }
    expect(tries.route(first, '/a')).toBe('/*');
    tries.route(third, '/a');
    expect(tries.route(first, '/a')).toBe('/*');
    expect(tries.route(second, '/a')).toBe('/a');
    expect(tries.counts()).toMatchObject({ services: 2, evictions: 2 });
  });
});
