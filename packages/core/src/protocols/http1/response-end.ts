import type { Turn } from '../../connections/turn.ts';
import type { Framing } from './framing.ts';
import type { BlindReason } from './message-reader.ts';
import { endsWithEmptyLine, endsWithLastChunk, isTailUnknown } from './tail.ts';

/** Whether a response is over whose bytes were not all seen. */
export type BlindEnd = 'open' | 'ended' | 'truncated';

/**
 * Judges a response by its turn. Silence proves nothing: where the bytes do not tell, it ends with what comes next. `isFinal`: nothing more
 * will be said in this turn, and the request is complete. `isClosed`: nothing more will ever be said. `framing`: what the visible part of a cut head says. `bytesWanted`: how many
 * bytes of the message are still missing at least, where a length is known; else 0 or less.
 */
export function judgeBlindEnd(
  turn: Turn,
  isFinal: boolean,
  isClosed: boolean,
  reason: BlindReason,
  framing: Framing,
  bytesWanted: number,
): BlindEnd {
  const effective = reason === 'chunked' ? 'chunked' : reason === 'cut' ? framing : 'unknown';
  const { tailLow, tailHigh } = turn;
  switch (effective) {
    case 'chunked':
      if (endsWithLastChunk(tailLow, tailHigh)) return 'ended';
      if (isTailUnknown(tailLow, tailHigh) || endsWithEmptyLine(tailHigh)) return isFinal ? 'ended' : 'open';
      return isClosed ? 'truncated' : 'open';
    case 'none':
      return endsWithEmptyLine(tailHigh) || isFinal ? 'ended' : 'open';
    case 'length':
      if (bytesWanted > 0) return isClosed ? 'truncated' : 'open';
      return isFinal ? 'ended' : 'open';
    case 'until-close':
      // Content-Length or Transfer-Encoding may be in the part that was cut off.
      return endsWithLastChunk(tailLow, tailHigh) || isFinal ? 'ended' : 'open';
    default:
      return isFinal ? 'ended' : 'open';
  }
}
