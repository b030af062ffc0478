import {
  BEYLA_ABI_VERSION,
  CLOSE_RECORD,
  DIRECTION,
  HEAD_RECORD,
  LISTEN_RECORD,
  PROCESS_RECORD,
  RECORD_FLAG,
  RECORD_HEADER,
  RECORD_KIND,
  ROLE,
  TURN_RECORD,
} from '../events/layout.gen.ts';

/** What a turn or chunk record says; all that is left out has a plausible value. */
export interface TurnFacts {
  connection?: number;
  sock?: bigint;
  seq?: number;
  direction?: 'in' | 'out';
  role?: 'unknown' | 'server' | 'client';
  /** The turn's bytes, as Latin-1 text or bytes. */
  bytes?: string | Uint8Array;
  /** Size of the turn, where it is more than `bytes`. */
  sizeBytes?: number;
  /** Captured bytes; default all of `bytes`, at most `captureLimit`. */
  captured?: number;
  captureLimit?: number;
  offsetBytes?: number;
  /** Default HEAD | FINAL. */
  flags?: number;
  arrivedNs?: number;
  firstNs?: number;
  lastNs?: number;
  /** Last 8 bytes of the turn; default those of `bytes` where it is whole. */
  tail?: string;
  pid?: number;
  tid?: number;
  context?: number;
  netns?: number;
  family?: number;
  /** 16 bytes in network order; default 127.0.0.1, mapped. */
  localAddress?: Uint8Array;
  remoteAddress?: Uint8Array;
  localPort?: number;
  remotePort?: number;
}

/** What a close record says; all that is left out is 0, or has a plausible value. */
export interface CloseFacts {
  connection?: number;
  ns?: number;
  lastSeq?: number;
  endsLost?: number;
  lastStream?: number;
  isMidstream?: boolean;
  wasReset?: boolean;
  isFramed?: boolean;
}

const AF_INET = 2;
const LOOPBACK = Uint8Array.from([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127, 0, 0, 1]);
const ROLES = { unknown: ROLE.UNKNOWN, server: ROLE.SERVER, client: ROLE.CLIENT };

/** Latin-1 text as bytes. */
export function bytesOf(text: string | Uint8Array): Uint8Array {
  return typeof text === 'string' ? Uint8Array.from(text, (char) => char.charCodeAt(0)) : text;
}

function tailOf(bytes: Uint8Array): Uint8Array {
  const tail = new Uint8Array(8);
  const last = bytes.subarray(-8);
  tail.set(last, 8 - last.length);
  return tail;
}

function record(kind: number, flags: number, size: number): DataView {
  const view = new DataView(new ArrayBuffer(size));
  view.setUint32(RECORD_HEADER.sizeOffset, size, true);
  view.setUint8(RECORD_HEADER.kind, kind);
  view.setUint8(RECORD_HEADER.abi, BEYLA_ABI_VERSION);
  view.setUint16(RECORD_HEADER.flags, flags, true);
  return view;
}

function bytesFrom(view: DataView): Uint8Array {
  return new Uint8Array(view.buffer);
}

function turnRecord(kind: number, facts: TurnFacts): Uint8Array {
  const bytes = bytesOf(facts.bytes ?? '');
  const captured = Math.min(facts.captured ?? bytes.length, facts.captureLimit ?? 512, bytes.length);
  const sizeBytes = facts.sizeBytes ?? bytes.length;
  const flags = facts.flags ?? (kind === RECORD_KIND.TURN ? RECORD_FLAG.HEAD | RECORD_FLAG.FINAL : 0);
  const view = record(kind, flags, TURN_RECORD.size + captured);
  const isIn = (facts.direction ?? 'in') === 'in';
  const firstNs = facts.firstNs ?? 1_000_000;
  const u64 = (at: number, value: number | bigint): void => view.setBigUint64(at, BigInt(value), true);
  u64(TURN_RECORD.connection, facts.connection ?? 1);
  u64(TURN_RECORD.sock, facts.sock ?? 0xffff_8881_0000_1000n);
  u64(TURN_RECORD.arrivedNs, facts.arrivedNs ?? 0);
  u64(TURN_RECORD.firstNs, firstNs);
  u64(TURN_RECORD.lastNs, facts.lastNs ?? firstNs);
  u64(TURN_RECORD.bytes, sizeBytes);
  u64(TURN_RECORD.offset, facts.offsetBytes ?? 0);
  u64(TURN_RECORD.context, facts.context ?? 0);
  view.setUint32(TURN_RECORD.pid, facts.pid ?? 100, true);
  view.setUint32(TURN_RECORD.tid, facts.tid ?? facts.pid ?? 100, true);
  view.setUint32(TURN_RECORD.seq, facts.seq ?? 1, true);
  view.setUint32(TURN_RECORD.netns, facts.netns ?? 1, true);
  view.setUint16(TURN_RECORD.localPort, facts.localPort ?? 8080, true);
  view.setUint16(TURN_RECORD.remotePort, facts.remotePort ?? 40_000, true);
  view.setUint8(TURN_RECORD.family, facts.family ?? AF_INET);
  view.setUint8(TURN_RECORD.direction, isIn ? DIRECTION.IN : DIRECTION.OUT);
  view.setUint8(TURN_RECORD.role, ROLES[facts.role ?? 'unknown']);
  view.setUint16(TURN_RECORD.captured, captured, true);
  const target = bytesFrom(view);
  target.set(facts.localAddress ?? LOOPBACK, TURN_RECORD.localAddress);
  target.set(facts.remoteAddress ?? LOOPBACK, TURN_RECORD.remoteAddress);
  if (facts.tail !== undefined) target.set(tailOf(bytesOf(facts.tail)), TURN_RECORD.tail);
  else if (sizeBytes === bytes.length) target.set(tailOf(bytes), TURN_RECORD.tail);
  target.set(bytes.subarray(0, captured), TURN_RECORD.size);
  return target;
}

