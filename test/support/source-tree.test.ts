import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { anchorsOf, linksOf } from './markdown.ts';
import { hasCode, importsOf, lineCount, reachable, withoutComments } from './source-tree.ts';

const MODULE = `import { a, type B } from '../model/a.ts';
import {
  c,
  d,
} from 'node:fs/promises';
import 'reflect-metadata';
import type { E } from '@scope/name/deep';
export { f } from './f.ts';
// import { g } from './g.ts';
/* import { h } from './h.ts'; */
const url = 'https://example.test'; const late = await import('yaml');
const worker = new Worker(new URL('./worker.ts', import.meta.url));
`;

describe('reading a source file', () => {
  test('finds statements over several lines, import() calls and worker files, and nothing in comments', () => {
    assert.deepEqual(importsOf({ path: 'src/gateway/x.ts', text: MODULE }), {
      files: ['src/model/a.ts', 'src/gateway/f.ts', 'src/gateway/worker.ts'],
      packages: ['reflect-metadata', '@scope/name', 'yaml'],
      builtins: ['node:fs/promises'],
    });
  });

  test('blanks comments, keeps addresses and the number of lines', () => {
    const text = "a; // b\n/* c\n d */ e('https://x');\n";
    assert.equal(withoutComments(text), "a; \n    \n      e('https://x');\n");
    assert.equal(lineCount(text), 3);
  });

  test('tells code from types and constants', () => {
    const code = (text: string) => hasCode({ path: 'x.ts', text });
    assert.equal(code('export interface A { b(listener: () => void): () => void }\nexport const C = 1;\n'), false);
    assert.equal(code('export async function a() {}\n'), true);
    assert.equal(code('class A {}\n'), true);
    assert.equal(code('const a = (b: number) => b + 1;\n'), true);
  });

  test('follows imports through files that import one another', () => {
    const none = { packages: [], builtins: [] };
    const imports = new Map([
      ['a.ts', { ...none, files: ['b.ts'] }],
      ['b.ts', { ...none, files: ['a.ts', 'c.ts'] }],
      ['d.ts', { ...none, files: [] }],
    ]);
    assert.deepEqual([...reachable(['a.ts'], imports)].sort(), ['a.ts', 'b.ts', 'c.ts']);
  });
});

describe('reading a document', () => {
  test('takes relative links, and neither code nor addresses', () => {
    const text = '[a](docs/a.md#b) ![c](c.svg) `[d](d.md)` [e](https://example.test)\n```\n[f](f.md)\n```\n[g](#h)\n';
    assert.deepEqual(linksOf(text), ['docs/a.md#b', 'c.svg', '#h']);
  });

  test('makes the anchors that GitHub makes', () => {
    assert.deepEqual(anchorsOf('# What it is\n\n## The write-ahead rule, `strict`\n```\n# no\n```\n'), [
      'what-it-is',
      'the-write-ahead-rule-strict',
    ]);
  });
});
