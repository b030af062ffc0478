import type { Turn } from '../../connections/turn.ts';
import { RECORD_FLAG } from '../../events/layout.gen.ts';
import type { Framing } from './framing.ts';
import type { BlindReason } from './message-reader.ts';
import { endsWithEmptyLine, endsWithLastChunk, isTailUnknown } from './tail.ts';

/**
 * Silence after which a response whose end its bytes cannot prove is taken to be over, so that its span comes within a second. If
 * more bytes come after all, that is counted (`http1.ended_early`).
 */
const QUIET_END_NS = 500e6;

/** Whether a response is over whose bytes were not all seen. */
export type BlindEnd = 'open' | 'ended' | 'truncated';

/**
 * Judges a response by its turn. `isFinal`: nothing more will be said in this turn, and the request is complete. `framing`: what the visible part
 * of a cut head says. `bytesWanted`: how many bytes of the message are still missing at least, where a length is known; else 0 or less.
 */
export function judgeBlindEnd(
  turn: Turn,
  isFinal: boolean,
  reason: BlindReason,
  framing: Framing,
  bytesWanted: number,
): BlindEnd {
  const isQuiet = turn.quietNs >= QUIET_END_NS;
  const isClosed = (turn.flags & RECORD_FLAG.CLOSED) !== 0;
  const effective = reason === 'chunked' ? 'chunked' : reason === 'cut' ? framing : 'unknown';
  const { tailLow, tailHigh } = turn;
  switch (effective) {
    case 'chunked':
      if (endsWithLastChunk(tailLow, tailHigh)) return 'ended';
      if (isTailUnknown(tailLow, tailHigh) || endsWithEmptyLine(tailHigh)) return isQuiet || isFinal ? 'ended' : 'open';
      return isClosed ? 'truncated' : 'open';
    case 'none':
      return endsWithEmptyLine(tailHigh) || isQuiet || isFinal ? 'ended' : 'open';
    case 'length':
      if (bytesWanted > 0) return isClosed ? 'truncated' : 'open';
      return isQuiet || isFinal ? 'ended' : 'open';
    case 'until-close':
      // Content-Length or Transfer-Encoding may be in the part that was cut off.
      return endsWithLastChunk(tailLow, tailHigh) || isQuiet || isFinal ? 'ended' : 'open';
    default:
      return isQuiet || isFinal ? 'ended' : 'open';
  }
}
