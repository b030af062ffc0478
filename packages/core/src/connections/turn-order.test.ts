import { describe, expect, it } from 'vitest';
import { Conversation } from '../testing/conversation.ts';
import { InterpreterHarness } from '../testing/interpreter-harness.ts';

/** Nothing that is captured of it tells where its response ends. */
const LONG_HEAD = `HTTP/1.1 200 OK\r\n${'X-Policy: 0123456789\r\n'.repeat(30)}Content-Length: 4\r\n\r\n`;

/** Requests whose answers are one call each, which is all that is ever reported of them: the next request ends them. */
function written(requests: number): Conversation {
  const conversation = new Conversation();
  for (let index = 0; index < requests; index++) {
    conversation.ask(`GET /${index} HTTP/1.1\r\n\r\n`).answer(`${LONG_HEAD}body`);
  }
  return conversation;
}

function paths(harness: InterpreterHarness): string[] {
  return harness.spans.map(({ path }) => path);
}

const ALL = Array.from({ length: 20 }, (_, index) => `/${index}`);

describe('TurnOrder', () => {
  it('ends the open turn before each of those that waited for it', () => {
    const harness = new InterpreterHarness();
    harness.batch(written(20).take());
    harness.pass(100);
    harness.batch(new Conversation().close().take());
    harness.pass(300);
    expect(paths(harness)).toEqual(ALL);
    expect(harness.lost()).toEqual({});
    expect(harness.count('turns.late')).toBe(0);
  });

  it('takes nothing for lost that the next batch brings', () => {
    const harness = new InterpreterHarness();
    const records = written(20).close().take();
    // Each batch brings what the batch before should have brought.
    for (let at = 0; at < records.length; at += 3) {
      const [first, ...others] = records.slice(at, at + 3);
      harness.batch(others);
      harness.batch(first === undefined ? [] : [first]);
    }
    harness.pass(300);
    expect(paths(harness)).toEqual(ALL);
    expect(harness.count('turn_gap')).toBe(0);
  });

  it('counts what never comes, once', () => {
    const harness = new InterpreterHarness();
    const conversation = written(3);
    conversation.lose(2);
    for (let index = 4; index < 6; index++) {
      conversation.ask(`GET /${index} HTTP/1.1\r\n\r\n`).answer(`${LONG_HEAD}body`);
    }
    harness.batch(conversation.close().take());
    harness.pass(300);
    expect(paths(harness)).toEqual(['/0', '/1', '/2', '/4', '/5']);
    expect(harness.count('turn_gap')).toBe(2);
    expect(harness.lost()).toEqual({ 'http1.request_lost': 1 });
  });
});
