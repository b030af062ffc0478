import type { Turn } from '../connections/turn.ts';
import type { TurnConsumer } from '../connections/turn-consumer.ts';
import { RECORD_FLAG } from '../events/layout.gen.ts';
import type { HeldBytes } from '../protocols/held-bytes.ts';
import { FRAME, FRAME_FLAG, FRAME_HEADER_BYTES, PREFACE } from '../protocols/http2/frame.ts';
import { type FrameHandler, FrameReader } from '../protocols/http2/frame-reader.ts';
import { isMessagePrefix } from '../protocols/http2/grpc.ts';
import type { Http2Start } from '../protocols/http2/http2-connection.ts';
import { BlockRedactor } from './block-redactor.ts';
import type { RecordPlaces } from './record-places.ts';

/** A message of gRPC that is longer than any: content that begins with it is taken to be gRPC, and nothing of it is told. */
const SOME_MESSAGE = Uint8Array.of(0, 0xff, 0xff, 0xff, 0xff);

/** A frame that is a part of a header block. */
interface BlockPart {
  readonly offset: number;
  readonly length: number;
  readonly isPadded: boolean;
  /** Bytes before the part of the block, which nobody reads, but for the length of the padding. */
  readonly prefixBytes: number;
}

/**
 * Writes of an HTTP/2 connection, whose content in the recording is masked, what a replay needs: the preface, the headers of frames, header
 * blocks with masked values, the codes of RST_STREAM and GOAWAY, and whether the content of a request begins like a message of gRPC. Nothing
 * of it is copied but the header blocks. Reads frames by the same rules as `Http2Connection`.
 */
export class RecordedHttp2 implements TurnConsumer, FrameHandler {
  readonly #places: RecordPlaces;
  readonly #start: Http2Start;
  readonly #readers: readonly [FrameReader, FrameReader];
  readonly #redactors: readonly [BlockRedactor, BlockRedactor];
  readonly #blocks: [BlockPart[], BlockPart[]] = [[], []];
  readonly #onSpoiled: () => void;

  /** `onSpoiled`: a header block was given up, since a part of it was written before the rest came. */
  constructor(start: Http2Start, places: RecordPlaces, held: HeldBytes, keepsPaths: boolean, onSpoiled: () => void) {
    this.#onSpoiled = onSpoiled;
    this.#start = start;
    this.#places = places;
    this.#redactors = [new BlockRedactor(keepsPaths), new BlockRedactor(keepsPaths)];
    const reader = (direction: 0 | 1): FrameReader => {
      const offset = start.offsets[direction];
      if (offset === undefined) {
        this.#redactors[direction].forget();
        return new FrameReader(direction, this, held, 'lost', -1);
      }
      const state = direction === start.requestDirection ? 'preface' : 'header';
      return new FrameReader(direction, this, held, state, offset);
    };
    this.#readers = [reader(0), reader(1)];
  }

  /** Something of what was recorded so far waits for what comes next. */
  get isUndecided(): boolean {
    return this.#readers[0].isUndecided || this.#readers[1].isUndecided;
  }

  turn(turn: Turn): boolean {
    this.#read(turn);
    return true;
  }

  chunk(piece: Turn): void {
    this.#read(piece);
  }

  gap(): void {}

  close(): void {
    this.forget();
  }

  forget(): void {
    for (const reader of this.#readers) reader.release();
  }

  onFrame({ direction, header, payloadOffset }: FrameReader): void {
    const { length, type, flags, streamId } = header;
    const bytes = new Uint8Array(FRAME_HEADER_BYTES);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, length * 256 + type);
    bytes[4] = flags;
    view.setUint32(5, streamId);
    this.#places.write(direction, payloadOffset - FRAME_HEADER_BYTES, bytes);
    if (type !== FRAME.HEADERS && type !== FRAME.PUSH_PROMISE && type !== FRAME.CONTINUATION) return;
    const isPadded = type !== FRAME.CONTINUATION && header.has(FRAME_FLAG.PADDED);
    const priorityBytes = type === FRAME.HEADERS && header.has(FRAME_FLAG.PRIORITY) ? 5 : 0;
    const prefixBytes = (isPadded ? 1 : 0) + (type === FRAME.PUSH_PROMISE ? 4 : priorityBytes);
    const block = this.#blocks[direction === 0 ? 0 : 1];
    if (type !== FRAME.CONTINUATION) block.length = 0;
    block.push({ offset: payloadOffset, length, isPadded, prefixBytes });
  }

