/** The finest scale whose boundaries are held in a table; finer ones are computed. */
const TABLE_SCALE = 8;
const PER_OCTAVE = 2 ** TABLE_SCALE;
/** Slices of an octave: thin enough that no two boundaries lie in one. */
const SLICES = 512;

const float = new Float64Array(1);
const words = new Uint32Array(float.buffer);
// The word with sign and exponent.
float[0] = 1;
const HIGH: number = words[1] === 0 ? 0 : 1;

let boundaries: Float64Array | undefined;
let firstBoundaryOf: Uint16Array | undefined;

/**
 * The bucket of a positive, normal number at a scale from −10 to 20: the greatest `i` with `2 ** (i / 2 ** scale)` below the number
 * (OpenTelemetry metrics data model, exponential histogram). Exact for scales up to 8, and for powers of two at all.
 */
export function bucketIndex(value: number, scale: number): number {
  if (scale > TABLE_SCALE) return computedIndex(value, scale);
  float[0] = value;
  const high = words[HIGH] as number;
  words[HIGH] = (high & 0xf_ffff) | 0x3ff0_0000;
  const firsts = firstBoundaryOf ?? makeTables();
  const guess = firsts[(high >>> 11) & (SLICES - 1)] as number;
  const isAbove = (float[0] as number) > ((boundaries as Float64Array)[guess] as number);
  const index = ((high >>> 20) - 1023) * PER_OCTAVE + guess - (isAbove ? 0 : 1);
  // Buckets of a coarser scale are pairs of those of the finer one.
  return index >> (TABLE_SCALE - scale);
}

/** The power of two that is at most a positive, normal number. */
export function octaveOf(value: number): number {
  float[0] = value;
  return ((words[HIGH] as number) >>> 20) - 1023;
}

function computedIndex(value: number, scale: number): number {
  const octave = octaveOf(value);
  const perOctave = 2 ** scale;
  const fraction = value / 2 ** octave;
  if (fraction === 1) return octave * perOctave - 1;
  const position = Math.ceil(Math.log2(fraction) * perOctave) - 1;
  // Rounding must not carry a number into another octave.
  return octave * perOctave + Math.min(Math.max(position, 0), perOctave - 1);
}

/** Takes some milliseconds, so only once somebody asks. */
function makeTables(): Uint16Array {
  const bounds = Float64Array.from({ length: PER_OCTAVE + 1 }, (_, i) => floorOfRoot(i));
  const firsts = Uint16Array.from({ length: SLICES }, (_, slice) =>
    bounds.findIndex((bound) => 1 + slice / SLICES <= bound),
  );
  boundaries = bounds;
  firstBoundaryOf = firsts;
  return firsts;
}

/** The greatest double that is at most `2 ** (i / 256)`, which itself is no double but for the ends. */
function floorOfRoot(i: number): number {
  const limit = 1n << BigInt(i + 52 * PER_OCTAVE);
  let mantissa = BigInt(2 ** (i / PER_OCTAVE) * 2 ** 52);
  while (mantissa ** BigInt(PER_OCTAVE) > limit) mantissa -= 1n;
  while ((mantissa + 1n) ** BigInt(PER_OCTAVE) <= limit) mantissa += 1n;
  return Number(mantissa) / 2 ** 52;
}
