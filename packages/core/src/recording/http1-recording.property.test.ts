import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Conversation } from '../testing/conversation.ts';
import { expectSameReplay, grouped } from '../testing/replays.ts';

/** What bodies, and values of fields that become no part of spans, are made of. */
const SECRETS = ['hunter', 'swordfish', 'chunk-secret', '/items/'];

const bodies = fc.integer({ min: 0, max: 1500 }).map((size) => 'hunter2 '.repeat(Math.ceil(size / 8)).slice(0, size));
const fields = fc.constantFrom('', 'X-Vault-Token: swordfish\r\n', `Cookie: ${'swordfish '.repeat(70)}\r\n`);

function framed(line: string, field: string, body: string, isChunked: boolean): string {
  if (!isChunked) return `${line}\r\n${field}Content-Length: ${body.length}\r\n\r\n${body}`;
  const middle = Math.floor(body.length / 2);
  const pieces = [body.slice(0, middle), body.slice(middle)].filter((piece) => piece !== '');
  const chunks = pieces.map((piece) => `${piece.length.toString(16)};x=chunk-secret\r\n${piece}\r\n`).join('');
  return `${line}\r\n${field}Transfer-Encoding: chunked\r\n\r\n${chunks}0\r\nTrailer: swordfish\r\n\r\n`;
}

const exchanges = fc.record({
  request: fc
    // A method that nobody has heard of is not left in a line that is cut.
    .tuple(fc.constantFrom('GET', 'POST', 'DELETE', 'OPTIONS'), fc.nat(999), fields, bodies, fc.boolean())
    .map(([method, id, field, body, isChunked]) =>
      framed(`${method} /items/${id}?token=swordfish HTTP/1.1`, field, body, isChunked),
    ),
  response: fc
    .tuple(fc.constantFrom(200, 201, 404, 500), fields, bodies, fc.boolean())
    .map(([status, field, body, isChunked]) => framed(`HTTP/1.1 ${status} swordfish`, field, body, isChunked)),
  hasContinue: fc.boolean(),
});

/** Cuts at the given places, which are fractions of the length. */
function split(text: string, places: readonly number[]): string[] {
  const cuts = [...new Set(places.map((place) => Math.floor(place * text.length)))].sort((a, b) => a - b);
  return [0, ...cuts].map((cut, index) => text.slice(cut, cuts[index])).filter((part) => part !== '');
}

const places = fc.array(fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }), { maxLength: 8 });
const sizes = fc.array(fc.integer({ min: 1, max: 6 }), { maxLength: 5 });
const roles = fc.constantFrom('server' as const, 'client' as const);

describe('a recording of HTTP/1', () => {
  it('replays to the spans of the live run, however the bytes are cut and whatever batch they come in', {
    timeout: 120_000,
  }, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(exchanges, { minLength: 1, maxLength: 5 }),
        places,
        places,
        sizes,
        fc.boolean(),
        roles,
        async (list, askPlaces, answerPlaces, groups, stream, role) => {
          const conversation = new Conversation({ stream, role });
          for (const { request, response, hasContinue } of list) {
            const parts = split(request, askPlaces);
            conversation.ask(parts[0] ?? '');
            if (hasContinue && request.indexOf('\r\n\r\n') < (parts[0]?.length ?? 0)) {
              conversation.answer('HTTP/1.1 100 Continue\r\n\r\n');
            }
            conversation.ask(...parts.slice(1)).answer(...split(response, answerPlaces));
          }
          await expectSameReplay(grouped(conversation.close().take(), groups), SECRETS);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('replays pipelined requests to the spans of the live run', { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(exchanges, { minLength: 1, maxLength: 6 }),
        places,
        places,
        sizes,
        fc.boolean(),
        async (list, asks, answers, groups, stream) => {
          const conversation = new Conversation({ stream });
          conversation.ask(...split(list.map(({ request }) => request).join(''), asks));
          conversation.answer(...split(list.map(({ response }) => response).join(''), answers));
          const spans = await expectSameReplay(grouped(conversation.close().take(), groups), SECRETS);
          if (stream) expect(spans).toBe(list.length);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('replays to the spans of the live run whatever records were lost', { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(exchanges, { minLength: 1, maxLength: 6 }),
        places,
        sizes,
        fc.boolean(),
        fc.array(fc.nat(9999), { maxLength: 4 }),
        async (list, answers, groups, stream, holes) => {
          const conversation = new Conversation({ stream });
          for (const { request, response } of list) conversation.ask(request).answer(...split(response, answers));
          const records = conversation.close().take();
          const missing = new Set(holes.map((hole) => hole % records.length));
          const left = records.filter((_record, index) => !missing.has(index));
          await expectSameReplay(grouped(left, groups), SECRETS);
        },
      ),
      { numRuns: 200 },
    );
  });
});
