import type { Turn } from '../../connections/turn.ts';
import { RECORD_FLAG } from '../../events/layout.gen.ts';
import type { HeldBytes, Holder } from '../held-bytes.ts';
import { ByteBuffer } from './byte-buffer.ts';
import { FRAME, FRAME_FLAG, FRAME_HEADER_BYTES, FrameHeader, PREFACE, readUint32 } from './frame.ts';
import { findFrame } from './frame-search.ts';
import { Origin } from './origin.ts';

/** Larger header blocks are given up; servers accept 8 to 64 KiB. */
const BLOCK_BYTES_MAX = 65_536;

/** What a reader tells of the frames it finds; `reader.header` is the frame. */
export interface FrameHandler {
  /** A frame that a peer may send begins; its payload is at `reader.payloadOffset`. */
  onFrame?(reader: FrameReader): void;
  /** A whole header block, of HEADERS and their CONTINUATIONs; it began at `reader.origin`. */
  onHeaders(reader: FrameReader, turn: Turn, bytes: Uint8Array, start: number, end: number): void;
  /** A whole header block of PUSH_PROMISE. */
  onPromise(reader: FrameReader, bytes: Uint8Array, start: number, end: number): void;
  /** The first bytes of the content of DATA, as many as are there at once. */
  onDataBegin(reader: FrameReader, bytes: Uint8Array, start: number, end: number): void;
  /** A whole DATA frame with `size` bytes of content; undefined where the padding was not seen. */
  onData(reader: FrameReader, turn: Turn, size: number | undefined): void;
  onReset(reader: FrameReader, turn: Turn, code: number): void;
  onGoaway(reader: FrameReader, turn: Turn, lastStreamId: number): void;
  /** Bytes are missing, or make no sense: frames are looked for from here. */
  onLost(reader: FrameReader, isMalformed: boolean): void;
  /** A frame was found again, behind bytes that were not understood. */
  onFound(reader: FrameReader): void;
}

/** `lost`: it is not known where frames begin. `gather`: in a payload that is needed whole. The others: in what they say. */
type State = 'lost' | 'preface' | 'header' | 'data' | 'skip' | 'gather';

/**
 * Cuts one direction of a connection into frames (RFC 9113 §4), from bytes in pieces of any size. Stretches may be missing inside of payloads that
 * nobody reads; if others are, it says so and looks for a frame to go on with.
 */
export class FrameReader implements Holder {
  heldBytes = 0;
  /** DIRECTION. */
  readonly direction: number;
  readonly header: FrameHeader = new FrameHeader();
  /** Of the header block at hand: its first byte, its stream, and whether that ends with it. */
  readonly origin: Origin = new Origin();
  blockStreamId = 0;
  blockEndsStream = false;
  /** Stream offset of the first byte of the payload at hand. */
  payloadOffset = 0;

  readonly #handler: FrameHandler;
  readonly #held: HeldBytes;
  #state: State;
  /** Stream offset of the next byte; -1: takes that of the next piece. */
  #position: number;
  /** Bytes left of the payload, or of the preface. */
  #remaining = 0;
  /** Length of the padding; -1: in the next byte, -2: was not seen. */
  #padding = 0;
  #blockIsPromise = false;
  /** A header block goes on with CONTINUATION. */
  #isInBlock = false;
  readonly #headerBytes = new Uint8Array(FRAME_HEADER_BYTES);
  #headerLength = 0;
  /** Bytes went by since it is lost. */
  #hasSkipped = false;
  /** Bytes that were not seen, or not understood, and may have been frames of any kind. */
  #missedBytes = 0;
  /** Stream offset behind the last call. */
  #callEnd = 0;
  readonly #payload = new ByteBuffer();
  readonly #block = new ByteBuffer();

  /** `position`: stream offset of the first byte to read, -1 where it is not known. */
  constructor(
    direction: number,
    handler: FrameHandler,
    held: HeldBytes,
    state: 'lost' | 'preface' | 'header',
    position: number,
  ) {
    this.direction = direction;
    this.#handler = handler;
    this.#held = held;
    this.#state = state;
    this.#position = position;
    if (state === 'preface') this.#remaining = PREFACE.length;
  }