  onHeaders(reader: FrameReader, _turn: Turn, bytes: Uint8Array, start: number, end: number): void {
    this.#writeBlock(reader.direction === 0 ? 0 : 1, bytes.slice(start, end));
  }

  onPromise(reader: FrameReader, bytes: Uint8Array, start: number, end: number): void {
    this.#writeBlock(reader.direction === 0 ? 0 : 1, bytes.slice(start, end));
  }

  onDataBegin(reader: FrameReader, bytes: Uint8Array, start: number, end: number): void {
    const { direction, header, payloadOffset, paddingBytes } = reader;
    const isPadded = header.has(FRAME_FLAG.PADDED);
    if (isPadded) this.#places.write(direction, payloadOffset, Uint8Array.of(paddingBytes));
    if (end <= start || !isMessagePrefix(bytes, start, end, header.length)) return;
    this.#places.write(direction, payloadOffset + (isPadded ? 1 : 0), SOME_MESSAGE.subarray(0, end - start));
  }

  onData(): void {}

  onReset({ direction, payloadOffset }: FrameReader, _turn: Turn, code: number): void {
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setUint32(0, code);
    this.#places.write(direction, payloadOffset, bytes);
  }

  onGoaway({ direction, payloadOffset }: FrameReader, _turn: Turn, lastStreamId: number): void {
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setUint32(0, lastStreamId);
    this.#places.write(direction, payloadOffset, bytes);
  }

  onLost({ direction }: FrameReader): void {
    this.#redactors[direction === 0 ? 0 : 1].forget();
  }

  onFound(): void {}

  #read(turn: Turn): void {
    const { requestDirection, offsets } = this.#start;
    const preface = requestDirection === undefined ? undefined : offsets[requestDirection];
    if (turn.direction === requestDirection && preface !== undefined && turn.offsetBytes < preface + PREFACE.length) {
      this.#places.write(requestDirection, preface, PREFACE);
    }
    // A reader that is lost takes up any frame that the kernel knows to begin here, but this kind.
    const isContinuation = turn.data[turn.prefixStart + 3] === FRAME.CONTINUATION;
    if ((turn.flags & RECORD_FLAG.FRAME) !== 0 && turn.prefixEnd > turn.prefixStart + 3 && isContinuation) {
      this.#places.write(turn.direction, turn.offsetBytes + 3, Uint8Array.of(FRAME.CONTINUATION));
    }
    this.#readers[turn.direction === 0 ? 0 : 1].read(turn);
  }

  #writeBlock(direction: 0 | 1, block: Uint8Array): void {
    this.#redactors[direction].redact(block);
    if (this.#scatter(direction, block)) return;
    this.#onSpoiled();
    this.#redactors[direction].spoil(block);
    this.#scatter(direction, block);
  }

  /** Puts the block where its parts came from; false where some of them are written already. */
  #scatter(direction: 0 | 1, block: Uint8Array): boolean {
    let isWhole = true;
    let end = block.length;
    const parts = this.#blocks[direction];
    for (let i = parts.length - 1; i >= 0; i--) {
      const { offset, length, isPadded, prefixBytes } = parts[i] as BlockPart;
      // All parts but the first consist of nothing else.
      const size = i === 0 ? end : length;
      const bytes = block.subarray(end - size, end);
      end -= size;
      if (!this.#places.write(direction, offset + prefixBytes, bytes)) isWhole = false;
      if (isPadded) this.#places.write(direction, offset, Uint8Array.of(length - prefixBytes - size));
    }
    return isWhole;
  }
}
