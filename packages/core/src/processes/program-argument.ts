import type { Interpreter, Letters } from './interpreters.ts';

/** What an option says of the arguments behind it. */
type Meaning =
  | 'flag'
  | 'value'
  | 'code'
  /** An option that is not known here: the next argument may be its value. */
  | 'unknown'
  | { readonly name: string | undefined };

/** The argument that names the program which an interpreter runs; undefined where none surely does. */
export function programArgument(commandLine: readonly string[], interpreter: Interpreter): string | undefined {
  const { commands = [], code = [], extension } = interpreter;
  let isDoubtful = false;
  let hasDoubt = false;
  for (let index = 1; index < commandLine.length; index++) {
    const argument = commandLine[index] as string;
    if (argument === '') continue;
    if (argument === '-' || code.includes(argument)) return undefined;
    if (argument === '--') return accepted(commandLine[index + 1], interpreter, hasDoubt);
    if (argument.startsWith('-') || (argument.startsWith('+') && interpreter.flags.test(argument))) {
      const meaning = meaningOf(argument, interpreter);
      if (meaning === 'code') return undefined;
      if (typeof meaning === 'object')
        return accepted(meaning.name ?? commandLine[index + 1], interpreter, hasDoubt, true);
      if (meaning === 'value') index++;
      isDoubtful = meaning === 'unknown';
      hasDoubt ||= isDoubtful;
      continue;
    }
    // Java's options from a file: the program may be named there, or behind it.
    if (argument.startsWith('@') || commands.includes(argument)) continue;
    if (!isDoubtful || extension.test(argument)) return accepted(argument, interpreter, hasDoubt);
    isDoubtful = false;
  }
  return undefined;
}

/** Once an option was not known, only what ends like a program is one. What an option names may be called anything. */
function accepted(
  argument: string | undefined,
  { extension, bare }: Interpreter,
  hasDoubt: boolean,
  isNamed = false,
): string | undefined {
  if (argument === undefined || extension.test(argument)) return argument;
  if (hasDoubt) return undefined;
  return isNamed || bare === 'name' || (bare === 'path' && argument.includes('/')) ? argument : undefined;
}

function meaningOf(argument: string, { withValue, flags, names = [], code = [], letters }: Interpreter): Meaning {
  const equals = argument.indexOf('=');
  if (equals > 0 && argument.startsWith('--')) {
    const option = argument.slice(0, equals);
    if (code.includes(option)) return 'code';
    return names.includes(option) ? { name: argument.slice(equals + 1) } : 'flag';
  }
  if (names.includes(argument)) return { name: undefined };
  if (withValue.includes(argument)) return 'value';
  if (flags.test(argument)) return 'flag';
  return letters === undefined || argument.startsWith('--') ? 'unknown' : meaningOfLetters(argument, letters);
}

function meaningOfLetters(argument: string, letters: Letters): Meaning {
  const { flags, numbered = '', valued = '', attached = '', names = '', code } = letters;
  for (let at = 1; at < argument.length; at++) {
    const letter = argument[at] as string;
    const isLast = at === argument.length - 1;
    if (code.includes(letter)) return 'code';
    if (names.includes(letter)) return { name: isLast ? undefined : argument.slice(at + 1) };
    if (valued.includes(letter)) return isLast ? 'value' : 'flag';
    if (attached.includes(letter)) return 'flag';
    if (numbered.includes(letter)) while (isDigit(argument[at + 1])) at++;
    else if (!flags.includes(letter)) return 'unknown';
  }
  return 'flag';
}

function isDigit(character: string | undefined): boolean {
  return character !== undefined && character >= '0' && character <= '9';
}
