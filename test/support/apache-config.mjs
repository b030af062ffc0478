// SPDX-License-Identifier: Apache-2.0
// @ts-check
/** Where Debian has them. */
export const APACHE_MODULES = '/usr/lib/apache2/modules';

/** The configuration of an Apache of a folder of its own. @param {string} folder @param {readonly string[]} modules as their files are named, without `mod_` @param {readonly string[]} lines */
export function apacheConfig(folder, modules, lines) {
  return `${[
    ...modules.map((file) => `LoadModule ${file}_module ${APACHE_MODULES}/mod_${file}.so`),
    'ServerName localhost',
    `ServerRoot ${folder}`,
    `DocumentRoot ${folder}`,
    `DefaultRuntimeDir ${folder}`,
    `PidFile ${folder}/apache.pid`,
    `ErrorLog ${folder}/error.log`,
    'LogLevel notice',
    'User www-data',
    'Group www-data',
    ...lines,
  ].join('\n')}\n`;
}
