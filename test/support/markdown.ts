import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './source-tree.ts';

/** The rows of every table of a document below the root, headings left out; cells are trimmed. */
export function tableRows(path: string): readonly (readonly string[])[] {
  const lines = readFileSync(join(ROOT, path), 'utf8').split('\n');
  return lines
    .filter((line, i) => line.startsWith('|') && !isRule(line) && !isRule(lines[i + 1] ?? ''))
    .map((line) =>
      line
        .replace(/^\||\|$/g, '')
        .split(/(?<!\\)\|/)
        .map((cell) => cell.trim()),
    );
}

/** The first cells of every table, without their backquotes. */
export function tableKeys(path: string): readonly string[] {
  return tableRows(path).map(([first = '']) => first.replaceAll('`', ''));
}

/** The relative links and images of a document; addresses on the web are left out, and so is code. */
export function linksOf(text: string): readonly string[] {
  const prose = text.replaceAll(/^```[\s\S]*?^```/gm, '').replaceAll(/`[^`\n]*`/g, '');
  const found = [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1] ?? '');
  return found.filter((link) => !/^[a-z]+:/i.test(link));
}

/** The anchors that GitHub makes of a document's headings. */
export function anchorsOf(text: string): readonly string[] {
  const headings = text.replaceAll(/^```[\s\S]*?^```/gm, '').matchAll(/^#{1,6} +(.+)$/gm);
  return [...headings].map((match) =>
    (match[1] ?? '')
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .trim()
      .replaceAll(' ', '-'),
  );
}

function isRule(line: string): boolean {
  return /^\|(?:\s*:?-+:?\s*\|)+$/.test(line.trim());
}
