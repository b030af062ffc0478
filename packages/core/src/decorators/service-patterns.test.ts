import { describe, expect, it } from 'vitest';
import { aProcess, aSpan } from '../testing/span.ts';
import { ServicePatterns } from './service-patterns.ts';

describe('ServicePatterns', () => {
  const routes = { incoming: ['/users/:id'], outgoing: ['/charges/{id}'] };
  const process = aProcess({ routes });
  const patterns = new ServicePatterns();

  it('matches answered requests with the incoming patterns and made ones with the outgoing ones', () => {
    expect(patterns.match(aSpan({ process }), '/users/7')).toBe('/users/:id');
    expect(patterns.match(aSpan({ process }), '/charges/7')).toBeUndefined();
    expect(patterns.match(aSpan({ process, kind: 'http.client' }), '/charges/7')).toBe('/charges/{id}');
    expect(patterns.match(aSpan({ process, kind: 'http.client' }), '/users/7')).toBeUndefined();
  });

  it('finds nothing for a process without patterns', () => {
    expect(patterns.match(aSpan(), '/users/7')).toBeUndefined();
    expect(patterns.match(aSpan({ process: aProcess({ routes: { incoming: [] } }) }), '/')).toBeUndefined();
  });
});
