// SPDX-License-Identifier: Apache-2.0
// @ts-check
import { setTimeout as pause } from 'node:timers/promises';
import { fromQuery, piecesOf } from '../../plan.mjs';
import { padding } from '../../wire.mjs';

/**
 * Answers as it is asked to, with what http.ServerResponse has.
 *
 * @param {import('node:http').IncomingMessage} request @param {import('node:http').ServerResponse} response
 */
export async function answer(request, response) {
  const plan = fromQuery((request.url ?? '').split('?')[1] ?? '');
  if (!plan.early) for await (const _ of request);
  if (plan.delay) await pause(plan.delay);
  const pieces = piecesOf(plan);
  const { gap = 0, cut } = plan;
  if (cut === -1) return void request.socket.destroy();
  const frame = plan.frame ?? (pieces.length > 1 ? 'chunked' : 'length');
  response.statusCode = plan.status ?? 200;
  response.setHeader('Content-Type', plan.type ?? 'text/plain');
  for (const field of padding(plan.head ?? 0, 'X-Out')) {
    const colon = field.indexOf(':');
    response.setHeader(field.slice(0, colon), field.slice(colon + 2));
  }
  if (frame === 'length' && response.statusCode !== 204 && response.statusCode !== 304) {
    response.setHeader(
      'Content-Length',
      pieces.reduce((sum, { length }) => sum + length, 0),
    );
  }
  if (frame === 'close') {
    response.removeHeader('Transfer-Encoding');
    response.setHeader('Connection', 'close');
    response.useChunkedEncodingByDefault = false;
  }
  if (plan.flush) response.flushHeaders();
  for (const [at, piece] of pieces.slice(0, cut).entries()) {
    if (gap > 0 && (at > 0 || plan.flush)) await pause(gap);
    if (at === pieces.length - 1 && cut === undefined) return void response.end(piece);
    response.write(piece);
  }
  if (cut === undefined) return void response.end();
  if (gap > 0) await pause(gap);
  request.socket.destroy();
}
