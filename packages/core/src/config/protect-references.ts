/** References to variables; what is in them must not be read as YAML. */
const REFERENCE = /\$\{[^}\n]*\}/g;
const SIGNIFICANT = /[{}[\],:#&*!|>'"%@`-]/g;
const HIDDEN = /[\uE020-\uE07E]/g;
const OFFSET = 0xe000;

/**
 * Hides what YAML would read inside of `${NAME:-a, b}`, one character for one, so that places stay right. A text that already has characters of
 * that private range is left as it is.
 */
export function protectReferences(text: string): string {
  if (!text.includes('${') || text.search(HIDDEN) >= 0) return text;
  return text.replace(REFERENCE, (reference) =>
    reference.replace(SIGNIFICANT, (character) => String.fromCharCode(OFFSET + character.charCodeAt(0))),
  );
}

/** Undoes `protectReferences` in a part of the text. */
export function restoreReferences(text: string): string {
  return text.replace(HIDDEN, (character) => String.fromCharCode(character.charCodeAt(0) - OFFSET));
}
