/** How the virtual machine of Erlang and Elixir is called. */
const BEAM = /^beam(\.smp)?$/;
/** Modules that only start others. */
const STARTERS = new Set(['elixir', 'init', 'erl_init', 'start', 'init_shell']);
const SCRIPT = /\.(exs?|escript|erl|beam)$/i;

/** Whether an executable, by its name, is the virtual machine of Erlang. */
export function isBeam(executable: string): boolean {
  return BEAM.test(executable);
}

/**
 * What the command line of the virtual machine of Erlang says it runs: the node's name without its host (`-sname shop`), else the
 * script (`elixir shop.exs`), else the first module that is told to start. No other option's value is taken: `-setcookie` is a password.
 */
export function beamProgram(commandLine: readonly string[]): string | undefined {
  let started: string | undefined;
  for (let index = 1; index < commandLine.length; index++) {
    const argument = commandLine[index] as string;
    const next = commandLine[index + 1];
    if (argument === '-sname' || argument === '-name') return next?.split('@', 1)[0];
    if (argument === '-s' || argument === '-run') {
      if (next !== undefined && !STARTERS.has(next)) started ??= next;
    } else if (argument === '-extra') {
      return script(commandLine, index + 1) ?? started;
    }
  }
  return started;
}

function script(commandLine: readonly string[], from: number): string | undefined {
  for (let index = from; index < commandLine.length; index++) {
    const argument = commandLine[index] as string;
    if (argument === '-e' || argument === '--eval' || argument === '--rpc-eval') return undefined;
    if (!argument.startsWith('-') && SCRIPT.test(argument)) return argument;
  }
  return undefined;
}
