/** A case of a table written as text: a line, and the indented lines below it. */
export interface TextCase {
  readonly input: string;
  readonly expected: readonly string[];
}

/** Reads a table of cases. Lines that begin with `#` and empty lines are left out. */
export function casesOf(text: string): readonly TextCase[] {
  const cases: { input: string; expected: string[] }[] = [];
  for (const line of text.split('\n')) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    if (line.startsWith('  ')) cases.at(-1)?.expected.push(line.trim());
    else cases.push({ input: line, expected: [] });
  }
  return cases;
}
