import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, test } from 'node:test';
import { LIMITS } from '../src/model/limits.ts';
import { REFUSAL_CODES } from '../src/model/refusal.ts';
import * as structure from './structure.ts';
import { anchorsOf, linksOf, tableKeys, tableRows } from './support/markdown.ts';
import * as tree from './support/source-tree.ts';

const SOURCES = tree.filesBelow('src', ['.ts']);
const CODE = SOURCES.filter((file) => !file.path.endsWith('.test.ts'));
const TESTS = SOURCES.filter((file) => file.path.endsWith('.test.ts'));
const SCRIPTS = ['test', 'bench', 'scripts', 'bin'].flatMap((folder) => tree.filesBelow(folder, ['.ts', '.mjs']));
/** But for the tests of the reader itself, which hold imports and names of documents as text. */
const READ = [...SOURCES, ...SCRIPTS].filter(({ path }) => path !== 'test/support/source-tree.test.ts');
const DOCUMENTS = tree.filesBelow('.', ['.md']);
/** The doors are tested as the whole program is, by starting it. */
const DOORS = 3;
const IMPORTS = new Map([...SOURCES, ...SCRIPTS].map((file) => [file.path, tree.importsOf(file)]));

/** Fails with one problem a line, and with the file to change when the new shape is meant. */
function none(problems: readonly string[], meant: string): void {
  assert.ok(problems.length === 0, `${problems.join('\n')}\n\nIf this is meant: ${meant}`);
}

describe('the structure of src/', () => {
  test('every file belongs to a folder with a floor', () => {
    const homeless = CODE.filter((file) => file.path !== `src/${structure.TOP}` && floorOf(file.path) === undefined);
    none(
      homeless.map((file) => `${file.path} is in no folder of the table`),
      'add the folder to FLOORS in test/structure.ts and to ARCHITECTURE.md.',
    );
  });

  test('imports between folders go down, and only where the table allows', () => {
    const problems = CODE.flatMap((file) => importsOf(file.path).files.flatMap((to) => importProblem(file.path, to)));
    none(problems, 'change FLOORS in test/structure.ts and the table of ARCHITECTURE.md.');
  });

  test('a package is imported only in the folders that may use it', () => {
    const problems = CODE.filter((file) => file.path !== `src/${structure.TOP}`).flatMap((file) => {
      const allowed = floorOf(file.path)?.floor.packages ?? [];
      const others = importsOf(file.path).packages.filter((name) => !allowed.includes(name));
      return others.map((name) => `${file.path} imports the package ${name}`);
    });
    none(problems, 'change `packages` of the folder in FLOORS, test/structure.ts.');
  });

  test('a pure folder does no I/O', () => {
    const problems = CODE.filter((file) => floorOf(file.path)?.floor.pure).flatMap((file) => {
      const others = importsOf(file.path).builtins.filter((name) => !structure.PURE_BUILTINS.includes(name));
      return others.map((name) => `${file.path} imports ${name}`);
    });
    none(problems, 'change `pure` of the folder or PURE_BUILTINS in test/structure.ts.');
  });

  test('every import finds its file', () => {
    const problems = READ.flatMap((file) =>
      tree
        .importsOf(file)
        .files.filter((to) => !existsSync(join(tree.ROOT, to)))
        .map((to) => `${file.path} imports ${to}`),
    );
    none(problems, 'no import of a missing file can be meant.');
  });

  test('every file is reached from main.ts', () => {
    const entries = [`src/${structure.TOP}`, ...Object.keys(structure.OTHER_ENTRIES)];
    const reached = tree.reachable(entries, IMPORTS);
    const typesOnly = (path: string) => !tree.hasCode({ path, text: readFileSync(join(tree.ROOT, path), 'utf8') });
    const dead = CODE.map((file) => file.path).filter((path) => !reached.has(path) && !typesOnly(path));
    none(
      dead.map((path) => `${path} is reached by nothing`),
      'name the file and its user in OTHER_ENTRIES, test/structure.ts.',
    );
  });

  test('every file with code is reached from a test of its own folder, or from the conformance suite', () => {
    const conforming = tree.reachable(['test/conformance/conformance.test.ts'], IMPORTS);
    const problems = CODE.filter((file) => tree.hasCode(file) && !(file.path in structure.TESTED_ELSEWHERE))
      .filter((file) => (floorOf(file.path)?.floor.level ?? DOORS) < DOORS)
      .filter((file) => !conforming.has(file.path) && !isTestedBeside(file.path))
      .map((file) => `${file.path} has no test beside it`);
    none(problems, 'say where it is tested, in TESTED_ELSEWHERE of test/structure.ts.');
  });

  test('the exceptions name files that exist', () => {
    const named = [structure.LONG_FILES, structure.OTHER_ENTRIES, structure.TESTED_ELSEWHERE].flatMap(Object.keys);
    none(
      named.filter((path) => !existsSync(join(tree.ROOT, path))),
      'take the entry out of test/structure.ts.',
    );
  });
});

