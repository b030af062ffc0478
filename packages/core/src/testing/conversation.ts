import { RECORD_FLAG } from '../events/layout.gen.ts';
import { bytesOf, chunk, close, type TurnFacts, turn } from './records.ts';

/** How the kernel side would report what is said. */
export interface ConversationOptions {
  /** Default 1. */
  connection?: number;
  /** Which side of the connection the observed process is on; default server. */
  role?: 'server' | 'client';
  /** Captured bytes of each turn; default 512. */
  captureLimit?: number;
  /** Report every call by itself; default false. */
  stream?: boolean;
  pid?: number;
}

interface OpenTurn {
  facts: TurnFacts & { seq: number };
  bytes: Uint8Array;
  reportedBytes: number;
  reportedCaptured: number;
}

const STEP_NS = 1_000;

/**
 * Plays the kernel side for one connection: say what is sent in which calls, get the records that the BPF programs would make of it
 * (bpf/lib/turn.h): a request's turn whole when the answer begins, a response's head at its first write and its end if it grew.
 */
export class Conversation {
  readonly records: Uint8Array[] = [];
  /** CLOCK_MONOTONIC of the next call; every call takes a microsecond. */
  nowNs: number;
  readonly #options: Required<ConversationOptions>;
  readonly #requestDirection: 'in' | 'out';
  readonly #offsets = { in: 0, out: 0 };
  readonly #pieces = { in: 0, out: 0 };
  #isStream: boolean;
  #seq = 0;
  #isEndToBeLost = false;
  #endsLost = 0;
  #open: OpenTurn | undefined;

  constructor(options: ConversationOptions = {}, nowNs = 1_000_000) {
    this.#options = { connection: 1, role: 'server', captureLimit: 512, stream: false, pid: 100, ...options };
    this.#isStream = this.#options.stream;
    this.#requestDirection = this.#options.role === 'server' ? 'in' : 'out';
    this.nowNs = nowNs;
  }

  /** The asking side sends these bytes, one call for each part. */
  ask(...parts: (string | Uint8Array)[]): this {
    for (const part of parts) this.#call(this.#requestDirection, bytesOf(part));
    return this;
  }

  /** The answering side sends these bytes, one call for each part. */
  answer(...parts: (string | Uint8Array)[]): this {
    for (const part of parts) this.#call(this.#requestDirection === 'in' ? 'out' : 'in', bytesOf(part));
    return this;
  }

  wait(ms: number): this {
    this.nowNs += ms * 1e6;
    return this;
  }

  /** The next `turns` turns find no room on the ring. */
  lose(turns: number): this {
    this.#finish(0);
    this.#seq += turns;
    return this;
  }

  /** The other side is about to speak, or the connection to end: the open turn is over. */
  finishTurn(): this {
    this.#finish(0);
    this.#isEndToBeLost = false;
    return this;
  }

  /** The end of the open turn, if it has one, finds no room on the ring. */
  loseEnd(): this {
    this.#isEndToBeLost = true;
    return this;
  }

  /** The kernel reports every call by itself from here on, or turns again. */
  report(mode: 'calls' | 'turns'): this {
    this.#finish(0);
    this.#seq += this.#pieces.in + this.#pieces.out;
    this.#pieces.in = this.#pieces.out = 0;
    this.#isStream = mode === 'calls';
    return this;
  }

  close(): this {
    this.#finish(RECORD_FLAG.CLOSED);
    const { connection } = this.#options;
    const lastSeq = this.#seq + this.#pieces.in + this.#pieces.out;
    this.records.push(close({ connection, ns: this.nowNs, lastSeq, endsLost: this.#endsLost }));
    this.nowNs += STEP_NS;
    return this;
  }

  /** The records so far, once. */
  take(): Uint8Array[] {
    return this.records.splice(0);
  }

  #call(direction: 'in' | 'out', bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.nowNs += STEP_NS;
    if (this.#isStream) this.#chunk(direction, bytes);
    else this.#turn(direction, bytes);
    this.#offsets[direction] += bytes.length;
  }

  #chunk(direction: 'in' | 'out', bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at += 4096) {
      this.#pieces[direction] += 1;
      const piece = bytes.subarray(at, at + 4096);
      this.records.push(
        chunk({
          ...this.#facts(direction, this.#seq + this.#pieces[direction]),
          bytes: piece,
          sizeBytes: bytes.length - at,
          offsetBytes: this.#offsets[direction] + at,
          flags: at > 0 ? RECORD_FLAG.CONTINUED : 0,
        }),
      );
    }
  }

  #turn(direction: 'in' | 'out', bytes: Uint8Array): void {
    let open = this.#open;
    if (open === undefined || open.facts.direction !== direction) {
      this.#finish(0);
      this.#seq += 1;
      const facts = { ...this.#facts(direction, this.#seq), offsetBytes: this.#offsets[direction] };
      open = { facts, bytes: new Uint8Array(0), reportedBytes: 0, reportedCaptured: 0 };
      this.#open = open;
    }
    open.bytes = Uint8Array.from([...open.bytes, ...bytes]);
    open.facts.lastNs = this.nowNs;
    if (direction !== this.#requestDirection && open.reportedBytes === 0) this.#report(open, RECORD_FLAG.HEAD, false);
  }

  #facts(direction: 'in' | 'out', seq: number): TurnFacts & { seq: number } {
    return {
      connection: this.#options.connection,
      pid: this.#options.pid,
      role: this.#options.role,
      direction,
      seq,
      firstNs: this.nowNs,
      lastNs: this.nowNs,
      arrivedNs: direction === 'in' ? this.nowNs - STEP_NS / 2 : 0,
    };
  }

  #finish(flags: number): void {
    const open = this.#open;
    this.#open = undefined;
    if (open === undefined) return;
    if (open.reportedBytes === 0) this.#report(open, flags | RECORD_FLAG.HEAD | RECORD_FLAG.FINAL, false);
    else if (open.bytes.length !== open.reportedBytes) {
      if (this.#isEndToBeLost) {
        this.#isEndToBeLost = false;
        this.#endsLost += 1;
        return;
      }
      const captured = Math.min(open.bytes.length, this.#options.captureLimit);
      this.#report(open, flags | RECORD_FLAG.FINAL, captured === open.reportedCaptured);
    }
  }

  #report(open: OpenTurn, flags: number, withoutPrefix: boolean): void {
    const captured = withoutPrefix ? 0 : Math.min(open.bytes.length, this.#options.captureLimit);
    this.records.push(turn({ ...open.facts, flags, bytes: open.bytes, captured }));
    open.reportedBytes = open.bytes.length;
    open.reportedCaptured = Math.min(open.bytes.length, this.#options.captureLimit);
  }
}
