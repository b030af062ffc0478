/** How many numbers describe a segment. */
export const FEATURE_COUNT = 21;

/** Symbols of the letter model: 0 is the edge of a run of letters, 1 to 26 are `a` to `z`. */
export const SYMBOLS = 27;

const LOWER = 1;
const UPPER = 2;
const DIGIT = 3;
const SEPARATOR = 4;
const OTHER = 5;
const FOREIGN = 6;

/** Longest segment that is looked at in full; what is longer is no word. */
export const MAX_SEGMENT_LENGTH = 64;

const CLASSES: Uint8Array = Uint8Array.from({ length: 128 }, (_, code) => {
  const char = String.fromCharCode(code);
  if (/[a-z]/.test(char)) return LOWER;
  if (/[A-Z]/.test(char)) return UPPER;
  if (/[0-9]/.test(char)) return DIGIT;
  return /[-_.~:+,;@ ]/.test(char) ? SEPARATOR : OTHER;
});

/**
 * Describes the text of a segment by numbers of about −2 to 1, in `out`.
 *
 * `letters` has, for each three symbols in a row, by how much (natural logarithm) the third is likelier in a word than in random
 * letters. Letters are read in runs: `getUserById` has four of them, `a7Bc` two.
 */
export function describeSegment(text: string, letters: Float32Array, out: Float64Array): void {
  const length = Math.min(text.length, MAX_SEGMENT_LENGTH);
  let digits = 0;
  let lowers = 0;
  let uppers = 0;
  let foreign = 0;
  let others = 0;
  let separators = 0;
  let hexadecimals = 0;
  let vowels = 0;
  let alternations = 0;
  let digitRun = 0;
  let longestDigitRun = 0;
  let partLength = 0;
  let longestPart = 0;
  let mixedParts = 0;
  let partKinds = 0;
  // The run of letters that is being read.
  let runLength = 0;
  let runScore = 0;
  let before = 0;
  let last = 0;
  let runs = 0;
  let shortRuns = 0;
  let worstRun = 0;
  let badLetters = 0;
  let totalScore = 0;
  let previous = 0;
  for (let i = 0; i <= length; i += 1) {
    const code = i < length ? text.charCodeAt(i) : 0;
    const kind = i === length ? SEPARATOR : code < 128 ? (CLASSES[code] as number) : FOREIGN;
    const isLetter = kind === LOWER || kind === UPPER;
    const endsRun =
      runLength > 0 && (!isLetter || (kind === UPPER && (previous === LOWER || isLowerAt(text, i + 1, length))));
    if (endsRun) {
      const score = runScore + (letters[(before * SYMBOLS + last) * SYMBOLS] as number);
      runs += 1;
      totalScore += score;
      if (runLength <= 2) shortRuns += 1;
      else if (score < worstRun) worstRun = score;
      if (score < 0) badLetters += runLength;
      runLength = 0;
      runScore = 0;
    }
    if (isLetter) {
      const symbol = (code | 32) - 96;
      if (runLength === 0) {
        before = 0;
        last = 0;
      }
      runScore += letters[(before * SYMBOLS + last) * SYMBOLS + symbol] as number;
      before = last;
      last = symbol;
      runLength += 1;
      if (kind === LOWER) lowers += 1;
      else uppers += 1;
      if (symbol <= 6) hexadecimals += 1;
      if (isVowel(symbol)) vowels += 1;
      if (previous === DIGIT) alternations += 1;
      partKinds |= kind === LOWER ? 1 : 2;
    } else if (kind === DIGIT) {
      digits += 1;
      hexadecimals += 1;
      if (previous === LOWER || previous === UPPER) alternations += 1;
      partKinds |= 4;
    } else if (kind === OTHER) others += 1;
    else if (kind === FOREIGN) foreign += 1;
    else if (i < length) separators += 1;
    digitRun = kind === DIGIT ? digitRun + 1 : 0;
    if (digitRun > longestDigitRun) longestDigitRun = digitRun;
    if (kind === SEPARATOR) {
      if (partLength >= 5 && (partKinds & 4) !== 0 && partKinds !== 4) mixedParts += 1;
      partLength = 0;
      partKinds = 0;
    } else partLength += 1;
    if (partLength > longestPart) longestPart = partLength;
    previous = kind;
  }
  const total = lowers + uppers;
  const size = length === 0 ? 1 : length;
  const isMixed = digits > 0 && total > 0;
  out[0] = 1;
  out[1] = digits / size;
  out[2] = Math.min(digits, 12) / 12;
  out[3] = length / MAX_SEGMENT_LENGTH;
  out[4] = Math.min(alternations, 8) / 8;
  out[5] = runs === 0 ? 0 : shortRuns / runs;
  out[6] = Math.min(shortRuns, 8) / 8;
  out[7] = Math.max(worstRun, -12) / 6;
  out[8] = total === 0 ? 0 : clamp(totalScore / total, -2, 2);
  out[9] = badLetters / size;
  out[10] = Math.min(longestDigitRun, 8) / 8;
  out[11] = total >= 4 && vowels === 0 ? 1 : 0;
  out[12] = (others + (digits > 0 ? foreign : 0)) / size;
  out[13] = hexadecimals + separators === length && isMixed && length >= 6 ? 1 : 0;
  out[14] = isMixed && lowers === 0 ? 1 : 0;
  out[15] = isMixed && lowers > 0 && uppers > 0 ? 1 : 0;
  out[16] = previous === SEPARATOR && digits > 0 && digits <= 2 && total >= 3 && alternations <= 1 ? 1 : 0;
  out[17] = digits > 0 && CLASSES[text.charCodeAt(0) & 127] === DIGIT ? 1 : 0;
  out[18] = Math.min(separators, 6) / 6;
  out[19] = Math.max(0, longestPart - 12) / MAX_SEGMENT_LENGTH;
  out[20] = Math.min(mixedParts, 3) / 3;
}

function isLowerAt(text: string, index: number, length: number): boolean {
  if (index >= length) return false;
  const code = text.charCodeAt(index);
  return code >= 97 && code <= 122;
}

/** a, e, i, o, u, y. */
function isVowel(symbol: number): boolean {
  return symbol === 1 || symbol === 5 || symbol === 9 || symbol === 15 || symbol === 21 || symbol === 25;
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}