describe('the size of files', () => {
  test(`no file has more than ${structure.MAX_FILE_LINES} lines`, () => {
    const problems = [...SOURCES, ...SCRIPTS]
      .map((file) => ({ path: file.path, lines: tree.lineCount(file.text) }))
      .filter(({ lines }) => lines > structure.MAX_FILE_LINES)
      .map(({ path, lines }) => `${path} has ${lines} lines`);
    none(problems, 'it cannot be; split the file.');
  });

  test(`a source file of more than ${structure.LONG_FILE_LINES} lines says why`, () => {
    const problems = CODE.map((file) => ({ path: file.path, lines: tree.lineCount(file.text) }))
      .filter(({ path, lines }) => lines > structure.LONG_FILE_LINES && !(path in structure.LONG_FILES))
      .map(({ path, lines }) => `${path} has ${lines} lines`);
    none(problems, 'give the reason in LONG_FILES, test/structure.ts.');
  });
});

describe('the documents', () => {
  test('every link leads somewhere', () => {
    none(DOCUMENTS.flatMap(deadLinks), 'no dead link can be meant.');
  });

  test('every document that the code names exists', () => {
    const problems = READ.flatMap((file) => {
      const named = [...file.text.matchAll(/\b(?:docs\/[\w./-]+\.md|(?:README|ARCHITECTURE|SECURITY)\.md)\b/g)];
      const missing = named.map((match) => match[0]).filter((path) => !existsSync(join(tree.ROOT, path)));
      return missing.map((path) => `${file.path} names ${path}`);
    });
    none(problems, 'write the document.');
  });

  test('the short documents stay short', () => {
    const problems = Object.entries(structure.DOCUMENT_LINES)
      .map(([path, most]) => ({ path, most, lines: tree.lineCount(readFileSync(join(tree.ROOT, path), 'utf8')) }))
      .filter(({ lines, most }) => lines > most)
      .map(({ path, lines, most }) => `${path} has ${lines} lines, and ${most} are the most`);
    none(problems, 'move a part below docs/, or change DOCUMENT_LINES in test/structure.ts.');
  });

  test('every refusal code is explained, and no other', () => {
    const documented = tableKeys('docs/reference/refusals.md');
    assert.deepEqual([...documented].sort(), [...REFUSAL_CODES].sort(), 'docs/reference/refusals.md, first column');
  });

  test('every limit is explained with its default, and no other', () => {
    const rows = tableRows('docs/reference/limits.md').map(([name = '', value]) => [name.replaceAll('`', ''), value]);
    const expected = Object.entries(LIMITS).map(([name, value]) => [name, inUnits(name, value)]);
    assert.deepEqual(Object.fromEntries(rows), Object.fromEntries(expected), 'docs/reference/limits.md');
  });

  test('every dependency has its reason, and every reason its dependency', () => {
    const manifest = JSON.parse(readFileSync(join(tree.ROOT, 'package.json'), 'utf8'));
    const declared = Object.entries<string>({
      ...manifest.dependencies,
      ...manifest.optionalDependencies,
      ...manifest.devDependencies,
    });
    const rows = tableRows('docs/internals/dependencies.md');
    const named = rows.map(([name = '']) => name.replaceAll('`', ''));
    assert.deepEqual(named.sort(), declared.map(([name]) => name).sort(), 'docs/internals/dependencies.md');
    assert.deepEqual(
      rows.filter((row) => (row.at(-1) ?? '').split(' ').length < 4),
      [],
      'a reason is a sentence',
    );
    assert.deepEqual(
      declared.filter(([, version]) => !/^\d/.test(version)),
      [],
      'versions are exact in package.json',
    );
  });

  test('the lockfile has the builds of every platform, which `npm ci` insists on', () => {
    const { packages } = JSON.parse(readFileSync(join(tree.ROOT, 'package-lock.json'), 'utf8'));
    const wanted = Object.entries<{ optionalDependencies?: Record<string, string> }>(packages).flatMap(
      ([path, entry]) => Object.keys(entry.optionalDependencies ?? {}).map((name) => ({ path, name })),
    );
    none(
      wanted.filter(({ path, name }) => !isLocked(packages, path, name)).map(({ path, name }) => `${path}: ${name}`),
      'a registry without them left them out: put their entries back, which docs/internals/dependencies.md explains.',
    );
  });
});

