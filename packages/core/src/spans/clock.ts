const STEP_MS = 20;

/**
 * Pairs the kernel's monotonic clock with wall time.
 *
 * Spans hold monotonic nanoseconds as numbers (exact to 1 ns for 104 days of uptime, to 2 ns up to 208 days); only
 * this class turns them into wall time.
 *
 * @public
 */
export class Clock {
  #monotonicNs: number;
  #realtimeSeconds: number;
  #realtimeNanos: number;
  #revision = 0;

  /** Both clocks in nanoseconds, read at the same moment. */
  constructor(monotonicNs: bigint, realtimeNs: bigint) {
    this.#monotonicNs = Number(monotonicNs);
    this.#realtimeSeconds = Number(realtimeNs / 1_000_000_000n);
    this.#realtimeNanos = Number(realtimeNs % 1_000_000_000n);
  }

  /** Re-anchors after the wall clock was set. */
  adjust(monotonicNs: bigint, realtimeNs: bigint): void {
    this.#revision += 1;
    this.#monotonicNs = Number(monotonicNs);
    this.#realtimeSeconds = Number(realtimeNs / 1_000_000_000n);
    this.#realtimeNanos = Number(realtimeNs % 1_000_000_000n);
  }

  /** Whether the wall clock was set meanwhile: it slews by at most 0.5 ms a second, and is read to the millisecond. */
  isOff(monotonicNs: number, unixMs: number): boolean {
    return Math.abs(this.toUnixMs(monotonicNs) - unixMs) > STEP_MS;
  }

  /** Changes whenever the clock is adjusted. */
  get revision(): number {
    return this.#revision;
  }

  /** The pair as decimal nanoseconds, for storage. */
  toJSON(): { monotonicNs: string; realtimeNs: string } {
    const nanos = String(this.#realtimeNanos).padStart(9, '0');
    return { monotonicNs: String(this.#monotonicNs), realtimeNs: `${this.#realtimeSeconds}${nanos}` };
  }

  /** Wall time of a monotonic time as OpenTelemetry's `HrTime`: seconds and nanoseconds since the Unix epoch. */
  toHrTime(monotonicNs: number): [number, number] {
    const nanos = this.#realtimeNanos + (monotonicNs - this.#monotonicNs);
    const carry = Math.floor(nanos / 1e9);
    return [this.#realtimeSeconds + carry, nanos - carry * 1e9];
  }

  /** Wall time of a monotonic time in milliseconds since the Unix epoch. */
  toUnixMs(monotonicNs: number): number {
    const [seconds, nanos] = this.toHrTime(monotonicNs);
    return seconds * 1000 + nanos / 1e6;
  }
}
