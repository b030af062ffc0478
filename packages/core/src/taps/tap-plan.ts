/** The programs a file may be probed with: one BPF object each. `loader` taps nothing: it tells of libraries that are loaded. */
export type TapName = 'openssl' | 'go_tls' | 'rustls' | 'loader';

/** One probe to attach. */
export interface PlannedProbe {
  /** BPF program of the tap's object. */
  readonly program: string;
  /** The function it is for, as its symbol says. */
  readonly symbol: string;
  /** Offset in the file. */
  readonly offset: number;
  /** See `Placement`. */
  readonly kind: 'emulated' | 'stepped';
}

/** Where probes go in one file. */
export interface TapPlan {
  readonly tap: TapName;
  /** In the order to attach; detached at once. None replaces a return address: what a call gives is seen at an instruction inside of it. */
  readonly probes: readonly PlannedProbe[];
  /** Functions left out since their code is not surely understood. */
  readonly refused: readonly string[];
  /** GO: where the goroutine's address is, from the thread pointer. */
  readonly goroutineOffset?: number;
  /** RUSTLS: the kernel side is to learn from the ciphertext whose it is, in every process that uses the file. */
  readonly isProvenByCiphertext?: boolean;
  /** The file has another library as well. */
  readonly also?: TapPlan;
  /** For people: what the file is. */
  readonly about: string;
}

/** Why a file that was looked at gets no probes. */
export interface NoTap {
  /** `none`: it has no TLS of a known kind. `refused`: it has, but its code is not understood. */
  readonly reason: 'none' | 'refused';
  readonly about: string;
}
