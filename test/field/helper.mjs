// SPDX-License-Identifier: Apache-2.0
// @ts-check
import { fileURLToPath } from 'node:url';
import { HelperProcess } from '../support/helper-process.mjs';

/** A module of the laboratory in a process of its own. */
export class Helper extends HelperProcess {
  /** @param {string} module beside this file @param {{ command: string, args: readonly string[] }} [inside] what runs it elsewhere */
  constructor(module, inside) {
    super(fileURLToPath(new URL(module, import.meta.url)), [], {
      serialization: 'advanced',
      ...(inside === undefined ? {} : { execPath: inside.command, execArgv: [...inside.args, process.execPath] }),
    });
  }
}
