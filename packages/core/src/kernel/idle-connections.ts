import { setImmediate } from 'node:timers/promises';
import type { MapHandle } from '@beyla/native';
import {
  BEYLA_ABI_VERSION,
  CLOSE_RECORD,
  CONNECTION,
  COUNTER,
  FRAME_WALK,
  RECORD_FLAG,
  RECORD_HEADER,
  RECORD_KIND,
  ROLE,
  SLOT,
  TURN_RECORD,
} from '../events/layout.gen.ts';
import type { Native } from './binding.ts';
import { chooseIdle, type IdleCandidate } from './choose-idle.ts';

/** How often it is asked whether the table may be nearly full. */
const INTERVAL_NS = 250e6;
/** Nearly full, and how full it may be afterwards. */
const HIGH = 0.75;
const LOW = 0.5;
const SLICE_MS = 2;
/** The pause after a look, in looks. */
const PAUSES = 20;
const TWO_32 = 2 ** 32;

/**
 * How long a connection is quiet before it may be taken out, by its rank: nothing was ever said on it, so nothing is lost; the last that was said
 * was an answer; its protocol is followed from its beginning (HTTP/2, TLS), so that coming back it will be known in part only.
 */
const QUIET_NS = [100e6, 5e9, 10e9] as const;

/** The maps that it needs. */
export interface IdleMaps {
  readonly connections: MapHandle;
  readonly evicted: MapHandle;
  readonly counters: MapHandle;
}

interface Idle extends IdleCandidate {
  readonly key: Uint8Array;
}

/**
 * Takes idle connections out of the kernel's table when it is nearly full, so that those which are in use find room. One that comes back is followed
 * anew; the kernel side knows that nothing was lost meanwhile.
 *
 * An entry that a call is just beginning to use could be given to another connection in the same microsecond: so only what has been quiet for long
 * is taken, and looked at once more at the very last.
 */
export class IdleConnections {
  readonly #native: Native;
  readonly #maps: IdleMaps;
  readonly #most: number;
  readonly #value = new Uint8Array(CONNECTION.size);
  readonly #view = new DataView(this.#value.buffer);
  readonly #counts: BigUint64Array;
  /** Entries when they were counted last, and how many had been admitted until then. */
  #counted = 0;
  #countedAt = 0;
  #nextNs = 0;
  #isLooking = false;
  /** Records of their ends, which nobody has been given yet. */
  #closes: Uint8Array[] = [];
  /** Connections that were taken out. */
  evicted = 0;

  constructor(native: Native, maps: IdleMaps, maxConnections: number) {
    this.#native = native;
    this.#maps = maps;
    this.#most = maxConnections;
    this.#counts = new BigUint64Array(native.mapValueBytes(maps.counters) / 8);
  }

