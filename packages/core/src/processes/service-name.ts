import { posix } from 'node:path';
import { beamProgram, isBeam } from './beam-name.ts';
import { INTERPRETERS, type Interpreter } from './interpreters.ts';
import { programArgument } from './program-argument.ts';

const EXTENSION =
  /\.(py[cwz]?|[mc]?js|[mc]?ts|jsx|tsx|rb|ru|jar|war|ear|dll|exe|(cs|fs|vb)proj|csx?|fsx|php[0-9]?|phar|phtml|sh|bash|zsh|ksh|pl|psgi|cgi|java|exs?|escript|erl|beam)$/i;
/** File names that say less than the directory they are in. */
const ENTRY_POINTS = new Set(['index', '__main__', '__init__']);
/** What scripts, modules, classes and archives are called. Whatever else a command line holds may be a secret. */
const NAME = /^[\p{L}\p{N}_][\p{L}\p{N}._@+~$-]*$/u;
const LETTER = /\p{L}/u;
const TITLE = /^([\w.@-]+):? /;
const LONGEST_NAME = 255;
const LONGEST_PATH = 4096;

/**
 * The default `service.name`: the executable's base name, or for an interpreter that of what it runs.
 *
 * `python3 /srv/shop.py` → `shop`, `python -m uvicorn app:main` → `uvicorn`, `node /srv/cart/index.js` → `cart`,
 * `java -jar /opt/orders.jar` → `orders`, `java com.acme.Main` → `com.acme.Main`, `dotnet Stock.dll` → `Stock`. A process that has
 * written a title over its arguments (`gunicorn: master [app]`) is called by the title's first word. Code on the command line names nothing,
 * and an argument is taken only where it surely names the program and looks like the name of a script, a module or an archive: any other
 * may hold a secret.
 */
export function defaultServiceName(executable: string, commandLine: readonly string[]): string {
  const own = printable(baseName(executable) || baseName(commandLine[0] ?? '')) || 'unknown';
  if (isBeam(own)) return nameOf(beamProgram(commandLine)) ?? own;
  const interpreter = INTERPRETERS.find((candidate) => candidate.executable.test(own));
  if (interpreter === undefined) return own;
  const program = titleOf(commandLine, interpreter) ?? programArgument(commandLine, interpreter);
  return nameOf(program) ?? own.replace(/\.exe$/, '');
}

/** Arguments are one text with blanks, and the first word is not the interpreter. */
function titleOf(commandLine: readonly string[], { executable }: Interpreter): string | undefined {
  const [title = ''] = commandLine;
  if (commandLine.some((argument, index) => index > 0 && argument !== '')) return undefined;
  const word = TITLE.exec(title.slice(0, LONGEST_PATH))?.[1];
  return word === undefined || executable.test(word) ? undefined : word;
}

/** What a script, a module or an archive is called; undefined for what none is called. */
function nameOf(program: string | undefined): string | undefined {
  if (program === undefined || program.length > LONGEST_PATH) return undefined;
  const path = posix.normalize(program);
  const name = baseName(path).replace(EXTENSION, '');
  const directory = baseName(posix.dirname(path));
  const better = ENTRY_POINTS.has(name) && isName(directory) ? directory : name;
  return isName(better) ? better : undefined;
}

function isName(text: string): boolean {
  return text.length <= LONGEST_NAME && NAME.test(text) && LETTER.test(text);
}

function baseName(path: string): string {
  return posix.basename(path.length > LONGEST_PATH ? path.slice(-LONGEST_PATH) : path);
}

function printable(name: string): string {
  return name.replace(/\p{Cc}/gu, '').slice(0, LONGEST_NAME);
}
