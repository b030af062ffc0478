/** Code with which libraries of Python start the children that they do not fork. */
const STARTS_CHILD =
  /^from (multiprocessing|multiprocess|billiard|torch\.multiprocessing)\.(spawn|forkserver|resource_tracker|semaphore_tracker) import /;
const CHILD_MODULE = /(^|\.)popen_loky_posix$/;
/** Options of the interpreter come before; no real command line has so many. */
const MOST_OPTIONS = 64;

/**
 * Whether a command line of Python is that of a child of its multiprocessing library (workers of uvicorn, hypercorn and sanic): it says nothing
 * of the program, which is its parent's.
 */
export function isMultiprocessingChild(commandLine: readonly string[]): boolean {
  const options = commandLine.slice(1, MOST_OPTIONS);
  return options.some((argument, index) => {
    if (argument === '--multiprocessing-fork') return true;
    return options[index - 1]?.endsWith('c') === true
      ? STARTS_CHILD.test(argument)
      : options[index - 1] === '-m' && CHILD_MODULE.test(argument);
  });
}
