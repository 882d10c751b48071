/** CSV (RFC 4180) that a spreadsheet takes for text alone. */

/**
 * Lines of cells under a heading, ended by CRLF. A cell that a spreadsheet would calculate is led by an apostrophe, and
 * control characters become spaces: what it says is then what was recorded, never what it does.
 */
export function csv(heading: readonly string[], rows: readonly (readonly string[])[]): string {
  return [heading, ...rows].map((row) => `${row.map(cell).join(',')}\r\n`).join('');
}

/** What begins a formula in a spreadsheet, also behind white space that some of them skip. */
const FORMULA = /^\s*[=+\-@\t\r|%＝＋－＠]/u;

function cell(text: string): string {
  const plain = text.toWellFormed().replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ');
  const safe = FORMULA.test(text) || FORMULA.test(plain) ? `'${plain}` : plain;
  return /[",']/u.test(safe) || safe !== safe.trim() ? `"${safe.replaceAll('"', '""')}"` : safe;
}