/** A TURN record. */
export function turn(facts: TurnFacts): Uint8Array {
  return turnRecord(RECORD_KIND.TURN, facts);
}

/** A HEAD record: the bytes of a turn behind `offset`. */
export function head(facts: {
  connection?: number;
  seq: number;
  direction?: 'in' | 'out';
  offset: number;
  bytes: string | Uint8Array;
}): Uint8Array {
  const bytes = bytesOf(facts.bytes);
  const view = record(RECORD_KIND.HEAD, 0, HEAD_RECORD.size + bytes.length);
  view.setBigUint64(HEAD_RECORD.connection, BigInt(facts.connection ?? 1), true);
  view.setUint32(HEAD_RECORD.seq, facts.seq, true);
  view.setUint32(HEAD_RECORD.offset, facts.offset, true);
  view.setUint16(HEAD_RECORD.captured, bytes.length, true);
  view.setUint8(HEAD_RECORD.direction, (facts.direction ?? 'in') === 'in' ? DIRECTION.IN : DIRECTION.OUT);
  const target = bytesFrom(view);
  target.set(bytes, HEAD_RECORD.size);
  return target;
}

/** A CHUNK record. */
export function chunk(facts: TurnFacts): Uint8Array {
  return turnRecord(RECORD_KIND.CHUNK, { captureLimit: 4096, ...facts });
}

/** A CLOSE record. */
export function close(facts: CloseFacts): Uint8Array {
  const flags =
    (facts.isMidstream === true ? RECORD_FLAG.MIDSTREAM : 0) |
    (facts.isFramed === true ? RECORD_FLAG.FRAME : 0) |
    (facts.wasReset === true ? RECORD_FLAG.RESET : 0);
  const view = record(RECORD_KIND.CLOSE, flags, CLOSE_RECORD.size);
  view.setBigUint64(CLOSE_RECORD.connection, BigInt(facts.connection ?? 1), true);
  view.setBigUint64(CLOSE_RECORD.ns, BigInt(facts.ns ?? 9_000_000), true);
  view.setUint32(CLOSE_RECORD.lastSeq, facts.lastSeq ?? 0, true);
  view.setUint32(CLOSE_RECORD.endsLost, facts.endsLost ?? 0, true);
  view.setUint32(CLOSE_RECORD.lastStream, facts.lastStream ?? 0, true);
  return bytesFrom(view);
}

/** An EXEC, FORK or EXIT record. */
export function processRecord(
  kind: 'exec' | 'fork' | 'exit',
  facts: { pid: number; parent?: number; ns?: number },
): Uint8Array {
  const kinds = { exec: RECORD_KIND.EXEC, fork: RECORD_KIND.FORK, exit: RECORD_KIND.EXIT };
  const view = record(kinds[kind], 0, PROCESS_RECORD.size);
  view.setBigUint64(PROCESS_RECORD.ns, BigInt(facts.ns ?? 1), true);
  view.setUint32(PROCESS_RECORD.pid, facts.pid, true);
  view.setUint32(PROCESS_RECORD.parent, facts.parent ?? 0, true);
  return bytesFrom(view);
}

/** A LISTEN record. */
export function listen(facts: { pid: number; port: number; netns?: number; ns?: number }): Uint8Array {
  const view = record(RECORD_KIND.LISTEN, 0, LISTEN_RECORD.size);
  view.setBigUint64(LISTEN_RECORD.ns, BigInt(facts.ns ?? 1), true);
  view.setUint32(LISTEN_RECORD.pid, facts.pid, true);
  view.setUint32(LISTEN_RECORD.netns, facts.netns ?? 1, true);
  view.setUint16(LISTEN_RECORD.port, facts.port, true);
  view.setUint8(LISTEN_RECORD.family, AF_INET);
  return bytesFrom(view);
}

/** Records as the native side delivers them: back to back, each at a multiple of 8 bytes. */
export function batchOf(records: readonly Uint8Array[]): Uint8Array {
  const padded = (bytes: Uint8Array): number => (bytes.length + 7) & ~7;
  const batch = new Uint8Array(records.reduce((sum, bytes) => sum + padded(bytes), 0));
  let at = 0;
  for (const bytes of records) {
    batch.set(bytes, at);
    at += padded(bytes);
  }
  return batch;
}
