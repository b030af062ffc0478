import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { HttpRequestSpan } from '../../spans/span.ts';
import { Conversation } from '../../testing/conversation.ts';
import { InterpreterHarness } from '../../testing/interpreter-harness.ts';

interface Message {
  readonly head: string;
  readonly body: string;
}

const bodies = fc.integer({ min: 0, max: 3000 }).map((size) => 'b'.repeat(size));

function framed(line: string, body: string, isChunked: boolean): Message {
  if (!isChunked) return { head: `${line}\r\nContent-Length: ${body.length}\r\n\r\n`, body };
  const middle = Math.floor(body.length / 2);
  const pieces = [body.slice(0, middle), body.slice(middle)].filter((piece) => piece !== '');
  const chunks = pieces.map((piece) => `${piece.length.toString(16)}\r\n${piece}\r\n`).join('');
  return { head: `${line}\r\nTransfer-Encoding: chunked\r\n\r\n`, body: `${chunks}0\r\n\r\n` };
}

const exchanges = fc.record({
  request: fc
    .tuple(fc.constantFrom('GET', 'POST', 'DELETE'), fc.integer({ min: 0, max: 999 }), bodies, fc.boolean())
    .map(([method, id, body, isChunked]) => framed(`${method} /items/${id} HTTP/1.1`, body, isChunked)),
  response: fc
    .tuple(fc.constantFrom(200, 201, 404, 500), bodies, fc.boolean())
    .map(([status, body, isChunked]) => framed(`HTTP/1.1 ${status} Fine`, body, isChunked)),
});

function textOf({ head, body }: Message): string {
  return head + body;
}

/** Cuts at the given places, which are fractions of the length. */
function split(text: string, places: readonly number[]): string[] {
  const cuts = [...new Set(places.map((place) => Math.floor(place * text.length)))].sort((a, b) => a - b);
  return [0, ...cuts].map((cut, index) => text.slice(cut, cuts[index])).filter((part) => part !== '');
}

const places = fc.array(fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }), { maxLength: 12 });

function identity(span: HttpRequestSpan): unknown {
  const { method, path, statusCode, errorType, startNs, readNs, endNs } = span;
  return { method, path, statusCode, errorType, startNs, readNs, endNs };
}

function facts(span: HttpRequestSpan): unknown {
  const { method, path, statusCode, errorType, requestBodySize, responseBodySize } = span;
  return { method, path, statusCode, errorType, requestBodySize, responseBodySize };
}

