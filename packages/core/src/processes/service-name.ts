import { basename, dirname } from 'node:path';

/** How the command line of an interpreter names the program it runs. */
interface Interpreter {
  readonly executable: RegExp;
  /** Options whose value is the next argument. */
  readonly withValue: readonly string[];
  /** Options whose next argument, or rest, names the program. */
  readonly names?: readonly string[];
  /** One of `names` that may be written together with its value: `-mhttp.server`. */
  readonly joined?: string;
  /** Options after which there is no program to name: code on the command line. */
  readonly code?: readonly string[];
  /** Words that come before the program. */
  readonly commands?: readonly string[];
}

const INTERPRETERS: readonly Interpreter[] = [
  {
    executable: /^(python|pypy)[0-9.]*$/,
    withValue: ['-W', '-X', '--check-hash-based-pycs'],
    names: ['-m'],
    joined: '-m',
    code: ['-c'],
  },
  {
    executable: /^(node|nodejs)[0-9.]*$/,
    withValue: [
      ...['-r', '--require', '--import', '--loader', '--experimental-loader', '-C', '--conditions', '--title'],
      ...['--input-type', '--inspect-port', '--icu-data-dir', '--openssl-config', '--watch-path', '--test-reporter'],
    ],
    names: ['--run'],
    code: ['-e', '--eval', '-p', '--print', '-pe'],
  },
  { executable: /^ruby[0-9.]*$/, withValue: ['-I', '-r', '-C', '-E', '--encoding'], names: ['-S'], code: ['-e'] },
  {
    executable: /^java$/,
    withValue: [
      ...['-cp', '-classpath', '--class-path', '-p', '--module-path', '--upgrade-module-path', '--add-modules'],
      ...['--add-opens', '--add-exports', '--add-reads', '--patch-module', '--limit-modules', '--enable-native-access'],
    ],
    names: ['-jar', '-m', '--module'],
  },
  {
    executable: /^php[0-9.]*$|^php-cgi[0-9.]*$/,
    withValue: ['-S', '-t', '-c', '-d', '-z'],
    names: ['-f', '--file'],
    code: ['-r'],
  },
  { executable: /^perl[0-9.]*$/, withValue: ['-I'], names: ['-S'], code: ['-e', '-E'] },
  { executable: /^(ba|da|a|k|z)?sh$/, withValue: ['-o', '-O'], code: ['-c'] },
  {
    executable: /^deno$/,
    withValue: ['-c', '--config', '--import-map'],
    commands: ['run', 'serve', 'task'],
    code: ['eval'],
  },
  { executable: /^bun$/, withValue: ['-r', '--preload', '--cwd'], commands: ['run'], code: ['-e', '--eval'] },
  {
    executable: /^dotnet$/,
    withValue: [
      '--roll-forward',
      '--fx-version',
      '--additionalprobingpath',
      '--additional-deps',
      '--runtimeconfig',
      '--depsfile',
    ],
    commands: ['exec', 'run'],
    names: ['--project'],
  },
];

const EXTENSION = /\.(py|pyc|pyz|[mc]?js|[mc]?ts|jsx|tsx|rb|ru|jar|war|dll|csproj|php|phar|sh|bash|zsh|pl|java)$/i;
/** File names that say less than the directory they are in. */
const ENTRY_POINTS = new Set(['index', '__main__', '__init__']);
const LONGEST_NAME = 255;

/**
 * The default `service.name`: the executable's base name, or for an interpreter that of what it runs.
 *
 * `python3 /srv/shop.py` → `shop`, `python -m uvicorn app:main` → `uvicorn`, `node /srv/cart/index.js` → `cart`,
 * `java -jar /opt/orders.jar` → `orders`, `java com.acme.Main` → `com.acme.Main`, `dotnet Stock.dll` → `Stock`. A process that has
 * written a title over its arguments (`gunicorn: master [app]`) is called by the title's first word. Code on the command line names nothing.
 */
export function defaultServiceName(executable: string, commandLine: readonly string[]): string {
  const own = basename(executable) || basename(commandLine[0] ?? '') || 'unknown';
  const interpreter = INTERPRETERS.find((candidate) => candidate.executable.test(own));
  if (interpreter === undefined) return printable(own);
  const program = titleOf(commandLine, interpreter) ?? programOf(commandLine, interpreter);
  return printable(program === undefined ? own : programName(program)) || own;
}

/** Arguments are one text with blanks, and the first word is not the interpreter. */
function titleOf(commandLine: readonly string[], { executable }: Interpreter): string | undefined {
  const title = commandLine.find((argument) => argument !== '');
  if (
    title === undefined ||
    commandLine.indexOf(title) !== 0 ||
    commandLine.slice(1).some((argument) => argument !== '')
  )
    return undefined;
  const word = /^([\w.@-]+):? /.exec(title)?.[1];
  return word === undefined || executable.test(word) ? undefined : word;
}

function programOf(commandLine: readonly string[], interpreter: Interpreter): string | undefined {
  const { withValue, names = [], joined, code = [], commands = [] } = interpreter;
  for (let index = 1; index < commandLine.length; index++) {
    const argument = commandLine[index] as string;
    if (names.includes(argument)) return commandLine[index + 1];
    if (code.includes(argument) || argument === '-') return undefined;
    if (argument === '--') return commandLine[index + 1];
    if (withValue.includes(argument)) index++;
    else if (commands.includes(argument)) continue;
    else if (!argument.startsWith('-')) {
      // Java's options from a file: the program is named there.
      if (argument.startsWith('@') || argument === '') continue;
      return argument;
    } else if (joined !== undefined && argument.startsWith(joined)) {
      return argument.slice(joined.length);
    }
  }
  return undefined;
}

function programName(program: string): string {
  const path = program.replace(/\/+$/, '');
  const name = basename(path).replace(EXTENSION, '');
  if (!ENTRY_POINTS.has(name)) return name;
  const directory = basename(dirname(path));
  return directory === '' || directory === '.' || directory === '..' ? name : directory;
}

function printable(name: string): string {
  return name.replace(/\p{Cc}/gu, '').slice(0, LONGEST_NAME);
}
