import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

/** The repository's root, absolute. */
export const ROOT = dirname(dirname(import.meta.dirname));

/** Left out everywhere: what is installed, produced or not ours. */
const SKIPPED = new Set(['node_modules', '.git', 'data', '.chaperone', '.work', 'dist', 'dist.new']);

/** A file of the repository: its path from the root, and its text. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

/** A source file's imports: files of ours by path from the root, packages and Node's modules by name. */
export interface Imports {
  readonly files: readonly string[];
  readonly packages: readonly string[];
  readonly builtins: readonly string[];
}

/** Every file below a folder whose name ends so, in order of path. */
export function filesBelow(folder: string, endings: readonly string[]): readonly SourceFile[] {
  return pathsBelow(folder)
    .filter((path) => endings.some((ending) => path.endsWith(ending)))
    .sort()
    .map((path) => ({ path, text: readFileSync(join(ROOT, path), 'utf8') }));
}

const STATEMENT = /^\s*(?:import|export)\b(?:[^'";]*?\bfrom\s*)?\s*'([^']+)'/gm;
const CALL = /(?<!["'`])\bimport\(\s*'([^']+)'/g;
/** How a worker thread's file is named. */
const WORKER = /\bnew URL\(\s*'(\.[^']+\.ts)',\s*import\.meta\.url\s*\)/g;

/** Reads the import and export statements, the `import()` calls and the worker files of a module. */
export function importsOf(file: SourceFile): Imports {
  const text = withoutComments(file.text);
  const named = [STATEMENT, CALL, WORKER].flatMap((pattern) =>
    [...text.matchAll(pattern)].map((match) => match[1] ?? ''),
  );
  const files: string[] = [];
  const packages: string[] = [];
  const builtins: string[] = [];
  for (const name of new Set(named)) {
    if (name.startsWith('.')) files.push(normalize(join(dirname(file.path), name)));
    else if (name.startsWith('node:')) builtins.push(name);
    else packages.push(packageOf(name));
  }
  return { files, packages, builtins };
}

/** Every file that the entries reach by imports, themselves included. */
export function reachable(entries: readonly string[], imports: ReadonlyMap<string, Imports>): ReadonlySet<string> {
  const reached = new Set<string>();
  const waiting = [...entries];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (reached.has(path)) continue;
    reached.add(path);
    waiting.push(...(imports.get(path)?.files ?? []));
  }
  return reached;
}

/** True where the module does something when it runs, and is more than types and constants. */
export function hasCode(file: SourceFile): boolean {
  return /^\s*(?:export )?(?:async )?(?:function|class)\b|^(?:export )?const \w+ = .*=>/m.test(
    withoutComments(file.text),
  );
}

/** The text with comments blanked; line breaks stay, so that line numbers do. */
export function withoutComments(text: string): string {
  return text
    .replaceAll(/\/\*[\s\S]*?\*\//g, (comment) => comment.replaceAll(/[^\n]/g, ' '))
    .replaceAll(/(^|[\s;{},(])\/\/[^\n]*/g, '$1');
}

/** How many lines a person sees. */
export function lineCount(text: string): number {
  return text.replace(/\n$/, '').split('\n').length;
}

function packageOf(specifier: string): string {
  const [first = '', second = ''] = specifier.split('/');
  return first.startsWith('@') ? `${first}/${second}` : first;
}

function pathsBelow(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = normalize(join(folder, entry.name));
    if (SKIPPED.has(entry.name) || entry.isSymbolicLink()) return [];
    return entry.isDirectory() ? pathsBelow(path) : [path];
  });
}
