// SPDX-License-Identifier: Apache-2.0
import { appendFileSync } from 'node:fs';

/** Sends one JSON line to the host through the second serial port, and the same to the console for who reads along. */
export function report(line) {
  const text = `${JSON.stringify(line)}\n`;
  appendFileSync('/dev/ttyS1', text);
  process.stdout.write(text);
}
