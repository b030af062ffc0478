// @ts-check
const SEPARATOR = /^(service) /;

/** Writes lines to a terminal, and redraws a block in place; elsewhere it writes plain lines. */
export class Screen {
  #out;
  #live;
  #colour;
  #drawn = 0;

  /** @param {{ out?: NodeJS.WriteStream, env?: NodeJS.ProcessEnv }} [options] */
  constructor({ out = process.stdout, env = process.env } = {}) {
    this.#out = out;
    const { TERM, NO_COLOR } = env;
    this.#live = Boolean(out.isTTY) && TERM !== 'dumb';
    this.#colour = this.#live && !NO_COLOR;
  }

  /** Whether a block can be redrawn in place. */
  get live() {
    return this.#live;
  }

  /** @param {string} [text] */
  line(text = '') {
    this.#drawn = 0;
    this.#out.write(`${text}\n`);
  }

  /** @param {readonly string[]} lines cut at the width of the terminal */
  lines(lines) {
    for (const text of lines) this.line(this.#paint(this.#cut(text)));
  }

  /** Replaces the block that was drawn last. @param {readonly string[]} lines */
  redraw(lines) {
    const up = this.#drawn > 0 ? `\u001b[${this.#drawn}A` : '';
    const body = lines.map((text) => `\u001b[2K${this.#paint(this.#cut(text))}\n`).join('');
    this.#out.write(up + body);
    this.#drawn = lines.length;
  }

  /** Text that stands out where there is colour. @param {string} text */
  bold(text) {
    return this.#colour ? `\u001b[1m${text}\u001b[22m` : text;
  }

  /** A line that wraps cannot be redrawn. @param {string} text */
  #cut(text) {
    return this.#live ? text.slice(0, (this.#out.columns ?? 120) - 1) : text;
  }

  /** @param {string} text */
  #paint(text) {
    if (!this.#colour) return text;
    if (SEPARATOR.test(text)) return `\u001b[2m${text}\u001b[22m`;
    if (/ exact$/.test(text)) return text.replace(/exact$/, '\u001b[32mexact\u001b[39m');
    return text.replace(/([+-]\d+|differs)$/, '\u001b[31m$1\u001b[39m');
  }
}
