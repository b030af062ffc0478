import { CloseEvent, ExecEvent, HeadEvent, ListenEvent, ProcessEvent, TurnEvent } from './event.ts';
import type { EventSink } from './event-sink.ts';
import {
  BEYLA_ABI_VERSION,
  CLOSE_RECORD,
  EXEC_RECORD,
  EXECUTABLE_KEY,
  HEAD_RECORD,
  LISTEN_RECORD,
  PROCESS_RECORD,
  RECORD_FLAG,
  RECORD_HEADER,
  RECORD_KIND,
  TURN_RECORD,
} from './layout.gen.ts';

const TWO_32 = 2 ** 32;

/** By kind; 0 where there is no such kind. */
const LEAST_SIZE = new Uint16Array(256);
LEAST_SIZE[RECORD_KIND.TURN] = LEAST_SIZE[RECORD_KIND.CHUNK] = TURN_RECORD.size;
// Recordings may be from before it told of streams.
LEAST_SIZE[RECORD_KIND.CLOSE] = CLOSE_RECORD.lastStream;
// The same, of files.
LEAST_SIZE[RECORD_KIND.EXEC] = EXEC_RECORD.executable;
LEAST_SIZE[RECORD_KIND.FORK] = LEAST_SIZE[RECORD_KIND.EXIT] = PROCESS_RECORD.size;
LEAST_SIZE[RECORD_KIND.TLS] = LEAST_SIZE[RECORD_KIND.LOADED] = PROCESS_RECORD.size;
LEAST_SIZE[RECORD_KIND.UNSEEN] = PROCESS_RECORD.size;
LEAST_SIZE[RECORD_KIND.HEAD] = HEAD_RECORD.size;
LEAST_SIZE[RECORD_KIND.LISTEN] = LEAST_SIZE[RECORD_KIND.UNCLAIMED] = LISTEN_RECORD.size;

/**
 * Walks the records of a batch: each starts at a multiple of 8 and says its size.
 *
 * Reads through typed-array views and fills one reused object per kind, so that a batch of any size makes no garbage. Never
 * throws: what it cannot use it reports as malformed. Needs a little-endian host, which every platform of the library is.
 */
export class BatchDecoder {
  #bytes: Uint8Array = new Uint8Array(0);
  #words16: Uint16Array = new Uint16Array(0);
  #words32: Uint32Array = new Uint32Array(0);
  readonly #turn = new TurnEvent();
  readonly #head = new HeadEvent();
  readonly #close = new CloseEvent();
  readonly #exec = new ExecEvent();
  readonly #process = new ProcessEvent();
  readonly #listen = new ListenEvent();

  /** Reports the records in the first `length` bytes of `batch` to `sink`. */
  decode(batch: Uint8Array, length: number, sink: EventSink): void {
    const bytes = this.#view(batch);
    const end = Math.min(length, bytes.length);
    let at = 0;
    while (at < end) {
      const size = at + RECORD_HEADER.size <= end ? (this.#words32[at >> 2] ?? 0) : 0;
      if (size < RECORD_HEADER.size || size > end - at) {
        // Where the next record starts cannot be known: the rest of the batch is lost.
        sink.onMalformed('size');
        return;
      }
      if (bytes[at + RECORD_HEADER.abi] === BEYLA_ABI_VERSION) this.#record(at, size, sink);
      else sink.onMalformed('abi');
      at += (size + 7) & ~7;
    }
  }

  #record(at: number, size: number, sink: EventSink): void {
    const kind = this.#bytes[at + RECORD_HEADER.kind] ?? 0;
    const least = LEAST_SIZE[kind] ?? 0;
    if (least === 0) sink.onMalformed('kind');
    else if (size < least) sink.onMalformed('size');
    else if (kind === RECORD_KIND.TURN || kind === RECORD_KIND.CHUNK) this.#turnRecord(at, size, kind, sink);
    else if (kind === RECORD_KIND.HEAD) this.#headRecord(at, size, sink);
    else if (kind === RECORD_KIND.CLOSE) this.#closeRecord(at, size, sink);
    else if (kind === RECORD_KIND.LISTEN || kind === RECORD_KIND.UNCLAIMED) this.#listenRecord(at, kind, sink);
    else if (kind === RECORD_KIND.EXEC) this.#execRecord(at, size, sink);
    else this.#processRecord(at, kind, sink);
  }