describe('HTTP/1', () => {
  it('gives the same spans however requests and responses are split over I/O calls', () => {
    fc.assert(
      fc.property(
        fc.array(exchanges, { minLength: 1, maxLength: 5 }),
        places,
        places,
        fc.boolean(),
        fc.boolean(),
        (list, askPlaces, answerPlaces, stream, isClient) => {
          const spansOf = (askCuts: readonly number[], answerCuts: readonly number[]): unknown[] => {
            const harness = new InterpreterHarness();
            const conversation = new Conversation({ stream, role: isClient ? 'client' : 'server' });
            for (const { request, response } of list) {
              conversation.ask(...split(textOf(request), askCuts)).answer(...split(textOf(response), answerCuts));
            }
            harness.batch(conversation.close().take());
            expect(harness.lost()).toEqual({});
            return harness.httpSpans.map(facts);
          };
          const whole = spansOf([], []);
          expect(whole).toHaveLength(list.length);
          const parts = spansOf(askPlaces, answerPlaces);
          expect(parts).toEqual(whole);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('gives the same spans whatever the order of the turns within a batch', () => {
    fc.assert(
      fc.property(
        fc.array(exchanges, { minLength: 1, maxLength: 4 }),
        places,
        fc.array(fc.nat(), { minLength: 40, maxLength: 40 }),
        (list, answerPlaces, ranks) => {
          const conversation = new Conversation();
          for (const { request, response } of list) {
            conversation.ask(textOf(request)).answer(...split(textOf(response), answerPlaces));
          }
          const records = conversation.close().take();
          const shuffled = records
            .map((record, index) => ({ record, rank: ranks[index % ranks.length] ?? 0, index }))
            .sort((a, b) => a.rank - b.rank || b.index - a.index)
            .map(({ record }) => record);
          const spansOf = (batch: readonly Uint8Array[]): unknown[] => {
            const harness = new InterpreterHarness({ probe: () => undefined });
            harness.batch(batch);
            harness.pass(300);
            expect(harness.lost()).toEqual({});
            return harness.httpSpans.map(identity);
          };
          expect(spansOf(shuffled)).toEqual(spansOf(records));
        },
      ),
      { numRuns: 150 },
    );
  });

  it('pairs pipelined requests exactly in stream mode, however their bytes are split', () => {
    fc.assert(
      fc.property(fc.array(exchanges, { minLength: 1, maxLength: 6 }), places, places, (list, asks, answers) => {
        const harness = new InterpreterHarness();
        const conversation = new Conversation({ stream: true });
        conversation.ask(...split(list.map(({ request }) => textOf(request)).join(''), asks));
        conversation.answer(...split(list.map(({ response }) => textOf(response)).join(''), answers));
        harness.batch(conversation.close().take());
        expect(harness.lost()).toEqual({});
        expect(harness.httpSpans.map(({ path, statusCode }) => `${path} ${statusCode}`)).toEqual(
          list.map(({ request, response }) => `${request.head.split(' ')[1]} ${response.head.split(' ')[1]}`),
        );
      }),
      { numRuns: 150 },
    );
  });

  it('accounts for every request once, whichever turns are lost', () => {
    fc.assert(
      fc.property(
        fc.array(exchanges, { minLength: 1, maxLength: 6 }),
        fc.array(fc.boolean(), { minLength: 40, maxLength: 40 }),
        (list, isLost) => {
          const harness = new InterpreterHarness({ probe: () => undefined });
          const conversation = new Conversation();
          for (const { request, response } of list) conversation.ask(textOf(request)).answer(textOf(response));
          const records = conversation.close().take();
          harness.batch(records.filter((_record, index) => index === records.length - 1 || isLost[index] !== true));
          harness.pass(500);
          const lost = Object.values(harness.lost()).reduce((sum, count) => sum + count, 0);
          expect(harness.httpSpans.length + lost).toBe(list.length);
        },
      ),
      { numRuns: 250 },
    );
  });

  it('gives every response its request and no error where only ends of responses are lost', () => {
    fc.assert(
      fc.property(
        fc.array(exchanges, { minLength: 1, maxLength: 6 }),
        places,
        fc.array(fc.boolean(), { minLength: 6, maxLength: 6 }),
        fc.boolean(),
        (list, answerPlaces, isEndLost, isClient) => {
          const spansOf = (loses: boolean): { spans: readonly HttpRequestSpan[]; lostEnds: number } => {
            const harness = new InterpreterHarness({ probe: () => undefined });
            const conversation = new Conversation({ role: isClient ? 'client' : 'server' });
            for (const [index, { request, response }] of list.entries()) {
              conversation.ask(textOf(request)).answer(...split(textOf(response), answerPlaces));
              if (loses && isEndLost[index]) conversation.loseEnd();
              conversation.finishTurn();
            }
            harness.batch(conversation.close().take());
            harness.pass(500);
            expect(harness.lost()).toEqual({});
            return { spans: harness.httpSpans, lostEnds: harness.count('http1.end_lost') };
          };
          const whole = spansOf(false);
          const cut = spansOf(true);
          expect(whole.lostEnds).toBe(0);
          expect(cut.spans).toHaveLength(list.length);
          for (const [index, span] of cut.spans.entries()) {
            const { path, method, statusCode, startNs, endNs, responseBodySize } = whole.spans[
              index
            ] as HttpRequestSpan;
            const isStatusKnown = span.statusCode !== undefined;
            expect(span).toMatchObject({ path, method, startNs, errorType: undefined });
            if (isStatusKnown) expect(span.statusCode).toBe(statusCode);
            expect(span.endNs).toBeLessThanOrEqual(endNs);
            if (span.responseBodySize !== undefined) expect(span.responseBodySize).toBe(responseBodySize);
            if (isEndLost[index] !== true)
              expect([span.endNs, span.responseBodySize]).toEqual([endNs, responseBodySize]);
          }
        },
      ),
      { numRuns: 250 },
    );
  });
});
