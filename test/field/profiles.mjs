// SPDX-License-Identifier: Apache-2.0
// @ts-check
import { setTimeout as pause } from 'node:timers/promises';
import { statusOf } from './plan.mjs';

/**
 * What traffic there is in the field. A profile talks to a server that answers as it is asked to (`plan.mjs`); neighbours differ in status,
 * size and delay, so that no span can tell another request's story without being caught.
 *
 * @typedef {import('./talk.mjs').Talk} Talk
 * @typedef {import('./talk.mjs').Request} Request
 * @typedef {import('./talk.mjs').Asked} Asked
 *
 * @typedef {object} Profile
 * @property {string} title
 * @property {(talk: Talk) => Promise<unknown>} run
 * @property {readonly Ability[]} [needs] what the server must be able to do
 *
 * @typedef {'answers' | 'frames' | 'cuts' | 'early' | 'streams' | 'big-heads' | 'pipelines' | 'connect' | 'chunked-uploads' | 'half-close'} Ability
 *   `answers`: it answers as it is asked to, with status, size and delay
 */

const DELAYS_MS = [0, 130, 35, 290, 75, 10, 210];
const HEADS = [100, 600, 2000, 8000, 12_000];

/** @param {number} n */
const delayOf = (n) => /** @type {number} */ (DELAYS_MS[n % DELAYS_MS.length]);

/** @param {number} n @param {Request} [more] @returns {Request} */
function nth(n, more = {}) {
  return { ...more, answer: { status: statusOf(n), body: 10 + ((n * 37) % 397), delay: delayOf(n), ...more.answer } };
}

/** @param {number} count @param {(n: number) => Request} request */
function series(count, request) {
  return Array.from({ length: count }, (_, n) => request(n));
}

/** @param {number} count @param {(lane: number) => Promise<unknown>} run */
function lanes(count, run) {
  return Promise.all(Array.from({ length: count }, (_, lane) => run(lane)));
}

/** What must stay exact whatever else happens on the port. @param {Talk} talk @param {number} [count] */
function plain(talk, count = 6) {
  return talk.lane(series(count, (n) => nth(n + 3)));
}

/** @param {Asked} asked @param {number} size @returns {Buffer[]} */
function piecesOf(asked, size) {
  const { bytes } = asked;
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) => bytes.subarray(at * size, (at + 1) * size));
}

