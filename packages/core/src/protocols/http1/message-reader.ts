import type { Turn } from '../../connections/turn.ts';
import { CR, LF } from './ascii.ts';
import { ChunkedScanner } from './chunked.ts';
import type { Framing } from './framing.ts';
import { type Head, NEED_MORE } from './head.ts';
import { HeadBuffer } from './head-buffer.ts';
import type { SyntaxWatcher } from './syntax-watcher.ts';

/** Fewer unseen bytes than this cannot be a message (`HTTP/1.0 200` is the shortest start): stray line ends. */
const MESSAGE_BYTES_MIN = 12;

/** What a reader tells of the messages it finds. */
export interface MessageHandler {
  /** A head, whole or cut by the capture limit. Returns how the body is framed; for a cut head it does not matter. */
  onHead(turn: Turn, isCut: boolean): Framing;
  /** A message is complete. */
  onEnd(turn: Turn): void;
  /** Bytes where a message should begin that were not captured: one message or several. */
  onUnseen(turn: Turn): void;
  /** Bytes where a message should begin that are none. */
  onUnreadable(turn: Turn): void;
}

/**
 * `head`: between messages, or in a head. `blind`: in something whose end the bytes do not tell. The others: in a body.
 */
export type ReaderState = 'head' | 'length' | 'chunked' | 'until-close' | 'blind';

/**
 * Why the reader is blind. `chunked`: the chunks went beyond what was captured. `cut`: the head did. `unseen`: all was. `unknown`: the
 * head contradicts itself. `unreadable`: not a message. `tunnel`: not HTTP/1 any more.
 */
export type BlindReason = 'chunked' | 'cut' | 'unseen' | 'unknown' | 'unreadable' | 'tunnel';

type ParseHead<H> = (bytes: Uint8Array, start: number, end: number, head: H) => number;

/**
 * Cuts one direction of a connection into messages, from bytes in pieces of any size with stretches missing. Exact while the framing
 * allows; it says so (`blind`) where it does not.
 */
export class MessageReader<H extends Head> {
  readonly head: H;
  state: ReaderState = 'head';
  blindReason: BlindReason = 'unseen';
  /** Body bytes left, in state `length`. */
  remaining = 0;
  /** Stream offset of the next byte; -1: takes that of the next turn. */
  position = -1;
  /** Stream offset of the first byte behind the last whole head. */
  headEnd = 0;
  /** Of the current message: whether it began at the first byte of its turn, and the times of that turn. */
  beganWithTurn = false;
  arrivedNs = 0;
  firstNs = 0;
  startFlags = 0;

  readonly #handler: MessageHandler;
  readonly #parse: ParseHead<H>;
  readonly #watcher: SyntaxWatcher | undefined;
  readonly #buffer = new HeadBuffer();
  readonly #chunks = new ChunkedScanner();
  #bodyBytes = 0;
  /** Of a cut head: bytes that were seen, and the stream offset at which it began. */
  #cutBytes = 0;
  #cutPosition = 0;

  constructor(head: H, parse: ParseHead<H>, handler: MessageHandler, watcher?: SyntaxWatcher) {
    this.head = head;
    this.#parse = parse;
    this.#handler = handler;
    this.#watcher = watcher;
  }

  get isBetweenMessages(): boolean {
    return this.state === 'head' && this.#buffer.length === 0;
  }

  get isInHead(): boolean {
    return this.state === 'head' && this.#buffer.length > 0;
  }

  /** Bytes that are kept of a head that is not whole. */
  get keptBytes(): number {
    return this.#buffer.capacity;
  }

  /** Body bytes of the current, or the last, message; undefined where the framing hid some of them. */
  get bodyBytes(): number | undefined {
    if (this.state === 'blind') return undefined;
    return this.#bodyBytes + this.#chunks.bodyBytes;
  }

  /** Of a message with a cut head and a known length: bytes that are missing at least. */
  get bytesWanted(): number {
    return this.#cutBytes + this.head.contentLength - (this.position - this.#cutPosition);
  }