  /** To be called often. */
  tick(nowNs: number): void {
    if (nowNs < this.#nextNs || this.#isLooking) return;
    this.#nextNs = nowNs + INTERVAL_NS;
    if (this.#counted + this.#admitted() - this.#countedAt < HIGH * this.#most) return;
    this.#isLooking = true;
    this.#makeRoom(nowNs)
      // The maps were closed meanwhile.
      .catch(() => undefined)
      .finally(() => {
        this.#isLooking = false;
      });
  }

  /** Appends to a batch, behind its `length` bytes, that the connections that were taken out are over; returns its new length. */
  appendCloses(batch: Uint8Array, length: number): number {
    const room = Math.floor((batch.length - length) / CLOSE_RECORD.size);
    let end = length;
    for (const close of this.#closes.splice(0, room)) {
      batch.set(close, end);
      end += close.length;
    }
    return end;
  }

  #admitted(): number {
    this.#native.mapLookup(
      this.#maps.counters,
      new Uint8Array(Uint32Array.of(COUNTER.CONNECTIONS).buffer),
      new Uint8Array(this.#counts.buffer),
    );
    return Number(this.#counts.reduce((sum, count) => sum + count, 0n));
  }

  async #makeRoom(nowNs: number): Promise<void> {
    const startedMs = performance.now();
    this.#countedAt = this.#admitted();
    const groups = new Map<string, number>();
    const idle: Idle[] = [];
    const count = await this.#look(nowNs, groups, idle);
    this.#counted = count;
    // A table that is full of what is in use must not be looked at all the time.
    this.#nextNs = nowNs + Math.max(INTERVAL_NS, PAUSES * (performance.now() - startedMs) * 1e6);
    if (count < HIGH * this.#most) return;
    for (const one of chooseIdle(idle, groups, count - Math.floor(LOW * this.#most), this.#most)) {
      if (this.#evict(one)) this.#counted -= 1;
    }
  }

  /** Returns how many entries there are. */
  async #look(nowNs: number, groups: Map<string, number>, idle: Idle[]): Promise<number> {
    let previous: Uint8Array | null = null;
    let count = 0;
    let sliceStartMs = performance.now();
    // A key that goes away while it is the last one seen makes the kernel begin anew.
    while (count < this.#most) {
      const key: Uint8Array = new Uint8Array(8);
      if (!this.#native.mapNextKey(this.#maps.connections, previous, key)) break;
      previous = key;
      count += 1;
      if (!this.#native.mapLookup(this.#maps.connections, key, this.#value)) continue;
      const group = this.#group();
      groups.set(group, (groups.get(group) ?? 0) + 1);
      const rank = this.#rank();
      const lastNs = this.#lastNs();
      if (rank !== undefined && nowNs - lastNs > QUIET_NS[rank]) idle.push({ key, group, rank, lastNs });
      if (performance.now() - sliceStartMs < SLICE_MS) continue;
      await setImmediate();
      sliceStartMs = performance.now();
    }
    return count;
  }

  /** Unless there is news of it. */
  #evict({ key, lastNs }: Idle): boolean {
    const { connections, evicted } = this.#maps;
    if (!this.#native.mapLookup(connections, key, this.#value) || this.#lastNs() !== lastNs) return false;
    this.#native.mapUpdate(evicted, key, this.#value.slice(CONNECTION.ports, CONNECTION.ports + 4));
    if (!this.#native.mapDelete(connections, key)) return false;
    if (this.#value[CONNECTION.claimed] === 1) this.#closes.push(this.#close(lastNs));
    this.evicted += 1;
    return true;
  }

  /** As the kernel side tells the end of a connection (bpf/lib/ending.h); all that was said on it was told. */
  #close(ns: number): Uint8Array {
    const value = this.#view;
    const record = new DataView(new ArrayBuffer(CLOSE_RECORD.size));
    const [chunksIn, chunksOut] = [
      value.getUint32(CONNECTION.chunkSeq, true),
      value.getUint32(CONNECTION.chunkSeq + 4, true),
    ];
    const inStream = chunksIn + chunksOut - value.getUint32(CONNECTION.streamSeq, true);
    const lastStreams = [0, FRAME_WALK.size].map((walk) =>
      value.getUint32(CONNECTION.walks + walk + FRAME_WALK.lastStream, true),
    );
    const isMidstream = this.#value[CONNECTION.midstream] === 1;
    const isFramed = this.#value[CONNECTION.isFramed] === 1;
    record.setUint32(RECORD_HEADER.sizeOffset, CLOSE_RECORD.size, true);
    record.setUint8(RECORD_HEADER.kind, RECORD_KIND.CLOSE);
    record.setUint8(RECORD_HEADER.abi, BEYLA_ABI_VERSION);
    record.setUint16(
      RECORD_HEADER.flags,
      (isMidstream ? RECORD_FLAG.MIDSTREAM : 0) | (isFramed ? RECORD_FLAG.FRAME : 0),
      true,
    );
    record.setBigUint64(CLOSE_RECORD.connection, value.getBigUint64(CONNECTION.id, true), true);
    record.setBigUint64(CLOSE_RECORD.ns, BigInt(ns), true);
    record.setUint32(CLOSE_RECORD.lastSeq, this.#isStream() ? inStream : value.getUint32(CONNECTION.seq, true), true);
    record.setUint32(CLOSE_RECORD.endsLost, value.getUint32(CONNECTION.endsLost, true), true);
    record.setUint32(CLOSE_RECORD.lastStream, Math.max(...lastStreams), true);
    return new Uint8Array(record.buffer);
  }

  #isStream(): boolean {
    return this.#value[CONNECTION.slots + SLOT.record + RECORD_HEADER.kind] === RECORD_KIND.CHUNK;
  }

  /** Connections that a selected process accepts belong to its port, those that it makes to where they go. */
  #group(): string {
    const record = CONNECTION.slots + SLOT.record;
    const netns = this.#view.getUint32(record + TURN_RECORD.netns, true);
    if (this.#value[CONNECTION.role] === ROLE.SERVER)
      return `${netns} ${this.#view.getUint16(record + TURN_RECORD.localPort, true)}`;
    const remote = this.#value.subarray(record + TURN_RECORD.remoteAddress, record + TURN_RECORD.remoteAddress + 16);
    return `${netns} ${remote.join('.')} ${this.#view.getUint16(record + TURN_RECORD.remotePort, true)}`;
  }

  /** Undefined where an answer is waited for. */
  #rank(): 0 | 1 | 2 | undefined {
    const value = this.#value;
    if (value[CONNECTION.isConnecting] === 1) return undefined;
    if (value[CONNECTION.tls] === 1 || this.#isStream()) return 2;
    if (this.#view.getUint32(CONNECTION.seq, true) === 0) return 0;
    return value[CONNECTION.direction] === value[CONNECTION.requestDirection] ? undefined : 1;
  }

  /** The last that is known of it. */
  #lastNs(): number {
    const record = CONNECTION.slots + SLOT.record + TURN_RECORD.lastNs;
    const places = [record, record + SLOT.size, CONNECTION.establishedNs, CONNECTION.arrivedNs, CONNECTION.tlsReadNs];
    return Math.max(...places.map((at) => this.#number(at)), this.#number(CONNECTION.arrived2Ns));
  }

  #number(at: number): number {
    return this.#view.getUint32(at, true) + this.#view.getUint32(at + 4, true) * TWO_32;
  }
}
