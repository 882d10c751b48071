/**
 * Which test files share a process, and in which order they start. Plain JavaScript on Node 18.
 *
 * A process for each file is the rule of Node's runner; to start one and to load what a test imports takes most of the
 * time of a small test. Files that neither start processes nor touch what belongs to the whole process share one.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ROOT } from './ensure.mjs';

const FILES_A_PROCESS = 20;
/** A file whose text has one of these has its process for itself. */
const ALONE = [
  // Hooks of the root run for every file of a process. Loading a parser once more does no harm.
  /^(?:beforeEach|afterEach|after)\(/m,
  /^before\((?!loadPostgresParser\))/m,
  // Between the files of a process nothing is waited for, so that no test starts before all are there.
  /^(?:(?:const|let) .* = )?await /m,
  // What belongs to the process, and what is slow enough to start early or to be alone with its measure.
  /\bmock\./,
  /\bglobalThis\b/,
  /\bprocess\.(?:argv|chdir|env|exit|exitCode|kill|memoryUsage|on|once|stderr|stdin|stdout|umask)\b/,
  /node:(?:child_process|cluster|v8|worker_threads)/,
  /\bstart(?:Browser|Postgres)\b/,
];
/** Suites that run on every store share its servers. */
const STORES = /\bonEachStore\(/;
/** Pages over the made-up API share a browser. */
const PAGES = /\bstartWebServer\(/;
const PAGES_A_PROCESS = 5;
/** Those that take longest start first, so that the end of a run is not one long file on one core. */
const EARLY = ['test/differential', 'test/e2e', 'test/conformance', 'test/bypass', 'test/web', 'test'];

/** Writes a file for each process to a temporary folder, and resolves to them in the order in which to run them. */
export function writeEntries(files) {
  const folder = mkdtempSync(join(tmpdir(), 'chaperone-tests-'));
  const entries = entriesOf(files.map((path) => ({ path, text: readFileSync(join(ROOT, path), 'utf8') })));
  // Node's runner takes its files in the order of their names.
  const paths = entries.map(({ name, members }, index) => {
    const path = join(folder, `${String(index + 1).padStart(3, '0')}-${name}.test.mjs`);
    const imports = members.map((member) => `import ${JSON.stringify(pathToFileURL(join(ROOT, member)).href)};\n`);
    writeFileSync(path, imports.join(''));
    return path;
  });
  return { paths, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** The processes of a run: what each is called, and the files in it. */
export function entriesOf(files) {
  const early = EARLY.map(() => []);
  const pages = [];
  const together = new Map();
  const late = [];
  for (const { path, text } of files) {
    const rank = EARLY.findIndex((folder) => path.startsWith(`${folder}/`));
    if (rank >= 0 && PAGES.test(text)) pages.push(path);
    else if (rank >= 0) early[rank].push(alone(path));
    else if (STORES.test(text)) gather(together, 'stores', path);
    else if (ALONE.some((pattern) => pattern.test(text))) late.push(alone(path));
    else gather(together, folderOf(path), path);
  }
  const groups = [...together].sort(([, a], [, b]) => b.length - a.length);
  return [
    ...early.flat(),
    ...pieces('test-web-pages', pages, PAGES_A_PROCESS),
    ...groups.flatMap(([name, members]) => pieces(name, members, FILES_A_PROCESS)),
    ...late,
  ];
}

function alone(path) {
  return { name: path.replace(/\.test\.\w+$/, '').replaceAll('/', '-'), members: [path] };
}

/** `src-audit` of `src/audit/log/x.test.ts`, `bench` of `bench/x.test.ts`. */
function folderOf(path) {
  return path.split('/').slice(0, -1).slice(0, 2).join('-');
}

function gather(groups, name, path) {
  groups.set(name, [...(groups.get(name) ?? []), path]);
}

/** As few as hold them, of one size. */
function pieces(name, members, most) {
  const count = Math.ceil(members.length / most);
  const size = Math.ceil(members.length / count);
  return Array.from({ length: count }, (_, n) => ({
    name: count === 1 ? name : `${name}-${n + 1}`,
    members: members.slice(n * size, (n + 1) * size),
  }));
}
