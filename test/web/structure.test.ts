import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { filesBelow, importsOf, lineCount, ROOT } from '../support/source-tree.ts';

/** What each part of `web/src` may import, besides itself; docs/internals/web.md explains it. */
const FLOORS: Readonly<Record<string, readonly string[]>> = {
  verify: [],
  'paths.ts': [],
  api: [],
  ui: ['paths.ts', 'api'],
  parts: ['paths.ts', 'api', 'verify', 'ui'],
  pages: ['paths.ts', 'api', 'verify', 'ui', 'parts'],
  app: ['paths.ts', 'api', 'ui', 'parts', 'pages'],
  'main.tsx': ['app', 'styles.css'],
};

/** What the gateway, the command line and the pages read alike: the formats of logs, which need nothing of Node. */
const SHARED = 'src/audit/c2sp/';
/** The same of recorded messages, by the one file that hands them to the pages. */
const SHARED_MESSAGES: Readonly<Record<string, readonly string[]>> = {
  'web/src/parts/noun-of.ts': ['src/model/asked-noun.ts'],
  'web/src/parts/kubernetes/kubectl.ts': ['src/model/kubectl-line.ts'],
  'web/src/parts/mcp/mcp-message.ts': ['src/model/mcp-message.ts'],
  // What terminals showed, at SSH hosts and in pods.
  'web/src/parts/ssh/terminal-show.ts': [
    'src/model/ssh-frames.ts',
    'src/model/stream-replies.ts',
    'src/model/channel-record.ts',
  ],
  'src/model/stream-replies.ts': ['src/model/channel-record.ts'],
  // How it says them needs to know how they are read.
  'src/model/kubectl-line.ts': ['src/model/kubernetes-request.ts'],
};

/** Areas that are made of another's parts. */
const MADE_OF: Readonly<Record<string, readonly string[]>> = { runs: ['sessions'], sessions: ['log'] };

const LONG_FILE_LINES = 300;
/** Longer ones, and why each is one thing. */
const LONG_FILES: Readonly<Record<string, string>> = {
  'web/src/api/types.ts': 'every shape of the REST API, as one document',
  'web/src/pages/policies/policy-words.ts': 'every word of a rule, as one tree',
};

const isCode = ({ path }: { readonly path: string }) => !path.endsWith('.test.ts');
const FILES = filesBelow('web/src', ['.ts', '.tsx']).filter(isCode);

describe('the structure of web/src/', () => {
  test('imports go down', () => {
    const problems = FILES.flatMap((file) => {
      const from = partOf(file.path);
      const allowed = FLOORS[from];
      if (allowed === undefined) return [`${file.path} is in no part of the table`];
      const ours = importsOf(file).files.filter(
        (to) => !to.startsWith(SHARED) && !SHARED_MESSAGES[file.path]?.includes(to),
      );
      const others = ours.filter((to) => partOf(to) !== from && !allowed.includes(partOf(to)));
      return others.map((to) => `${file.path} imports ${to}`);
    });
    assert.deepEqual(problems, [], 'FLOORS in test/web/structure.test.ts and docs/internals/web.md');
  });

  test('no area of pages imports another', () => {
    const problems = FILES.filter(({ path }) => path.startsWith('web/src/pages/')).flatMap((file) =>
      importsOf(file)
        .files.filter((to) => to.startsWith('web/src/pages/') && areaOf(to) !== areaOf(file.path))
        .filter((to) => !MADE_OF[areaOf(file.path)]?.includes(areaOf(to)))
        .map((to) => `${file.path} imports ${to}`),
    );
    assert.deepEqual(problems, [], 'what several pages show belongs into web/src/parts');
  });

  test('nothing of the browser imports the gateway, the mock or Node, but for the formats that verify/ reads and messages', () => {
    const messages = filesBelow('src/model', ['.ts']).filter(({ path }) =>
      Object.values(SHARED_MESSAGES).flat().includes(path),
    );
    const shared = [...filesBelow(SHARED, ['.ts']).filter(isCode), ...messages];
    const problems = [...FILES, ...shared].flatMap((file) => {
      const { files, builtins } = importsOf(file);
      const own = file.path.startsWith(SHARED) ? SHARED : 'web/src/';
      const others = files.filter((to) => !to.startsWith(own) && !SHARED_MESSAGES[file.path]?.includes(to));
      const allowed = partOf(file.path) === 'verify' ? others.filter((to) => !to.startsWith(SHARED)) : others;
      return [...allowed, ...builtins].map((to) => `${file.path}: ${to}`);
    });
    assert.deepEqual(problems, []);
  });

  test('every package is one of web/package.json', () => {
    const manifest = JSON.parse(readFileSync(join(ROOT, 'web', 'package.json'), 'utf8'));
    const known = new Set(Object.keys(manifest.dependencies));
    const others = FILES.flatMap((file) => importsOf(file).packages.filter((name) => !known.has(name)));
    assert.deepEqual(others, []);
  });

  test('files stay short enough to be read', () => {
    const long = FILES.filter(({ text }) => lineCount(text) > LONG_FILE_LINES).map(({ path }) => path);
    assert.deepEqual(long, Object.keys(LONG_FILES), `more than ${LONG_FILE_LINES} lines`);
  });

  test('no colour stands outside the tokens', () => {
    const problems = FILES.flatMap(({ path, text }) =>
      [...text.matchAll(/#[0-9a-f]{6}\b|\b(?:rgb|hsl|oklch)a?\(/gi)].map((match) => `${path}: ${match[0]}`),
    );
    assert.deepEqual(problems, [], 'colours are the tokens of web/src/styles.css');
  });
});

function partOf(path: string): string {
  return path.slice('web/src/'.length).split('/')[0] ?? '';
}

function areaOf(path: string): string {
  return path.split('/')[3] ?? '';
}
