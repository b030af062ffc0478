/** How the command line of an interpreter names the program it runs. */
export interface Interpreter {
  readonly executable: RegExp;
  /** Options of one letter that share a dash, as getopt reads them. */
  readonly letters?: Letters;
  /** Options whose value is the next argument. */
  readonly withValue: readonly string[];
  /** Options without a value. Those in neither list may have one: what follows them is looked at with suspicion. */
  readonly flags: RegExp;
  /** Options whose next argument, or what follows their `=`, names the program. */
  readonly names?: readonly string[];
  /** Options after which there is no program to name: code on the command line, or a program from the standard input. */
  readonly code?: readonly string[];
  /** Words that come before the program. */
  readonly commands?: readonly string[];
  /** How file names of its programs end. */
  readonly extension: RegExp;
  /** What a program may be called that does not end so: any name, a path, or nothing. */
  readonly bare: 'name' | 'path' | 'none';
}

/** The letters of `-abc`, by what follows them. */
export interface Letters {
  readonly flags: string;
  /** Digits may follow. */
  readonly numbered?: string;
  /** The rest of the argument is the value, or the next one where nothing is left. */
  readonly valued?: string;
  /** The rest of the argument is the value. */
  readonly attached?: string;
  /** As `valued`, and the value names the program. */
  readonly names?: string;
  readonly code: string;
}

const NOTHING = /^$/;
const JAVASCRIPT = /\.([mc]?[jt]s|[jt]sx)$/i;