  /** Whether bytes are missing before a turn. */
  isBehind(turn: Turn): boolean {
    return this.position >= 0 && this.position < turn.offsetBytes;
  }

  /** A new turn begins. Its bytes are new, even where the kernel's count of earlier ones came out too high. */
  beginTurn(turn: Turn): void {
    if (this.position > turn.offsetBytes) this.position = turn.offsetBytes;
  }

  /** Expects a new message next, wherever it was. */
  reset(): void {
    this.state = 'head';
    this.#buffer.clear();
  }

  goBlind(reason: BlindReason): void {
    this.state = 'blind';
    this.blindReason = reason;
    this.#buffer.clear();
  }

  /**
   * Takes what is new in a turn. Bytes that were not captured are passed over: of a turn all of them; of a piece in stream mode
   * only those that are body for sure, since the next piece may have the others.
   */
  read(turn: Turn): void {
    if (this.position < 0) this.position = turn.offsetBytes;
    const missing = turn.offsetBytes - this.position;
    if (missing > 0) this.#skip(turn, missing);
    const captured = turn.prefixEnd - turn.prefixStart;
    const known = this.position - turn.offsetBytes;
    if (known < captured) {
      this.position = turn.offsetBytes + captured;
      this.#feed(turn, turn.prefixStart + known, turn.prefixEnd);
    }
    const unseen = turn.sizeBytes - (this.position - turn.offsetBytes);
    if (unseen <= 0) return;
    if (turn.isPiece) this.#skipBody(turn, unseen);
    else this.#skip(turn, unseen);
  }

  #feed(turn: Turn, start: number, end: number): void {
    const bytes = turn.data;
    let at = start;
    while (at < end) {
      switch (this.state) {
        case 'head':
          at = this.#readHead(turn, at, end);
          break;
        case 'length': {
          const taken = Math.min(this.remaining, end - at);
          at += taken;
          this.#consumeBody(turn, taken);
          break;
        }
        case 'chunked':
          at = this.#chunks.scan(bytes, at, end, this.#framingWatcher(turn));
          if (this.#chunks.isDone) this.#ended(turn);
          else if (this.#chunks.isInvalid) this.goBlind('chunked');
          break;
        case 'until-close':
          this.#bodyBytes += end - at;
          return;
        case 'blind':
          return;
      }
    }
  }

  #readHead(turn: Turn, start: number, end: number): number {
    const bytes = turn.data;
    let at = start;
    if (this.#buffer.length === 0) {
      while (at < end && (bytes[at] === CR || bytes[at] === LF)) at++;
      if (at > start) this.#watch(turn, bytes, start, at, offsetOf(turn, start), true);
      if (at === end) return end;
      this.beganWithTurn = start === turn.prefixStart;
      this.arrivedNs = turn.arrivedNs;
      this.firstNs = turn.firstNs;
      this.startFlags = turn.flags;
      const behind = this.#parse(bytes, at, end, this.head);
      if (behind === NEED_MORE) {
        const isRestUnseen = !turn.isPiece && turn.sizeBytes > turn.prefixEnd - turn.prefixStart;
        this.#watch(turn, bytes, at, end, offsetOf(turn, at), isRestUnseen);
        if (isRestUnseen) this.#cutHead(turn, end - at, this.position - (end - at));
        else this.#buffer.append(bytes, at, end);
        return end;
      }
      if (behind >= 0) this.#watch(turn, bytes, at, behind, offsetOf(turn, at), true);
      return this.#headRead(turn, behind, end);
    }
    const buffer = this.#buffer;
    at = buffer.append(bytes, at, end);
    const begin = offsetOf(turn, at) - buffer.length;
    if (buffer.isFull) {
      this.#cut(turn, begin);
      return at;
    }
    this.#watch(turn, buffer.bytes, 0, buffer.length, begin, buffer.isWhole);
    if (!buffer.isWhole) return at;
    const behind = this.#parse(buffer.bytes, 0, buffer.length, this.head);
    const outcome = this.#headRead(turn, behind < 0 ? behind : at, end);
    buffer.clear();
    return outcome;
  }

