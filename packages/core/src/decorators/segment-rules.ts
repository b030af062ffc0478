import { MAX_SEGMENT_LENGTH } from './segment-features.ts';

/** `v1`, `v2beta1`, `v1.43`, `1.0`: an API's own version has one or two numbers. */
const API_VERSION = /^(?:v\d{1,3}(?:\.\d{1,3})?(?:(?:alpha|beta|rc)\d{0,2})?|\d{1,3}\.\d{1,3})$/i;
/** `1.25.3`, `v2.0.1-rc.1`: a release has three. */
const RELEASE = /^v?\d+\.\d+\.\d+/i;
const DATE = /^(?:19|20)\d\d-\d\d-\d\d/;
const UUID = /[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}/i;

/** Whether a segment whose shape alone tells is an identifier; undefined: the model has to say. */
export function shapeOf(text: string): boolean | undefined {
  const { length } = text;
  if (length === 0) return false;
  if (length > MAX_SEGMENT_LENGTH) return true;
  let digits = 0;
  let at = -1;
  for (let i = 0; i < length; i += 1) {
    const code = text.charCodeAt(i);
    if (code >= 48 && code <= 57) digits += 1;
    else if (code === 64) at = i;
  }
  if (at > 0 && at < length - 1) return true;
  // Too little to tell words, abbreviations and random letters apart, and too few combinations to do harm.
  if (digits === 0) return length <= 3 ? false : undefined;
  if (digits === length) return true;
  if (length <= 14 && API_VERSION.test(text)) return false;
  if (digits >= 3 && (RELEASE.test(text) || (length >= 10 && DATE.test(text)))) return true;
  return length >= 36 && UUID.test(text) ? true : undefined;
}