export const INTERPRETERS: readonly Interpreter[] = [
  {
    executable: /^(python|pypy)[0-9.]*[dt]?$/,
    letters: { flags: 'bBdEhiIOPqRsStuvVx?', valued: 'WX', names: 'm', code: 'c' },
    withValue: ['--check-hash-based-pycs'],
    flags: NOTHING,
    extension: /\.(pyc?|pyz|pyw)$/i,
    bare: 'name',
  },
  {
    executable: /^(node|nodejs)[0-9.]*$/,
    withValue: [
      ...['-r', '--require', '--import', '--loader', '--experimental-loader', '-C', '--conditions', '--title'],
      ...['--input-type', '--inspect-port', '--icu-data-dir', '--openssl-config', '--watch-path', '--test-reporter'],
      ...[
        '--env-file',
        '--env-file-if-exists',
        '--max-http-header-size',
        '--stack-trace-limit',
        '--max-old-space-size',
      ],
      ...[
        '--diagnostic-dir',
        '--unhandled-rejections',
        '--dns-result-order',
        '--disable-warning',
        '--redirect-warnings',
      ],
      ...['--trace-event-categories', '--trace-event-file-pattern', '--trace-require-module', '--tls-keylog'],
      ...['--experimental-default-type', '--experimental-policy', '--experimental-sea-config', '--run'],
    ],
    flags:
      /^(-[ichv]|--((no|experimental|trace|harmony|expose|enable|preserve|throw|pending|abort|force|verify|frozen|track)-[\w-]+|watch|test|check|inspect(-brk|-wait)?|use-(openssl|system|bundled)-ca|jitless))$/,
    code: ['-e', '--eval', '-p', '--print', '-pe'],
    commands: ['inspect'],
    extension: JAVASCRIPT,
    bare: 'name',
  },
  {
    executable: /^ruby[0-9.]*$/,
    letters: { flags: 'acdhlnpsSUvwy', valued: 'ICrEX', attached: 'FiKTWx', numbered: '0', code: 'e' },
    withValue: [
      '--encoding',
      '--external-encoding',
      '--internal-encoding',
      '--enable',
      '--disable',
      '--backtrace-limit',
    ],
    flags: /^--(yjit|jit|rjit|mjit|verbose|debug|((enable|disable)-[\w-]+))$/,
    extension: /\.(rb|ru)$/i,
    bare: 'name',
  },
  {
    executable: /^java$/,
    withValue: [
      ...['-cp', '-classpath', '--class-path', '-p', '--module-path', '--upgrade-module-path', '--add-modules'],
      ...['--add-opens', '--add-exports', '--add-reads', '--patch-module', '--limit-modules', '--enable-native-access'],
      ...['--source', '--describe-module', '-d'],
    ],
    // What begins with one dash has its value attached: -Dkey=value, -Xmx1g, -javaagent:file. `-jar` only says what the program is.
    flags:
      /^(-[^-].*|--(enable-preview|show-version|dry-run|disable-@files|validate-modules|show-module-resolution))$/s,
    names: ['-m', '--module'],
    extension: /\.(jar|war|ear|java)$/i,
    bare: 'name',
  },
  {
    executable: /^php(-cgi)?[0-9.]*$/,
    letters: { flags: 'aCeHilmnqsvwh', valued: 'bcdgStTz', names: 'fF', code: 'rBRE' },
    withValue: ['--define', '--php-ini', '--server', '--docroot', '--bindpath', '--zend-extension'],
    flags: /^--(no-php-ini|no-header|no-chdir|interactive|quiet|timing)$/,
    names: ['--file', '--process-file'],
    code: ['--run', '--process-code', '--process-begin', '--process-end'],
    extension: /\.(php[0-9]?|phar|phtml)$/i,
    bare: 'name',
  },
  {
    executable: /^perl[0-9.]*$/,
    letters: { flags: 'acdfhnpsStTuUvVwWX', numbered: '0l', valued: 'I', attached: 'FimMDx', code: 'eE' },
    withValue: [],
    flags: NOTHING,
    extension: /\.(pl|psgi|cgi|t)$/i,
    bare: 'name',
  },
  {
    executable: /^(ba|da|a|k|z)?sh$/,
    letters: { flags: 'abefhiklmnpruvxBCDEHPT', valued: 'oO', code: 'cs' },
    withValue: ['--rcfile', '--init-file', '+o', '+O'],
    flags: /^--(login|posix|norc|noprofile|noediting|restricted|verbose|debugger)$|^\+[a-zA-Z]+$/,
    extension: /\.(sh|bash|zsh|ksh)$/i,
    bare: 'name',
  },
  {
    executable: /^deno$/,
    withValue: [
      '-c',
      '--config',
      '--import-map',
      '--cert',
      '--location',
      '--seed',
      '--log-level',
      '-L',
      '--port',
      '--host',
    ],
    flags: /^(-[A-Zqr]|--(allow|deny|no|unstable)-[\w-]+|--(watch|quiet|reload|check|cached-only))$/,
    commands: ['run', 'serve'],
    code: ['eval', 'repl', 'task'],
    extension: JAVASCRIPT,
    bare: 'none',
  },
  {
    executable: /^bun(\.exe)?$/,
    withValue: [
      '-r',
      '--preload',
      '--require',
      '--import',
      '--cwd',
      '-c',
      '--config',
      '--env-file',
      '--port',
      '-d',
      '--define',
    ],
    flags: /^--(hot|watch|smol|bun|silent|no-[\w-]+|inspect(-brk|-wait)?)$|^-b$/,
    commands: ['run'],
    code: ['-e', '--eval', '-p', '--print'],
    extension: JAVASCRIPT,
    bare: 'path',
  },
  {
    executable: /^dotnet$/,
    withValue: [
      ...['--roll-forward', '--fx-version', '--additionalprobingpath', '--additional-deps', '--runtimeconfig'],
      ...['--depsfile', '--configuration', '-c', '--framework', '-f', '--runtime', '-r', '--launch-profile', '-lp'],
      ...['--environment', '-e', '--verbosity', '-v', '--urls', '--arch', '-a', '--os'],
    ],
    flags: /^--(no-[\w-]+|interactive|self-contained)$/,
    commands: ['exec', 'run', 'watch', 'fsi'],
    // What follows belongs to the program.
    code: ['--'],
    names: ['--project', '-p'],
    extension: /\.(dll|exe|(cs|fs|vb)proj|csx?|fsx)$/i,
    bare: 'none',
  },
];