  /** `behind`: the offset behind the head, or why there is none. Returns the offset to go on from. */
  #headRead(turn: Turn, behind: number, end: number): number {
    if (behind < 0) {
      this.goBlind('unreadable');
      this.#handler.onUnreadable(turn);
      return end;
    }
    this.headEnd = turn.offsetBytes + behind - turn.prefixStart;
    this.#beginBody(turn, this.#handler.onHead(turn, false));
    return behind;
  }

  #beginBody(turn: Turn, framing: Framing): void {
    this.#bodyBytes = 0;
    this.#chunks.reset();
    switch (framing) {
      case 'none':
        this.#ended(turn);
        break;
      case 'length':
        this.state = 'length';
        this.remaining = this.head.contentLength;
        break;
      case 'chunked':
      case 'until-close':
        this.state = framing;
        break;
      case 'unknown':
      case 'tunnel':
        this.goBlind(framing);
        break;
    }
  }

  #ended(turn: Turn): void {
    this.state = 'head';
    this.#handler.onEnd(turn);
  }

  #consumeBody(turn: Turn, count: number): void {
    this.remaining -= count;
    this.#bodyBytes += count;
    if (this.remaining === 0) this.#ended(turn);
  }

  /** Passes over bytes that are body for sure; returns how many. */
  #skipBody(turn: Turn, count: number): number {
    let skipped = 0;
    if (this.state === 'length') {
      skipped = Math.min(count, this.remaining);
      this.position += skipped;
      this.#consumeBody(turn, skipped);
    } else if (this.state === 'chunked') {
      skipped = this.#chunks.skip(count);
      this.position += skipped;
    } else if (this.state === 'until-close') {
      skipped = count;
      this.position += count;
      this.#bodyBytes += count;
    }
    return skipped;
  }

  #skip(turn: Turn, count: number): void {
    const left = count - this.#skipBody(turn, count);
    if (left === 0) return;
    if (this.isInHead) {
      const begin = this.position - this.#buffer.length;
      this.position += left;
      this.#cut(turn, begin);
      return;
    }
    this.position += left;
    if (this.state === 'chunked') this.goBlind('chunked');
    else if (this.state === 'head' && left >= MESSAGE_BYTES_MIN) {
      this.beganWithTurn = this.position - left === turn.offsetBytes;
      this.arrivedNs = turn.arrivedNs;
      this.firstNs = turn.firstNs;
      this.startFlags = turn.flags;
      this.goBlind('unseen');
      this.#handler.onUnseen(turn);
    }
  }

  /** The rest of a head was not captured: makes do with its beginning, which is in the buffer. */
  #cut(turn: Turn, begin: number): void {
    const { bytes, length } = this.#buffer;
    const outcome = this.#parse(bytes, 0, length, this.head);
    this.#watch(turn, bytes, 0, length, begin, true);
    if (outcome === NEED_MORE) {
      this.#cutHead(turn, length, begin);
    } else {
      this.goBlind('unreadable');
      this.#handler.onUnreadable(turn);
    }
  }

  /** What there is of the head is read. */
  #cutHead(turn: Turn, length: number, begin: number): void {
    this.#cutBytes = length;
    this.#cutPosition = begin;
    this.goBlind('cut');
    this.#handler.onHead(turn, true);
  }

  #watch(turn: Turn, bytes: Uint8Array, start: number, end: number, offset: number, isOver: boolean): void {
    this.#watcher?.onHead(turn.direction, offset, bytes, start, end, isOver);
  }

  #framingWatcher(turn: Turn): ((at: number, byte: number) => void) | undefined {
    const watcher = this.#watcher;
    if (watcher === undefined) return undefined;
    return (at, byte) => watcher.onFraming(turn.direction, offsetOf(turn, at), byte);
  }
}

/** Stream offset of a byte of what was captured of a turn. */
function offsetOf(turn: Turn, at: number): number {
  return turn.offsetBytes + at - turn.prefixStart;
}
