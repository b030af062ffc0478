// @ts-check
/**
 * Rows of text in aligned columns; a column is aligned to the right when its heading ends with `>`.
 *
 * @param {readonly string[]} headings
 * @param {readonly (readonly string[])[]} rows
 * @returns {string[]} lines, the heading first
 */
export function textTable(headings, rows) {
  const names = headings.map((heading) => heading.replace(/>$/, ''));
  const widths = names.map((name, column) => Math.max(name.length, ...rows.map((row) => (row[column] ?? '').length)));
  const right = headings.map((heading) => heading.endsWith('>'));
  /** @param {readonly string[]} cells */
  const line = (cells) =>
    cells
      .map((cell, column) => (right[column] ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0)))
      .join('  ')
      .trimEnd();
  return [line(names), ...rows.map(line)];
}