/** Whether a package that is needed at this path is in the lockfile: there, or in a folder above it. */
function isLocked(packages: Readonly<Record<string, unknown>>, path: string, name: string): boolean {
  const own = `${path === '' ? '' : `${path}/`}node_modules/${name}`;
  if (own in packages) return true;
  if (path === '') return false;
  const above = path.lastIndexOf('/node_modules/');
  return isLocked(packages, above < 0 ? '' : path.slice(0, above), name);
}

describe('what no file may say', () => {
  const everything = tree.filesBelow('.', [
    '.ts',
    '.tsx',
    '.css',
    '.html',
    '.mjs',
    '.md',
    '.json',
    '.yml',
    '.yaml',
    '.sql',
    '.sh',
    '.py',
    '.java',
  ]);

  for (const { pattern, why } of structure.BANNED) {
    test(`nothing matches ${pattern.source}`, () => {
      const problems = everything.flatMap((file) =>
        file.text.split('\n').flatMap((line, i) => (pattern.test(line) ? `${file.path}:${i + 1}: ${line.trim()}` : [])),
      );
      none(problems, `${why}; the list is BANNED in test/structure.ts.`);
    });
  }

  test('a check is switched off only with a reason beside it', () => {
    const off =
      /(?:oxlint-disable|eslint-disable|biome-ignore|@ts-ignore|@ts-expect-error|@ts-nocheck)(?!.*(?:--|: )\s*\w+ \w+)/;
    const problems = [...SOURCES, ...SCRIPTS]
      .filter((file) => file.path !== 'test/tidy.test.ts')
      .flatMap((file) =>
        file.text.split('\n').flatMap((line, i) => (off.test(line) ? `${file.path}:${i + 1}: ${line.trim()}` : [])),
      );
    none(problems, 'write the reason after `--` on the same line.');
  });
});

function importsOf(path: string): tree.Imports {
  return IMPORTS.get(path) ?? { files: [], packages: [], builtins: [] };
}

/** The nearest folder of the table that a file stands in. */
function floorOf(path: string): { readonly folder: string; readonly floor: structure.Floor } | undefined {
  for (let folder = dirname(path.slice('src/'.length)); folder !== '.'; folder = dirname(folder)) {
    const floor = structure.FLOORS[folder];
    if (floor !== undefined) return { folder, floor };
  }
  return undefined;
}

function importProblem(from: string, to: string): string[] {
  if (from === `src/${structure.TOP}`) return [];
  if (!to.startsWith('src/')) return [`${from} imports ${to}, which is not below src/`];
  if (to === `src/${structure.TOP}` || to.endsWith('.test.ts')) return [`${from} imports ${to}`];
  const { folder, floor } = floorOf(from) ?? {};
  const target = floorOf(to)?.folder ?? '';
  if (folder === target) return [];
  if (from === `src/${structure.PROTOCOL_LIST}` && target.startsWith('protocols/')) return [];
  const allowed = floor?.imports ?? [];
  const isAllowed = allowed.some((name) => target === name || to === `src/${name}` || target.startsWith(`${name}/`));
  return isAllowed ? [] : [`${from} imports ${to}`];
}

function isTestedBeside(path: string): boolean {
  const folder = floorOf(path)?.folder ?? dirname(path);
  const tests = TESTS.filter((file) => floorOf(file.path)?.folder === folder).map((file) => file.path);
  return tree.reachable(tests, IMPORTS).has(path);
}

function deadLinks(document: tree.SourceFile): string[] {
  return linksOf(document.text).flatMap((link) => {
    const [path = '', anchor] = link.split('#');
    const file = path === '' ? document.path : normalize(join(dirname(document.path), path));
    if (!existsSync(join(tree.ROOT, file))) return [`${document.path} links to ${link}`];
    if (anchor === undefined || !file.endsWith('.md')) return [];
    const anchors = anchorsOf(readFileSync(join(tree.ROOT, file), 'utf8'));
    return anchors.includes(anchor) ? [] : [`${document.path} links to ${link}, which has no such heading`];
  });
}

/** A limit as the reference prints it: the unit is the last word of its name. */
function inUnits(name: string, value: number): string {
  if (name.endsWith('Bytes')) {
    if (value % 2 ** 30 === 0) return `${value / 2 ** 30} GiB`;
    if (value % 2 ** 20 === 0) return `${value / 2 ** 20} MiB`;
    return value % 2 ** 10 === 0 ? `${value / 2 ** 10} KiB` : `${value.toLocaleString('en')} bytes`;
  }
  if (name.endsWith('Ms')) return value % 1000 === 0 ? inTime(value / 1000) : `${value} ms`;
  return name.endsWith('Seconds') ? inTime(value) : value.toLocaleString('en');
}

function inTime(seconds: number): string {
  if (seconds % 3600 === 0) return `${seconds / 3600} h`;
  return seconds % 60 === 0 ? `${seconds / 60} min` : `${seconds} s`;
}
