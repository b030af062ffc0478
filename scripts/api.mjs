// SPDX-License-Identifier: Apache-2.0
/**
 * Writes packages/<name>/etc/<name>.api.md: the public surface of each package, reviewed in every change. `--check` writes
 * nothing and fails when a report differs. Both fail when the surface mentions something that is not exported, has no release tag or
 * does not say what it is.
 *
 *     npm run api [-- --check]
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Extractor, ExtractorConfig } from '@microsoft/api-extractor';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const check = process.argv.includes('--check');
/** How a report shows an export, not a member, without a docstring. */
const UNDOCUMENTED =
  /^\/\/ @public \(undocumented\)\n(?:(?:export|declare|abstract|class|interface|type|const|function) )+(\w+)/gm;

// Reports are made from declarations; old ones would tell of an old surface.
const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
const compiled = spawnSync(process.execPath, [tsc, '-b'], { cwd: root, stdio: 'inherit' });
if (compiled.status !== 0) process.exit(1);

let failed = false;
for (const name of readdirSync(join(root, 'packages')).sort()) {
  const configPath = join(root, 'packages', name, 'api-extractor.json');
  if (existsSync(configPath) && !report(name, configPath)) failed = true;
}
process.exitCode = failed ? 1 : 0;

function report(name, configPath) {
  const config = ExtractorConfig.loadFileAndPrepare(configPath);
  mkdirSync(dirname(config.reportFilePath), { recursive: true });
  const problems = [];
  const result = Extractor.invoke(config, {
    localBuild: !check,
    messageCallback(message) {
      message.handled = true;
      if (isProblem(message)) problems.push(message.text);
    },
  });
  const path = `packages/${name}/etc/${name}.api.md`;
  for (const [, symbol] of readFileSync(config.reportTempFilePath, 'utf8').matchAll(UNDOCUMENTED))
    problems.push(`${symbol} has no docstring`);
  if (check && result.apiReportChanged) problems.push(`${path} differs from the code. Run: npm run api`);
  for (const problem of problems) console.error(`${name}: ${problem}`);
  if (problems.length === 0)
    console.log(`${path}${check ? ' is up to date' : result.apiReportChanged ? ' written' : ' unchanged'}`);
  return problems.length === 0;
}

/** Notes that a report was written are none; what api-extractor.json shows in the reports as comments is none either. */
function isProblem({ logLevel, messageId }) {
  return (logLevel === 'error' || logLevel === 'warning') && !messageId.startsWith('console-api-report');
}
