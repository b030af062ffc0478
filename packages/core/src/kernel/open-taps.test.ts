import { describe, expect, it } from 'vitest';
import type { BeylaError } from '../errors.ts';
import type { Native } from './binding.ts';
import { BpfObject } from './bpf-object.ts';
import { OpenedTaps } from './open-taps.ts';

const WANTED = { openssl: true, goTls: true, rustls: true };

/** An addon that loads nothing: it tells what it is asked for, and loads ahead when it is told to. */
class FakeNative {
  readonly calls: string[] = [];
  readonly refused = new Set<string>();
  readonly #names = new Map<object, string>();
  readonly #waiting = new Map<string, () => void>();

  openObject(_elf: Uint8Array, { name }: { name: string }): object {
    const handle = {};
    this.#names.set(handle, name);
    return handle;
  }

  loadObject(handle: object): void {
    this.#say('now', handle);
    this.finish(this.#name(handle));
    if (this.refused.has(this.#name(handle))) throw Object.assign(new Error('refused'), { errno: 22 });
  }

  async loadObjectAhead(handle: object): Promise<void> {
    this.#say('ahead', handle);
    await new Promise<void>((resolve) => this.#waiting.set(this.#name(handle), resolve));
    if (this.refused.has(this.#name(handle))) throw Object.assign(new Error('refused'), { errno: 22 });
  }

  closeObject(handle: object): void {
    this.#say('close', handle);
  }

  /** As on kernels ≥ 6.6. */
  attachUprobe(): never {
    throw Object.assign(new Error('a directory'), { errno: 9 });
  }

  /** The load of that object is over. */
  finish(name: string): void {
    this.#waiting.get(name)?.();
  }

  #say(what: string, handle: object): void {
    this.calls.push(`${what} ${this.#name(handle)}`);
  }

  #name(handle: object): string {
    return this.#names.get(handle) ?? '';
  }
}

function opened(): { native: FakeNative; taps: OpenedTaps } {
  const native = new FakeNative();
  const taps = new OpenedTaps(native as unknown as Native, WANTED, {});
  native.calls.length = 0;
  return { native, taps };
}

describe('OpenedTaps', () => {
  it('loads one after another ahead, and says when the first one is there', async () => {
    const { native, taps } = opened();
    const first = taps.loadAhead();
    expect(native.calls).toEqual(['ahead openssl']);
    native.finish('openssl');
    await first;
    expect(taps.get('openssl')).toBeInstanceOf(BpfObject);
    await expect.poll(() => native.calls).toEqual(['ahead openssl', 'ahead go_tls']);
    native.finish('go_tls');
    await expect.poll(() => native.calls.at(-1)).toBe('ahead rustls');
    native.finish('rustls');
    await expect.poll(() => taps.loaded.length).toBe(4);
    expect(native.calls).toEqual(['ahead openssl', 'ahead go_tls', 'ahead rustls']);
  });

  it('gives whoever cannot wait the one that is being loaded, and no second one', async () => {
    const { native, taps } = opened();
    const first = taps.loadAhead();
    const object = taps.get('openssl');
    await first;
    expect(taps.get('openssl')).toBe(object);
    expect(native.calls.filter((call) => call.endsWith('openssl'))).toEqual(['ahead openssl', 'now openssl']);
  });

  it('keeps why one was refused and goes on with the next', async () => {
    const { native, taps } = opened();
    native.refused.add('openssl');
    const first = taps.loadAhead();
    native.finish('openssl');
    await first;
    expect(taps.get('openssl')).toMatchObject({ code: 'BPF_LOAD_FAILED' } satisfies Partial<BeylaError>);
    await expect.poll(() => native.calls).toEqual(['ahead openssl', 'close openssl', 'ahead go_tls']);
    expect(taps.get('go_tls')).toBeInstanceOf(BpfObject);
  });

  it('closes what is still being loaded when that is over, and loads no more', async () => {
    const { native, taps } = opened();
    void taps.loadAhead();
    const closed = taps.close();
    native.finish('openssl');
    await closed;
    expect(native.calls).toEqual(['ahead openssl', 'close loader', 'close openssl']);
    expect(taps.get('go_tls')).toBeUndefined();
  });
});
