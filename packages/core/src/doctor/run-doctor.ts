import { parseArgs } from 'node:util';
import { formatReport } from './format-report.ts';
import { probeHost } from './probe-host.ts';
import type { HostReport } from './report.ts';

const USAGE = `Usage: beyla-doctor [--json]

Says what this host lets Beyla do, with cause and cure for what it does not.
Exits with 0 if a source of socket I/O can be used, 1 if not, 2 on a wrong argument.
`;

/** The command line `beyla-doctor`; returns the exit code. */
export async function runDoctor(
  args: readonly string[],
  out: (text: string) => void,
  probe: () => Promise<HostReport> = probeHost,
): Promise<number> {
  let options: { json?: boolean; help?: boolean };
  try {
    options = parseArgs({
      args: [...args],
      options: { json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
    }).values;
  } catch (error) {
    out(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
    return 2;
  }
  if (options.help === true) {
    out(USAGE);
    return 0;
  }
  const report = await probe();
  out(options.json === true ? `${JSON.stringify(report, null, 2)}\n` : formatReport(report));
  return report.isUsable ? 0 : 1;
}
