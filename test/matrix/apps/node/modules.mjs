import { createRequire } from 'node:module';
import { join } from 'node:path';

/** Packages of the row's cache: its folder is the variable MATRIX_MODULES. */
export function modulesOf(folder = process.env.MATRIX_MODULES) {
  const require = createRequire(join(folder, 'none.js'));
  return {
    require,
    get grpc() {
      return require('@grpc/grpc-js');
    },
    get loader() {
      return require('@grpc/proto-loader');
    },
  };
}

/** `name=value` arguments; the rest of the command line is a word to be found by. */
export function argumentsOf(argv = process.argv.slice(2)) {
  return Object.fromEntries(
    argv.filter((one) => one.includes('=')).map((one) => [one.split('=')[0], one.replace(/^[^=]*=/, '')]),
  );
}
