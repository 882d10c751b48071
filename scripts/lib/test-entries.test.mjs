import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { entriesOf, writeEntries } from './test-entries.mjs';

const file = (path, text = "test('x', () => {});\n") => ({ path, text });

test('small files of a folder share a process, suites of stores share theirs, and whole programs come first', () => {
  const entries = entriesOf([
    file('bench/statistics.test.ts'),
    file('src/audit/log/a.test.ts'),
    file('src/audit/seal/b.test.ts'),
    file('src/store/rows.test.ts', "onEachStore('rows', () => {});\n"),
    file('test/tidy.test.ts'),
    file('test/e2e/run.test.ts'),
    file('test/web/log.test.ts', 'server = await startWebServer();\n'),
    file('test/web/login.test.ts', 'server = await startLoginGateway();\n'),
  ]);
  assert.deepEqual(
    entries.map(({ name, members }) => `${name}: ${members.join(' ')}`),
    [
      'test-e2e-run: test/e2e/run.test.ts',
      'test-web-login: test/web/login.test.ts',
      'test-tidy: test/tidy.test.ts',
      'test-web-pages: test/web/log.test.ts',
      'src-audit: src/audit/log/a.test.ts src/audit/seal/b.test.ts',
      'bench: bench/statistics.test.ts',
      'stores: src/store/rows.test.ts',
    ],
  );
});

for (const text of [
  'before(() => start());\n',
  'after(() => stop());\n',
  'beforeEach(reset);\n',
  'const key = await generate();\n',
  'mock.timers.enable();\n',
  "process.env['HOME'] = '/';\n",
  "import { spawn } from 'node:child_process';\n",
  'const server = await startPostgres();\n',
]) {
  test(`a file with ${JSON.stringify(text)} has its process for itself`, () => {
    const entries = entriesOf([
      file('src/wire/a.test.ts', text),
      file('src/wire/b.test.ts'),
      file('src/wire/c.test.ts'),
    ]);
    assert.deepEqual(
      entries.map(({ members }) => members.length),
      [2, 1],
    );
  });
}

test('many files are shared out evenly', () => {
  const entries = entriesOf(Array.from({ length: 41 }, (_, n) => file(`src/api/${n}.test.ts`)));
  assert.deepEqual(
    entries.map(({ name, members }) => `${name} ${members.length}`),
    ['src-api-1 14', 'src-api-2 14', 'src-api-3 13'],
  );
});

test('the entries import their files, are in order, and go', () => {
  const { paths, remove } = writeEntries(['src/wire/frame.test.ts', 'test/tidy.test.ts'].filter(isThere));
  try {
    assert.deepEqual(paths, paths.toSorted());
    assert.match(readFileSync(paths[0], 'utf8'), /^import "file:\/\/.*\/test\/tidy\.test\.ts";\n$/);
  } finally {
    remove();
  }
  assert.equal(existsSync(paths[0]), false);
});

function isThere(path) {
  return existsSync(new URL(`../../${path}`, import.meta.url));
}
