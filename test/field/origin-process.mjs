// SPDX-License-Identifier: Apache-2.0
// @ts-check
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setPriority } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { answerCommands } from '../support/helper-process.mjs';
import { LagLog } from './lag.mjs';
import { fromQuery, piecesOf } from './plan.mjs';
import { chunkOf, framingOf, MessageReader, nowNs, padding } from './wire.mjs';

// A server of ours of which every byte is known, in a process that is never selected: what proxies ask, and what client rows ask. Its log is
// the truth of client spans.
try {
  setPriority(-19);
} catch {
  // Without privileges the log is as exact as the machine is idle.
}

/** @type {import('./talk.mjs').Truth[]} */
const log = [];
const lags = new LagLog();
/** What is said to a client that has gone may be in no span of it. */
const UNREAD = { status: 0, mayVanish: true, errors: [undefined, 'connection_closed', 'response_truncated'] };

/**
 * @typedef {{ port: number, method: string, target: string, version: string, keeps: boolean, traceId: string, atNs: number, body: () => number, whole: Promise<void>, isChunked: boolean, isWhole: () => boolean }} Heard
 */

const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
  /** @type {Heard[]} */
  const waiting = [];
  let wake = () => {};
  let isOver = false;
  let atNs = 0;
  let finish = () => {};
  // It is not to be had any more once the connection has ended.
  const port = socket.remotePort ?? 0;
  const reader = new MessageReader({
    onHead(head) {
      const [method = '', target = '', version = ''] = head.first.split(' ');
      const connection = head.fields.get('connection') ?? '';
      let size = -1;
      const whole = new Promise((/** @type {(value: void) => void} */ resolve) => {
        finish = () => {
          size = reader.bodyBytes;
          resolve();
        };
      });
      if (head.fields.has('expect')) socket.write('HTTP/1.1 100 Continue\r\n\r\n');
      waiting.push({
        port,
        method,
        target,
        version,
        keeps: version === 'HTTP/1.0' ? /keep-alive/i.test(connection) : !/close/i.test(connection),
        traceId: head.fields.get('traceparent')?.split('-')[1] ?? '',
        atNs,
        isChunked: framingOf(head, 'none') === 'chunked',
        body: () => (size < 0 ? reader.bodyBytes : size),
        isWhole: () => size >= 0,
        whole,
      });
      wake();
      return framingOf(head, 'none');
    },
    onEnd: () => finish(),
  });
  socket.on('data', (bytes) => {
    // Bytes between two requests are the beginning of the next.
    if (!reader.isOpen) atNs = nowNs();
    reader.take(bytes);
  });
  socket.on('error', () => {
    // A client that resets has not read the last answer.
    const last = log.findLast((one) => one.port === port);
    if (last !== undefined) Object.assign(last, UNREAD);
  });
  const over = () => {
    isOver = true;
    wake();
    finish();
  };
  socket.on('end', over);
  socket.on('close', over);

  (async () => {
    for (;;) {
      while (waiting.length === 0 && !isOver) {
        await new Promise((/** @type {(value: void) => void} */ resolve) => {
          wake = resolve;
        });
      }
      const heard = waiting.shift();
      if (heard === undefined) break;
      if (!(await answer(socket, heard, () => isOver))) break;
    }
    socket.end();
  })();
});

/** Returns whether the connection is kept. @param {import('node:net').Socket} socket @param {Heard} heard @param {() => boolean} isOver the client has gone */
async function answer(socket, heard, isOver) {
  const [path = '', query = ''] = heard.target.split('?');
  const plan = fromQuery(query);
  if (!plan.early) await heard.whole;
  if (plan.delay) await pause(plan.delay);
  const pieces = piecesOf(plan);
  const { status = 200, gap = 0, cut } = plan;
  const frame = plan.frame ?? (pieces.length > 1 ? 'chunked' : 'length');
  const isBodiless = heard.method === 'HEAD' || status === 204 || status === 304;
  const fields = [
    `Content-Type: ${plan.type ?? 'text/plain'}`,
    ...padding(plan.head ?? 0, 'X-Out'),
    ...(frame === 'chunked' && !isBodiless ? ['Transfer-Encoding: chunked'] : []),
    ...(frame === 'length' && status !== 204
      ? [`Content-Length: ${pieces.reduce((sum, { length }) => sum + length, 0)}`]
      : []),
    ...(!heard.keeps || frame === 'close'
      ? ['Connection: close']
      : heard.version === 'HTTP/1.0'
        ? ['Connection: keep-alive']
        : []),
  ];
  const head = Buffer.from(`HTTP/1.1 ${status} Said\r\n${fields.join('\r\n')}\r\n\r\n`, 'latin1');
  let firstByteNs = 0;
  let endNs = nowNs();
  let written = 0;
  const write = async (/** @type {Buffer} */ bytes) => {
    firstByteNs ||= nowNs();
    if (!socket.write(bytes) && !socket.destroyed) await Promise.race([once(socket, 'drain'), once(socket, 'close')]);
    endNs = nowNs();
  };
  const framed = (/** @type {Buffer} */ piece, /** @type {boolean} */ isLast) => {
    written += piece.length;
    if (frame !== 'chunked') return piece;
    return isLast ? Buffer.concat([chunkOf(piece), Buffer.from('0\r\n\r\n')]) : chunkOf(piece);
  };
  const sent = isBodiless ? [] : pieces;
  const isCut = cut !== undefined;
  const isUnheard = isOver();
  if (cut !== -1) {
    const rest = sent.slice(0, cut);
    const first =
      plan.flush || rest.length === 0 ? [] : [framed(/** @type {Buffer} */ (rest.shift()), sent.length === 1)];
    const nothing = frame === 'chunked' && !isBodiless && sent.length === 0 ? [Buffer.from('0\r\n\r\n')] : [];
    await write(Buffer.concat([head, ...first, ...nothing]));
    for (const [at, piece] of rest.entries()) {
      if (gap > 0) await pause(gap);
      await write(framed(piece, !isCut && at === rest.length - 1));
    }
  }
  if (isCut && cut !== -1 && gap > 0) await pause(gap);
  if (isCut) endNs = cut === -1 ? nowNs() : endNs;
  log.push({
    id: path,
    port: heard.port,
    method: heard.method,
    path,
    query,
    traceId: heard.traceId,
    status: cut === -1 ? 0 : status,
    sendNs: heard.atNs,
    sentNs: heard.atNs,
    firstByteNs,
    endNs,
    lagNs: 0,
    requestBody: heard.isWhole() && !heard.isChunked ? [heard.body()] : [heard.body(), undefined],
    responseBody: isCut || frame === 'chunked' ? [written, undefined] : [written],
    errors: isCut ? [cut === -1 ? 'connection_closed' : 'response_truncated'] : [undefined],
    ...(isUnheard ? UNREAD : {}),
  });
  return heard.keeps && frame !== 'close' && !isCut && (!plan.early || heard.isWhole());
}

const commands = {
  async listen() {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return /** @type {import('node:net').AddressInfo} */ (server.address()).port;
  },
  /** What was answered since the last call. */
  take() {
    return log.splice(0).map((truth) => ({ ...truth, lagNs: lags.during(truth.sendNs, truth.endNs) }));
  },
};

answerCommands(commands);