  #headRecord(at: number, size: number, sink: EventSink): void {
    const captured = this.#u16(at + HEAD_RECORD.captured);
    if (captured > size - HEAD_RECORD.size) {
      sink.onMalformed('captured');
      return;
    }
    const event = this.#head;
    event.data = this.#bytes;
    event.start = at + HEAD_RECORD.size;
    event.end = event.start + captured;
    event.connection = this.#u64(at + HEAD_RECORD.connection);
    event.seq = this.#u32(at + HEAD_RECORD.seq);
    event.offset = this.#u32(at + HEAD_RECORD.offset);
    event.direction = this.#bytes[at + HEAD_RECORD.direction] === 0 ? 0 : 1;
    sink.onHead(event);
  }

  #closeRecord(at: number, size: number, sink: EventSink): void {
    const event = this.#close;
    event.connection = this.#u64(at + CLOSE_RECORD.connection);
    event.ns = this.#u64(at + CLOSE_RECORD.ns);
    event.lastSeq = this.#u32(at + CLOSE_RECORD.lastSeq);
    event.endsLost = this.#u32(at + CLOSE_RECORD.endsLost);
    event.lastStream = size < CLOSE_RECORD.size ? 0 : this.#u32(at + CLOSE_RECORD.lastStream);
    const flags = this.#u16(at + RECORD_HEADER.flags);
    event.isMidstream = (flags & RECORD_FLAG.MIDSTREAM) !== 0;
    event.isFramed = (flags & RECORD_FLAG.FRAME) !== 0;
    event.wasReset = (flags & RECORD_FLAG.RESET) !== 0;
    sink.onClose(event);
  }

  #execRecord(at: number, size: number, sink: EventSink): void {
    const event = this.#exec;
    event.ns = this.#u64(at + EXEC_RECORD.ns);
    event.pid = this.#u32(at + EXEC_RECORD.pid);
    event.isSelected = (this.#u16(at + RECORD_HEADER.flags) & RECORD_FLAG.SELECTED) !== 0;
    event.executable = '';
    if (size >= EXEC_RECORD.size) {
      const start = at + EXEC_RECORD.executable;
      for (let byte = start; byte < start + EXECUTABLE_KEY.size; byte++)
        event.executable += String.fromCharCode(this.#bytes[byte] ?? 0);
    }
    sink.onExec(event);
  }

  #processRecord(at: number, kind: number, sink: EventSink): void {
    const event = this.#process;
    event.ns = this.#u64(at + PROCESS_RECORD.ns);
    event.pid = this.#u32(at + PROCESS_RECORD.pid);
    event.parent = this.#u32(at + PROCESS_RECORD.parent);
    if (kind === RECORD_KIND.FORK) sink.onFork(event);
    else if (kind === RECORD_KIND.TLS) sink.onTls?.(event);
    else if (kind === RECORD_KIND.LOADED) sink.onLoaded?.(event);
    else if (kind === RECORD_KIND.UNSEEN) sink.onUnseen?.(event);
    else sink.onExit(event);
  }

  #listenRecord(at: number, kind: number, sink: EventSink): void {
    const event = this.#listen;
    event.ns = this.#u64(at + LISTEN_RECORD.ns);
    event.pid = this.#u32(at + LISTEN_RECORD.pid);
    event.netns = this.#u32(at + LISTEN_RECORD.netns);
    event.port = this.#u16(at + LISTEN_RECORD.port);
    event.family = this.#bytes[at + LISTEN_RECORD.family] ?? 0;
    event.isSelected = (this.#u16(at + RECORD_HEADER.flags) & RECORD_FLAG.SELECTED) !== 0;
    if (kind === RECORD_KIND.LISTEN) sink.onListen(event);
    else sink.onUnclaimed?.(event);
  }

  #turnRecord(at: number, size: number, kind: number, sink: EventSink): void {
    const captured = this.#u16(at + TURN_RECORD.captured);
    if (captured > size - TURN_RECORD.size) {
      sink.onMalformed('captured');
      return;
    }
    const bytes = this.#bytes;
    const event = this.#turn;
    event.data = bytes;
    event.prefixStart = at + TURN_RECORD.size;
    event.prefixEnd = event.prefixStart + captured;
    event.flags = this.#u16(at + RECORD_HEADER.flags);
    event.connection = this.#u64(at + TURN_RECORD.connection);
    event.sockLow = this.#u32(at + TURN_RECORD.sock);
    event.sockHigh = this.#u32(at + TURN_RECORD.sock + 4);
    event.arrivedNs = this.#u64(at + TURN_RECORD.arrivedNs);
    event.firstNs = this.#u64(at + TURN_RECORD.firstNs);
    event.lastNs = this.#u64(at + TURN_RECORD.lastNs);
    event.sizeBytes = this.#u64(at + TURN_RECORD.bytes);
    event.offsetBytes = this.#u64(at + TURN_RECORD.offset);
    event.tailLow = this.#u32(at + TURN_RECORD.tail);
    event.tailHigh = this.#u32(at + TURN_RECORD.tail + 4);
    event.context = this.#u64(at + TURN_RECORD.context);
    event.pid = this.#u32(at + TURN_RECORD.pid);
    event.tid = this.#u32(at + TURN_RECORD.tid);
    event.seq = this.#u32(at + TURN_RECORD.seq);
    event.netns = this.#u32(at + TURN_RECORD.netns);
    event.localAddressStart = at + TURN_RECORD.localAddress;
    event.remoteAddressStart = at + TURN_RECORD.remoteAddress;
    event.localPort = this.#u16(at + TURN_RECORD.localPort);
    event.remotePort = this.#u16(at + TURN_RECORD.remotePort);
    event.family = bytes[at + TURN_RECORD.family] ?? 0;
    event.direction = bytes[at + TURN_RECORD.direction] === 0 ? 0 : 1;
    event.role = bytes[at + TURN_RECORD.role] ?? 0;
    if (kind === RECORD_KIND.TURN) sink.onTurn(event);
    else sink.onChunk(event);
  }

  #u16(at: number): number {
    return this.#words16[at >> 1] ?? 0;
  }

  #u32(at: number): number {
    return this.#words32[at >> 2] ?? 0;
  }

  #u64(at: number): number {
    const words = this.#words32;
    const index = at >> 2;
    return (words[index + 1] ?? 0) * TWO_32 + (words[index] ?? 0);
  }

  /** Views of the batch; kept while the caller reuses its buffer. A batch that is not aligned is copied. */
  #view(batch: Uint8Array): Uint8Array {
    const bytes = this.#bytes;
    if (bytes.buffer === batch.buffer && bytes.byteOffset === batch.byteOffset && bytes.length >= batch.length) {
      return bytes;
    }
    const aligned = batch.byteOffset % 8 === 0 ? batch : new Uint8Array(batch);
    const { buffer, byteOffset, length } = aligned;
    this.#bytes = aligned;
    this.#words16 = new Uint16Array(buffer, byteOffset, length >> 1);
    this.#words32 = new Uint32Array(buffer, byteOffset, length >> 2);
    return aligned;
  }
}
