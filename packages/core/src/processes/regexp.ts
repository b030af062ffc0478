import { createRequire } from 'node:module';
import { BeylaError } from '../errors.ts';

const require = createRequire(import.meta.url);

/**
 * Compiles an RE2 regular expression to a predicate that is true when it is found anywhere in a text, in time linear in the text.
 *
 * The RE2 engine is loaded on first use. `path` names the option in error messages.
 *
 * @throws BeylaError `INVALID_PATTERN` with what the engine says.
 */
export function compileRegexp(pattern: string, path: string): (text: string) => boolean {
  const { RE2JS } = require('re2js') as typeof import('re2js');
  try {
    const compiled = RE2JS.compile(pattern);
    return (text) => compiled.test(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new BeylaError('INVALID_PATTERN', `\`${path}\` is ${JSON.stringify(pattern)}: ${reason}`, { cause });
  }
}
