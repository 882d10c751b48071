import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { ROOT } from '../support/source-tree.ts';

const DIST = join(ROOT, 'web', 'dist');
const MAX_FIRST_LOAD_BYTES = 300_000;
const MAX_PAGE_BYTES = 200_000;

interface Chunk {
  readonly file: string;
  readonly src?: string;
  readonly imports?: readonly string[];
  readonly css?: readonly string[];
}

const MANIFEST: Readonly<Record<string, Chunk>> = JSON.parse(
  readFileSync(join(DIST, '.vite', 'manifest.json'), 'utf8'),
);

describe('what a browser loads', () => {
  test('the first load is under 300 kB of compressed JavaScript, with any page', () => {
    const shell = chunksOf('index.html');
    const first = sizeOf(shell);
    const pages = Object.keys(MANIFEST).filter((name) => /^src\/pages\/.*Page\.tsx$/.test(name));
    assert.ok(pages.length > 15, `${pages.length} pages are files of their own`);
    const heavy = pages
      .map((name) => ({ name, bytes: first + sizeOf(chunksOf(name).difference(shell)) }))
      .filter(({ bytes }) => bytes > MAX_FIRST_LOAD_BYTES);
    assert.deepEqual(heavy, []);
    assert.ok(first < MAX_PAGE_BYTES, `the shell alone is ${first} bytes`);
  });

  test('every script and sheet has a .br and a .gz beside it that are the same text', () => {
    const files = readdirSync(join(DIST, 'assets')).filter((name) => /\.(?:js|css)$/.test(name));
    const large = files.map((name) => join(DIST, 'assets', name)).filter((path) => statSync(path).size >= 1024);
    assert.ok(large.length > 5);
    for (const path of large) {
      const text = readFileSync(path);
      assert.ok(brotliDecompressSync(readFileSync(`${path}.br`)).equals(text), path);
      assert.ok(gunzipSync(readFileSync(`${path}.gz`)).equals(text), path);
    }
  });

  test('the page itself holds nothing inline, which the Content-Security-Policy would forbid', () => {
    const html = readFileSync(join(DIST, 'index.html'), 'utf8');
    assert.deepEqual(html.match(/<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=/g), null);
    assert.ok(existsSync(join(DIST, 'theme.js')));
  });
});

/** A chunk and all that it needs before it can run. */
function chunksOf(name: string, found = new Set<string>()): Set<string> {
  if (found.has(name)) return found;
  found.add(name);
  for (const needed of MANIFEST[name]?.imports ?? []) chunksOf(needed, found);
  return found;
}

function sizeOf(names: ReadonlySet<string>): number {
  return [...names].reduce((sum, name) => sum + compressedBytes(MANIFEST[name]?.file ?? ''), 0);
}

function compressedBytes(file: string): number {
  const path = join(DIST, file);
  return statSync(existsSync(`${path}.br`) ? `${path}.br` : path).size;
}