/** @type {Readonly<Record<string, Profile>>} */
export const PROFILES = {
  plain: {
    title: 'kept connections, GET and POST',
    async run(talk) {
      await lanes(4, (lane) =>
        talk.lane(series(8, (n) => nth(n + lane, n % 3 === 1 ? { method: 'POST', body: 20 + n * 11 } : {}))),
      );
    },
  },
  'keep-alive': {
    title: '50 requests on a connection',
    async run(talk) {
      await talk.lane(series(50, (n) => nth(n, { answer: { delay: (n * 7) % 30 } })));
    },
  },
  close: {
    title: '`Connection: close`, HTTP/1.0',
    async run(talk) {
      await lanes(3, (lane) => talk.lane(series(4, (n) => nth(n + lane, { close: true }))));
      await talk.lane(series(3, (n) => nth(n, { version: '1.0' })));
    },
  },
  'request-heads': {
    title: 'request heads of 100 B to 12 kB, cookie first',
    needs: ['big-heads'],
    async run(talk) {
      await lanes(2, (lane) =>
        talk.lane(
          series(10, (n) =>
            nth(n + lane, {
              head: /** @type {number} */ (HEADS[(n + lane) % HEADS.length]),
              ...(n % 4 === 3 ? { method: 'POST', body: 1 + n } : {}),
            }),
          ),
        ),
      );
    },
  },
  'request-heads-2k': {
    title: 'cookies of 450 B and 2 kB',
    async run(talk) {
      await lanes(2, (lane) => talk.lane(series(8, (n) => nth(n + lane, { head: n % 2 ? 450 : 2000 }))));
    },
  },
  'response-heads': {
    title: 'response heads of 100 B to 12 kB',
    needs: ['answers', 'big-heads'],
    async run(talk) {
      await lanes(2, (lane) =>
        talk.lane(
          series(10, (n) =>
            nth(n + lane, { answer: { head: /** @type {number} */ (HEADS[(n + lane) % HEADS.length]) } }),
          ),
        ),
      );
      await talk.lane(series(5, (n) => nth(n, { answer: { head: /** @type {number} */ (HEADS[n]), chunks: 3 } })));
    },
  },
  'response-heads-2k': {
    title: 'response heads of 600 B and 2 kB',
    needs: ['answers'],
    async run(talk) {
      await lanes(2, (lane) => talk.lane(series(8, (n) => nth(n + lane, { answer: { head: n % 2 ? 600 : 2000 } }))));
      await talk.lane(series(4, (n) => nth(n, { answer: { head: 600 + 400 * n, chunks: 2 } })));
    },
  },
  'write-end': {
    title: 'a head and a body in several writes without a pause, fast on one connection',
    needs: ['answers'],
    async run(talk) {
      await lanes(2, () =>
        talk.lane(series(30, (n) => nth(n, { answer: { delay: n % 5, chunks: 2, frame: 'chunked' } }))),
      );
      await talk.lane(series(10, (n) => nth(n, { answer: { delay: n % 5, chunks: 3 + n, frame: 'chunked' } })));
      await talk.lane(
        series(8, (n) => nth(n, { answer: { delay: n % 5, body: 3000, chunks: 20 + 6 * n, frame: 'chunked' } })),
      );
    },
  },
  'trickled-request': {
    title: 'requests that come byte by byte, with pauses',
    async run(talk) {
      await lanes(3, async (lane) => {
        const line = await talk.open();
        for (let n = 0; n < 3 && line.isUsable; n++) {
          const asked = talk.make(nth(n + lane, lane === 1 ? { method: 'POST', body: 90 } : {}));
          await line.trickle(asked, piecesOf(asked, lane === 2 ? 7 : 60), lane === 2 ? 1 : 25);
          await line.answered(asked);
        }
        await line.close();
      });
    },
  },
  'trickled-response': {
    title: 'responses whose rest comes after 100 to 900 ms',
    needs: ['answers', 'streams'],
    async run(talk) {
      await Promise.all([
        talk.lane([{ answer: { status: 201, body: 64, chunks: 2, gap: 900, frame: 'length', flush: 1 } }, nth(1)]),
        talk.lane([{ answer: { status: 202, body: 90, chunks: 3, gap: 700, frame: 'chunked', flush: 1 } }, nth(2)]),
        talk.lane([{ answer: { status: 203, body: 90, chunks: 9, gap: 100, frame: 'chunked' } }, nth(3)]),
        talk.lane([{ answer: { status: 404, body: 5000, chunks: 5, gap: 150, frame: 'length', head: 700 } }, nth(4)]),
        plain(talk),
      ]);
    },
  },
  tokens: {
    title: 'streams of tokens (SSE), with heads of 150 B to 2 kB',
    needs: ['answers', 'streams'],
    async run(talk) {
      await Promise.all(
        [0, 700, 2000].map((head, n) =>
          talk.lane([
            {
              answer: {
                type: 'text/event-stream',
                frame: 'chunked',
                body: 600 + n,
                chunks: 30,
                gap: 40,
                delay: 200,
                head,
                flush: 1,
              },
            },
            nth(n),
          ]),
        ),
      );
    },
  },
  'close-delimited': {
    title: 'bodies that end with the connection',
    needs: ['answers', 'frames'],
    async run(talk) {
      await talk.lane(series(3, (n) => nth(n, { version: '1.0', answer: { frame: 'close', body: 300 + n } })));
      await talk.lane([{ answer: { frame: 'close', body: 300, chunks: 3, gap: 250, head: 600 } }]);
    },
  },
  'broken-response': {
    title: 'responses broken off: before, behind and after the head',
    needs: ['cuts'],
    async run(talk) {
      await Promise.all([
        talk.lane([nth(0), { answer: { status: 200, body: 100, chunks: 2, gap: 300, cut: 1, frame: 'length' } }]),
        talk.lane([
          nth(1),
          { answer: { status: 200, body: 100, chunks: 2, gap: 900, cut: 0, frame: 'length', flush: 1 } },
        ]),
        talk.lane([{ answer: { status: 200, body: 100, chunks: 4, gap: 100, cut: 2, frame: 'chunked', head: 700 } }]),
        talk.lane([nth(2), { answer: { delay: 120, cut: -1 } }]),
        plain(talk),
      ]);
    },
  },
  'half-close': {
    title: 'a client that half-closes behind its request',
    needs: ['half-close'],
    async run(talk) {
      await lanes(4, async (lane) => {
        const line = await talk.open();
        if (lane % 2) await line.ask(talk.make(nth(lane)));
        if (line.isUsable) {
          const asked = talk.make({ answer: { status: statusOf(lane), body: 100 + lane, delay: 100 + lane * 100 } });
          line.send(asked);
          line.half();
          await line.answered(asked);
        }
        await line.close();
      });
      await plain(talk);
    },
  },
  resets: {
    title: 'clients that reset: idle, waiting, in the middle of an upload',
    async run(talk) {
      await Promise.all([
        (async () => {
          const line = await talk.open();
          await line.ask(talk.make(nth(0)));
          line.reset();
        })(),
        (async () => {
          const line = await talk.open();
          const asked = talk.make({ answer: { delay: 300, body: 50 } });
          line.send(asked);
          await pause(100);
          line.reset();
          const truth = await line.answered(asked);
          // What the server would have answered to nobody is in no log of ours.
          Object.assign(truth, {
            status: 0,
            errors: ['connection_closed', 'response_truncated', undefined],
            responseBody: [0, 50, undefined],
            mayVanish: true,
          });
        })(),
        (async () => {
          const line = await talk.open();
          const asked = talk.make({ method: 'POST', body: 5000 });
          await line.trickle(asked, [asked.head, asked.bytes.subarray(asked.head.length, asked.head.length + 900)], 50);
          await pause(50);
          line.reset();
          const truth = await line.answered(asked);
          Object.assign(truth, {
            status: 0,
            requestBody: [900, 5000, undefined],
            errors: ['connection_closed', 'response_truncated', undefined],
            responseBody: [0, 2, undefined],
            mayVanish: true,
          });
        })(),
        plain(talk),
      ]);
    },
  },
  early: {
    title: 'an upload of 300 kB that is answered at once, and what follows',
    needs: ['early'],
    async run(talk) {
      for (const status of [401, 413]) {
        const line = await talk.open();
        const asked = talk.make({ method: 'POST', body: 300_000, answer: { status, body: 30, early: 1 } });
        await line.ask(asked);
        asked.truth.requestBody = [300_000, undefined];
        if (line.isUsable) {
          const next = await line.ask(talk.make(nth(1)));
          // A server that closes with bytes unread resets: nobody knows whether it read the next request.
          if (next.status === 0) next.mayVanish = true;
        }
        await line.close();
      }
      await plain(talk, 12);
    },
  },
  pipelined: {
    title: '2 to 60 requests in one segment, beside plain connections',
    needs: ['pipelines'],
    async run(talk) {
      await Promise.all([
        ...[2, 4, 20, 60].map(async (count) => {
          const line = await talk.open();
          await line.ask(talk.make(nth(count)));
          const asked = series(count, (n) => nth(n, { answer: { delay: n % 7 } })).map((request) => talk.make(request));
          line.send(...asked);
          await Promise.all(asked.map((one) => line.answered(one)));
          await line.ask(talk.make(nth(count + 1)));
          await line.close();
        }),
        plain(talk),
        talk.lane(series(8, (n) => nth(n, { answer: { chunks: 2, frame: 'chunked' } }))),
      ]);
      await plain(talk);
    },
  },
  'pipelined-heads': {
    title: 'four pipelined requests whose answers have heads of 700 B',
    needs: ['pipelines', 'answers'],
    async run(talk) {
      for (let round = 0; round < 3; round++) {
        const line = await talk.open();
        const asked = series(4, (n) => nth(n, { head: round * 300, answer: { delay: 0, head: 700 } })).map((request) =>
          talk.make(request),
        );
        line.send(...asked);
        await Promise.all(asked.map((one) => line.answered(one)));
        await line.close();
      }
      await plain(talk);
    },
  },
  rude: {
    title: 'connections that say nothing, garbage, or more than their Content-Length, and plain ones after them',
    async run(talk) {
      talk.strange = 2;
      const silent = await talk.open();
      const rude = await talk.open();
      rude.raw('\x00\x01\x02\x03 what is this?\r\n\r\n');
      const long = await talk.open();
      const asked = talk.make({ method: 'POST', body: 20, answer: { status: 201, body: 40 } });
      const surplus = Buffer.concat([asked.bytes, Buffer.from('and this is not announced')]);
      await long.trickle(asked, [surplus], 0);
      const answered = await long.answered(asked);
      // A server that closes with bytes unread resets, and its answer may not arrive.
      if (answered.status === 0) answered.mayVanish = true;
      await pause(50);
      await Promise.all([silent.close(), rude.close(), long.close()]);
      await lanes(2, () => plain(talk, 8));
      await talk.lane(series(4, (n) => nth(n, { method: 'POST', body: 250_000, answer: { delay: 10 } })));
    },
  },
  uploads: {
    title: 'uploads of 10 kB to 20 MB with Content-Length',
    async run(talk) {
      await talk.lane(
        [10_000, 200_000, 1_000_000, 20_000_000].flatMap((body, n) => [nth(n, { method: 'POST', body }), nth(n + 1)]),
      );
    },
  },
  'chunked-uploads': {
    title: 'chunked uploads of 10 kB to 5 MB',
    needs: ['chunked-uploads'],
    async run(talk) {
      await talk.lane(
        [500, 10_000, 200_000, 5_000_000].flatMap((body, n) => [
          nth(n, { method: 'POST', body, chunked: true }),
          nth(n + 1),
        ]),
      );
    },
  },
  downloads: {
    title: 'downloads of 100 kB to 5 MB, with Content-Length and chunked',
    needs: ['answers'],
    async run(talk) {
      await talk.lane(
        [100_000, 1_000_000, 5_000_000].flatMap((body, n) => [
          { answer: { status: 200 + n, body, delay: 20 * n, frame: 'length' } },
          { answer: { status: 404 + n, body: body + 1, chunks: 10, delay: 10 * n, frame: 'chunked' } },
          nth(n),
        ]),
      );
    },
  },
  continue: {
    title: '`Expect: 100-continue`',
    async run(talk) {
      const line = await talk.open();
      for (let n = 0; n < 3 && line.isUsable; n++) {
        const asked = talk.make(nth(n, { method: 'POST', body: 5000 * (n + 1), expect: true }));
        await line.expect(asked);
        await line.answered(asked);
        // Whether the interim answer counts as the first byte is nowhere said.
        asked.truth.firstByteNs = 0;
      }
      await line.close();
      await plain(talk);
    },
  },
  bodiless: {
    title: 'HEAD, 204, 304 between others',
    needs: ['answers'],
    async run(talk) {
      await talk.lane(
        series(12, (n) => {
          if (n % 4 === 0) return nth(n, { method: 'HEAD' });
          if (n % 4 === 1) return nth(n, { answer: { status: 204, body: 0 } });
          if (n % 4 === 2) return nth(n, { answer: { status: 304, body: 0 } });
          return nth(n, { answer: { head: 600 } });
        }),
      );
    },
  },
};
