import fc from 'fast-check';
import { HTTPParser } from 'http-parser-js';
import { describe, expect, it } from 'vitest';
import { bytesOf } from '../../testing/records.ts';
import { textFrom } from '../text.ts';
import { INVALID, LENGTH_ABSENT, NEED_MORE, RequestHead, ResponseHead } from './head.ts';
import { parseRequestHead } from './parse-request.ts';
import { parseResponseHead } from './parse-response.ts';

interface OracleHead {
  readonly method?: string;
  readonly url?: string;
  readonly status?: number;
  readonly minor: number;
  readonly headers: ReadonlyMap<string, string>;
}

/** What http-parser-js reads of a head; undefined where it refuses, or wants more. */
function oracle(kind: 'REQUEST' | 'RESPONSE', text: string): OracleHead | undefined {
  const parser = new HTTPParser(HTTPParser[kind]);
  let head: OracleHead | undefined;
  parser[HTTPParser.kOnHeadersComplete] = (info: Record<string, unknown>) => {
    if (head !== undefined) return 1;
    const flat = info['headers'] as string[];
    const headers = new Map<string, string>();
    for (let i = 0; i < flat.length; i += 2) headers.set(flat[i]?.toLowerCase() ?? '', flat[i + 1] ?? '');
    head = {
      method: HTTPParser.methods[info['method'] as number] ?? '',
      url: info['url'] as string,
      status: info['statusCode'] as number,
      minor: info['versionMinor'] as number,
      headers,
    };
    return 1;
  };
  try {
    const failure = parser.execute(Buffer.from(text, 'latin1'));
    if (failure instanceof Error && head === undefined) return undefined;
  } catch {
    return head;
  }
  return head;
}

const names = fc.constantFrom(
  'Host',
  'User-Agent',
  'Content-Length',
  'X-Any',
  'accept',
  'HOST',
  'tracestate',
  'Traceparent',
);
const token = fc.stringMatching(/^[!-9;-~]{1,20}$/);
const fields = fc
  .uniqueArray(fc.tuple(names, token), { maxLength: 8, selector: ([name]) => name.toLowerCase() })
  .map((list) =>
    list.map(([name, value]) =>
      name === 'Content-Length' ? ([name, String(value.length * 37)] as const) : ([name, value] as const),
    ),
  );
const spaces = fc.constantFrom('', ' ', '  ', '\t');
const lineEnds = fc.constantFrom('\r\n', '\n');

function headText(line: string, list: readonly (readonly [string, string])[], space: string, end: string): string {
  return `${line}${end}${list.map(([name, value]) => `${name}:${space}${value}${space}${end}`).join('')}${end}`;
}

describe('parseRequestHead()', () => {
  it('reads what http-parser-js reads of any well-formed head', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('GET', 'POST', 'PATCH', 'OPTIONS', 'M-SEARCH'),
        fc.stringMatching(/^\/[!-~]{0,40}$/),
        fc.constantFrom(0, 1),
        fields,
        spaces,
        lineEnds,
        (method, target, minor, list, space, end) => {
          const text = headText(`${method} ${target} HTTP/1.${minor}`, list, space, end);
          const expected = oracle('REQUEST', text);
          const head = new RequestHead();
          const bytes = bytesOf(text);
          expect(parseRequestHead(bytes, 0, bytes.length, head)).toBe(bytes.length);
          expect(textFrom(bytes, head.methodStart, head.methodEnd)).toBe(expected?.method);
          expect(textFrom(bytes, head.targetStart, head.targetEnd)).toBe(expected?.url);
          expect(head.minorVersion).toBe(expected?.minor);
          expect(textFrom(bytes, head.hostStart, head.hostEnd)).toBe(expected?.headers.get('host') ?? '');
          expect(textFrom(bytes, head.userAgentStart, head.userAgentEnd)).toBe(
            expected?.headers.get('user-agent') ?? '',
          );
          expect(textFrom(bytes, head.traceparentStart, head.traceparentEnd)).toBe(
            expected?.headers.get('traceparent') ?? '',
          );
          expect(head.contentLength).toBe(Number(expected?.headers.get('content-length') ?? LENGTH_ABSENT));
        },
      ),
      { numRuns: 500 },
    );
  });

  it('never takes for a request what http-parser-js refuses, after any change of one byte in the request line', () => {
    const text = 'POST /path?q=1 HTTP/1.1\r\nHost: shop\r\n\r\n';
    const line = text.indexOf('\r');
    fc.assert(
      fc.property(fc.nat(line - 1), fc.integer({ min: 0, max: 127 }), (at, byte) => {
        const changed = text.slice(0, at) + String.fromCharCode(byte) + text.slice(at + 1);
        const bytes = bytesOf(changed);
        const head = new RequestHead();
        const isAccepted = parseRequestHead(bytes, 0, bytes.length, head) >= 0;
        const method = textFrom(bytes, head.methodStart, head.methodEnd);
        // The oracle knows only registered methods; any token is a method by RFC 9110 §9.1.
        if (isAccepted && HTTPParser.methods.includes(method as never))
          expect(oracle('REQUEST', changed)).toBeDefined();
      }),
      { numRuns: 2000 },
    );
  });

  it('asks for more at every cut of a head, and never needs more than the head', () => {
    const text = 'GET /a?b=c HTTP/1.1\r\nHost: shop\r\nX-Folded: a\r\n b\r\nContent-Length: 7\r\n\r\n';
    const bytes = bytesOf(`${text}GET / HTTP/1.1\r\n\r\n`);
    const head = new RequestHead();
    for (let end = 0; end < text.length; end++) expect(parseRequestHead(bytes, 0, end, head)).toBe(NEED_MORE);
    expect(parseRequestHead(bytes, 0, bytes.length, head)).toBe(text.length);
  });

  it('finishes on any bytes, within the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        for (const outcome of [
          parseRequestHead(bytes, 0, bytes.length, new RequestHead()),
          parseResponseHead(bytes, 0, bytes.length, new ResponseHead()),
        ]) {
          expect(outcome === NEED_MORE || outcome === INVALID || (outcome > 0 && outcome <= bytes.length)).toBe(true);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('parseResponseHead()', () => {
  it('reads what http-parser-js reads of any well-formed head', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 100, max: 999 }),
        fc.stringMatching(/^[ -~]{0,20}$/),
        fields,
        spaces,
        lineEnds,
        (status, reason, list, space, end) => {
          const text = headText(`HTTP/1.1 ${status} ${reason}`, list, space, end);
          const expected = oracle('RESPONSE', text);
          const head = new ResponseHead();
          const bytes = bytesOf(text);
          expect(parseResponseHead(bytes, 0, bytes.length, head)).toBe(bytes.length);
          expect(head.statusCode).toBe(expected?.status);
          expect(head.contentLength).toBe(Number(expected?.headers.get('content-length') ?? LENGTH_ABSENT));
        },
      ),
      { numRuns: 500 },
    );
  });
});
