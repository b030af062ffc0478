import type { Feature, FeatureStatus, HostReport } from './report.ts';

const MARK: Readonly<Record<FeatureStatus, string>> = { available: 'yes', unavailable: 'no', unknown: '?' };

/** The report as a table for a terminal, each trouble followed by its cause and cure. */
export function formatReport(report: HostReport): string {
  const { platform, architecture, kernel, features, sources, isUsable } = report;
  const width = Math.max(...features.map(({ title }) => title.length));
  const lines = [
    `Host: ${platform}-${architecture}, kernel ${kernel}`,
    '',
    ...features.flatMap((feature) => rows(feature, width)),
    '',
  ];
  for (const [name, { status, missing }] of Object.entries(sources)) {
    const detail =
      missing.length === 0 ? '' : `  (${status === 'available' ? 'not told' : 'lacks'}: ${missing.join(', ')})`;
    lines.push(`Source ${name.padEnd(width - 7)}  ${MARK[status].padEnd(3)}${detail}`);
  }
  lines.push(
    '',
    isUsable
      ? 'Ready: this host can be traced.'
      : 'Not ready: no source of socket I/O can be used; see the cures above.',
  );
  return `${lines.join('\n')}\n`;
}

function rows({ title, status, found, cause, cure, isRequired }: Feature, width: number): string[] {
  const first = `${title.padEnd(width)}  ${MARK[status].padEnd(3)}  ${found}${isRequired && status !== 'available' ? '  [required]' : ''}`;
  const indent = ' '.repeat(width + 7);
  return [
    first,
    ...(cause === undefined ? [] : [`${indent}because ${cause}`]),
    ...(cure === undefined ? [] : [`${indent}cure: ${cure}`]),
  ];
}