  get isLost(): boolean {
    return this.#state === 'lost';
  }

  /** What the bytes so far mean depends on those that come next. */
  get isUndecided(): boolean {
    return this.#state === 'preface' || this.#state === 'gather' || this.#headerLength > 0 || this.#isInBlock;
  }

  /** Of DATA whose content begins: how many bytes of padding end it. */
  get paddingBytes(): number {
    return this.#padding;
  }

  /** How many bytes were missed since this was last asked: all lost frames were among them. */
  takeMissedBytes(): number {
    const missed = this.#missedBytes;
    this.#missedBytes = 0;
    return missed;
  }

  /** The same when nothing more will come: what is there of a frame is missed, too, and so is the end of the last call. */
  takeLastMissedBytes(): number {
    const unseen = this.#position < 0 ? 0 : Math.max(0, this.#callEnd - this.#position);
    return this.takeMissedBytes() + unseen + this.#begunBytes;
  }

  /** Takes what is new in a turn or a piece. */
  read(turn: Turn): void {
    const missing = turn.offsetBytes - Math.max(0, this.#position);
    this.#callEnd = turn.offsetBytes + turn.sizeBytes;
    if (this.#position < 0) this.#missedBytes += Math.max(0, missing);
    else if (missing > 0) this.#miss(turn, missing);
    if (this.#position < turn.offsetBytes) this.#position = turn.offsetBytes;
    const captured = turn.prefixEnd - turn.prefixStart;
    const known = this.#position - turn.offsetBytes;
    if (known < captured) {
      this.#position = turn.offsetBytes + captured;
      this.#feed(turn, turn.prefixStart + known, turn.prefixEnd);
    }
    // The next piece may have the others.
    const unseen = turn.sizeBytes - (this.#position - turn.offsetBytes);
    if (unseen > 0) this.#skip(turn, unseen);
    this.#held.set(this, this.#payload.capacity + this.#block.capacity);
  }

  /** The header block that began is taken as lost. */
  giveUp(): void {
    this.#lose(false);
  }

  /** The connection is over. */
  release(): void {
    this.#payload.clear();
    this.#block.clear();
    this.#held.set(this, 0);
  }

  /** What is there of a header, or of a frame that is needed whole: that has a header, and a byte that is not there yet. */
  get #begunBytes(): number {
    const isGathering = this.#state === 'gather';
    const begun = this.#headerLength + this.#payload.length + this.#block.length;
    return isGathering || this.#isInBlock ? FRAME_HEADER_BYTES + 1 + begun : begun;
  }

  /** Bytes before this turn are missing. */
  #miss(turn: Turn, missing: number): void {
    const skipped = this.#skip(turn, missing);
    if (skipped === missing) return;
    this.#missedBytes += missing - skipped;
    this.#lose(false);
  }

  /** Passes over bytes of a payload that nobody reads; returns how many. */
  #skip(turn: Turn, count: number): number {
    if (this.#state !== 'data' && this.#state !== 'skip') return 0;
    if (this.#padding === -1) this.#padding = -2;
    const skipped = Math.min(count, this.#remaining);
    this.#position += skipped;
    this.#remaining -= skipped;
    if (this.#remaining === 0) this.#endPayload(turn);
    return skipped;
  }

  #feed(turn: Turn, start: number, end: number): void {
    const bytes = turn.data;
    let at = start;
    while (at < end) {
      switch (this.#state) {
        case 'header':
          at = this.#readHeader(turn, at, end);
          break;
        case 'data':
          if (this.#padding < 0) {
            at = this.#readPadding(turn, bytes, at, end);
            break;
          }
          at = this.#pass(turn, at, end);
          break;
        case 'skip':
          at = this.#pass(turn, at, end);
          break;
        case 'gather':
          at = this.#gather(turn, at, end);
          break;
        case 'preface':
          at = this.#readPreface(bytes, at, end);
          break;
        case 'lost':
          at = this.#find(turn, at);
          if (at < 0) return;
          break;
      }
    }
  }

  #find(turn: Turn, from: number): number {
    const { data, prefixStart, prefixEnd, flags } = turn;
    // The kernel walks the frames, too, and may know.
    const isFrame = from === prefixStart && (flags & RECORD_FLAG.FRAME) !== 0 && data[from + 3] !== FRAME.CONTINUATION;
    const at = isFrame ? from : findFrame(data, prefixStart, from, prefixEnd);
    if (at !== from) this.#hasSkipped = true;
    this.#missedBytes += (at < 0 ? prefixEnd : at) - from;
    if (at < 0) return at;
    this.#state = 'header';
    if (this.#hasSkipped) this.#handler.onFound(this);
    return at;
  }

  #readPreface(bytes: Uint8Array, start: number, end: number): number {
    let at = start;
    while (at < end && this.#remaining > 0) {
      if (bytes[at++] !== PREFACE[PREFACE.length - this.#remaining--]) {
        this.#lose(true);
        return at;
      }
    }
    if (this.#remaining === 0) this.#state = 'header';
    return at;
  }

  #readHeader(turn: Turn, start: number, end: number): number {
    if (this.#headerLength === 0 && end - start >= FRAME_HEADER_BYTES) {
      this.header.read(turn.data, start);
      if (this.header.type === FRAME.HEADERS) this.origin.take(turn);
      this.#beginPayload(turn, start + FRAME_HEADER_BYTES);
      if (this.#state === 'data') this.#beginData(turn.data, start + FRAME_HEADER_BYTES, end);
      return start + FRAME_HEADER_BYTES;
    }
    if (this.#headerLength === 0 && !this.#isInBlock) this.origin.take(turn);
    let at = start;
    while (at < end && this.#headerLength < FRAME_HEADER_BYTES) {
      this.#headerBytes[this.#headerLength++] = turn.data[at++] ?? 0;
    }
    if (this.#headerLength === FRAME_HEADER_BYTES) {
      this.#headerLength = 0;
      this.header.read(this.#headerBytes, 0);
      this.#beginPayload(turn, at);
      if (this.#state === 'data') this.#beginData(turn.data, at, end);
    }
    return at;
  }

  /** The payload, or the next frame, is at `turn.data[at]`. */
  #beginPayload(turn: Turn, at: number): void {
    const { header } = this;
    const isContinuation = header.type === FRAME.CONTINUATION;
    if (!header.isValid || isContinuation !== this.#isInBlock) {
      this.#lose(true);
      return;
    }
    this.payloadOffset = turn.offsetBytes + at - turn.prefixStart;
    this.#handler.onFrame?.(this);
    this.#remaining = header.length;
    this.#padding = 0;
    switch (header.type) {
      case FRAME.DATA:
        this.#state = 'data';
        if (header.has(FRAME_FLAG.PADDED)) this.#padding = -1;
        break;
      case FRAME.HEADERS:
      case FRAME.PUSH_PROMISE:
      case FRAME.CONTINUATION:
        if (this.#block.length + header.length > BLOCK_BYTES_MAX) {
          this.#lose(true);
          return;
        }
        this.#state = 'gather';
        break;
      case FRAME.RST_STREAM:
      case FRAME.GOAWAY:
        this.#state = 'gather';
        // Debug data may follow the first 8 bytes of GOAWAY.
        this.#remaining = Math.min(header.length, 8);
        break;
      default:
        this.#state = 'skip';
    }
    if (this.#remaining > 0) return;
    if (this.#state === 'gather') this.#endGather(turn, turn.data, 0, 0);
    else this.#endPayload(turn);
  }

  /** The content of DATA, behind the byte that tells of padding. */
  #beginData(bytes: Uint8Array, start: number, end: number): void {
    if (this.#padding === 0) this.#handler.onDataBegin(this, bytes, start, Math.min(end, start + this.#remaining));
  }

  #readPadding(turn: Turn, bytes: Uint8Array, at: number, end: number): number {
    if (this.#padding === -2) return this.#pass(turn, at, end);
    this.#padding = bytes[at] ?? 0;
    this.#remaining -= 1;
    if (this.#padding > this.#remaining) {
      this.#lose(true);
      return end;
    }
    const content = Math.min(end, at + 1 + this.#remaining - this.#padding);
    this.#handler.onDataBegin(this, bytes, at + 1, content);
    if (this.#remaining === 0) this.#endPayload(turn);
    return at + 1;
  }

  #pass(turn: Turn, at: number, end: number): number {
    const passed = Math.min(this.#remaining, end - at);
    this.#remaining -= passed;
    if (this.#remaining === 0) this.#endPayload(turn);
    return at + passed;
  }

  #endPayload(turn: Turn): void {
    const isData = this.#state === 'data';
    this.#state = 'header';
    if (!isData) return;
    const { length } = this.header;
    const framing = this.header.has(FRAME_FLAG.PADDED) ? 1 + this.#padding : 0;
    this.#handler.onData(this, turn, framing < 0 ? undefined : length - framing);
  }

  #gather(turn: Turn, start: number, end: number): number {
    const payload = this.#payload;
    if (payload.length === 0 && end - start >= this.#remaining) {
      const behind = start + this.#remaining;
      this.#endGather(turn, turn.data, start, behind);
      return behind;
    }
    const behind = Math.min(end, start + this.#remaining);
    payload.append(turn.data, start, behind);
    this.#remaining -= behind - start;
    if (this.#remaining === 0) {
      const { bytes, length } = payload;
      payload.clear();
      this.#endGather(turn, bytes, 0, length);
    }
    return behind;
  }

  #endGather(turn: Turn, bytes: Uint8Array, start: number, end: number): void {
    const { header } = this;
    this.#state = 'header';
    switch (header.type) {
      case FRAME.RST_STREAM:
        this.#handler.onReset(this, turn, readUint32(bytes, start) >>> 0);
        break;
      case FRAME.GOAWAY:
        if (header.length > 8) {
          this.#state = 'skip';
          this.#remaining = header.length - 8;
        }
        this.#handler.onGoaway(this, turn, readUint32(bytes, start) & 0x7fffffff);
        break;
      case FRAME.CONTINUATION:
        if (header.streamId !== this.blockStreamId) this.#lose(true);
        else this.#addToBlock(turn, bytes, start, end);
        break;
      default:
        this.#beginBlock(turn, bytes, start, end);
    }
  }

  #beginBlock(turn: Turn, bytes: Uint8Array, start: number, end: number): void {
    const { header } = this;
    this.#blockIsPromise = header.type === FRAME.PUSH_PROMISE;
    this.blockStreamId = header.streamId;
    this.blockEndsStream = !this.#blockIsPromise && header.has(FRAME_FLAG.END_STREAM);
    let from = start;
    let to = end;
    if (header.has(FRAME_FLAG.PADDED)) to -= bytes[from++] ?? 0;
    if (this.#blockIsPromise) from += 4;
    else if (header.has(FRAME_FLAG.PRIORITY)) from += 5;
    if (from > to || from > end) this.#lose(true);
    else this.#addToBlock(turn, bytes, from, to);
  }

  #addToBlock(turn: Turn, bytes: Uint8Array, start: number, end: number): void {
    const block = this.#block;
    const isLast = this.header.has(FRAME_FLAG.END_HEADERS);
    this.#isInBlock = !isLast;
    if (isLast && block.length === 0) {
      this.#endBlock(turn, bytes, start, end);
      return;
    }
    block.append(bytes, start, end);
    if (!isLast) return;
    const { bytes: whole, length } = block;
    block.clear();
    this.#endBlock(turn, whole, 0, length);
  }

  #endBlock(turn: Turn, bytes: Uint8Array, start: number, end: number): void {
    if (this.#blockIsPromise) this.#handler.onPromise(this, bytes, start, end);
    else this.#handler.onHeaders(this, turn, bytes, start, end);
  }

  #lose(isMalformed: boolean): void {
    if (this.#state === 'lost') return;
    this.#missedBytes += (isMalformed ? FRAME_HEADER_BYTES : 0) + this.#begunBytes;
    this.#state = 'lost';
    this.#hasSkipped = false;
    this.#headerLength = 0;
    this.#isInBlock = false;
    this.#payload.clear();
    this.#block.clear();
    this.#handler.onLost(this, isMalformed);
  }
}
