import { loadConfig, type Processor } from '@beyla/core';
import { describe, expect, it } from 'vitest';
import { aSpan } from '../../core/src/testing/span.ts';
import { processorsFromConfig } from './processors-from-config.ts';

async function processors(filter: string): Promise<readonly Processor[]> {
  return processorsFromConfig(await loadConfig(`open_port: 80\nprint_traces: true\n${filter}\n`, {}));
}

describe('processorsFromConfig()', () => {
  it('keeps the requests that meet all conditions of filter.application', async () => {
    const [filter] = await processors(
      'filter: { application: { url.path: { not_match: "/health*" }, http_response_status_code: { greater_equals: 500 } } }',
    );
    const spans = [
      aSpan({ path: '/a', statusCode: 500 }),
      aSpan({ path: '/a', statusCode: 499 }),
      aSpan({ path: '/healthz', statusCode: 500 }),
    ];
    expect(filter?.([...spans])).toEqual([spans[0]]);
  });

  it('makes none without conditions', async () => {
    expect(await processors('')).toEqual([]);
  });

  it('says which attribute there is not', async () => {
    await expect(processors('filter: { application: { url.pth: { match: x } } }')).rejects.toMatchObject({
      code: 'UNKNOWN_OPTION',
    });
  });
});
