import { readFileSync } from 'node:fs';

/** A command line, and what is expected of it, a line for each program. */
export interface ShellCase {
  readonly text: string;
  readonly expected: readonly string[];
  readonly line: number;
}

/** Characters that a text file shows badly. */
const SIGNS: Readonly<Record<string, string>> = { '␤': '\n', '␉': '\t', '␍': '\r', '␀': '\0' };

/** Reads `lines.txt`: `$ ` and a command line, then what it runs. Comments begin with `# `. */
export function readShellCorpus(name: string): readonly ShellCase[] {
  const cases: { text: string; expected: string[]; line: number }[] = [];
  const lines = readFileSync(new URL(name, import.meta.url), 'utf8').split('\n');
  for (const [index, line] of lines.entries()) {
    if (line.startsWith('$ ')) cases.push({ text: plain(line.slice(2)), expected: [], line: index + 1 });
    else if (line !== '' && !line.startsWith('# ')) cases.at(-1)?.expected.push(line);
  }
  return cases;
}

export function plain(text: string): string {
  return text.replaceAll(/[␤␉␍␀]/gu, (sign) => SIGNS[sign] ?? sign);
}
