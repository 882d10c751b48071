import { scanSync } from 'libpg-query';

/** What a generated column is computed by: the text in the parentheses after `at`, a place in bytes. */
export function generatedBy(text: string, at: number): string | undefined {
  let depth = 0;
  let start: number | undefined;
  for (const { text: token, start: begin, end } of scanSync(text).tokens) {
    if (begin < at) continue;
    if (token === '(') {
      depth++;
      start ??= end;
    }
    if (token !== ')') continue;
    depth--;
    if (depth === 0 && start !== undefined) return Buffer.from(text).toString('utf8', start, begin).trim();
  }
  return undefined;
}
