import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { nodeEngine } from '../../src/audit/verify/node-engine.ts';
import { blobSource, browserEngine } from '../../web/verify/browser-engine.ts';
import { filesBelow, importsOf, ROOT } from '../support/source-tree.ts';

describe('what the page that verifies bundles is made of', () => {
  test('computes what Node does', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 5_000 }), fc.nat(5_000), (bytes, cut) => {
        const [left, right] = [bytes.subarray(0, cut), bytes.subarray(cut)];
        assert.equal(browserEngine.sha256(bytes), nodeEngine.sha256(bytes));
        const [ours, theirs] = [browserEngine.sha256Stream(), nodeEngine.sha256Stream()];
        for (const part of [left, right]) for (const stream of [ours, theirs]) stream.update(part);
        assert.equal(ours.digest(), theirs.digest());
        const crc = (engine: typeof nodeEngine) => engine.crc32(right, engine.crc32(left, 0));
        assert.equal(crc(browserEngine), crc(nodeEngine));
        const frame = zstdCompressSync(bytes);
        assert.deepEqual(Buffer.from(browserEngine.unzstd(frame, bytes.length)), Buffer.from(bytes));
      }),
      { numRuns: 100, seed: 1 },
    );
  });

  test('opens no frame that holds more than was promised', () => {
    const frame = zstdCompressSync(Buffer.alloc(1_000_000, 'abc'));
    assert.equal(browserEngine.unzstd(frame, 1_000_000).length, 1_000_000);
    assert.throws(() => browserEngine.unzstd(frame, 999_999));
  });

  test('reads a blob by its parts', async () => {
    const source = blobSource(new Blob(['0123456789']));
    assert.equal(source.size, 10);
    assert.equal(Buffer.from(await source.read(3, 6)).toString(), '345');
  });

  test('shares the verifier with the command line, and nothing of Node or of the UI', () => {
    const files = [...filesBelow('web/verify', ['.ts']), ...SHARED.flatMap((folder) => filesBelow(folder, ['.ts']))];
    const problems = files
      .filter(({ path }) => !path.endsWith('.test.ts'))
      .flatMap((file) => {
        const { files: imported, builtins } = importsOf(file);
        const others = imported.filter((to) => !ALLOWED.some((prefix) => to.startsWith(prefix)));
        return [...others, ...builtins].map((to) => `${file.path} imports ${to}`);
      });
    assert.deepEqual(problems, []);
  });

  test('is one file, in which nothing is loaded from anywhere', () => {
    const html = readFileSync(join(ROOT, 'web/dist/verify/index.html'), 'utf8');
    assert.match(
      html,
      /content="default-src 'none'; script-src 'sha256-[^']+'; style-src 'sha256-[^']+'; worker-src blob:;/,
    );
    assert.doesNotMatch(html.slice(0, html.indexOf('<style>')), /<(?:script|link|img)\b/);
    assert.ok(html.length < 300_000, `${html.length} characters`);
  });
});

const SHARED = ['src/audit/c2sp/', 'src/audit/verify/bundle/'];
const ALLOWED = [
  'web/verify/',
  ...SHARED,
  'src/audit/bundle/manifest.ts',
  'src/audit/bundle/run-summary.ts',
  'src/audit/bundle/statement.ts',
  'src/audit/verify/pack/looks-like-pack.ts',
  'src/audit/audit-event.ts',
  'src/audit/packs-of.ts',
  'src/audit/canonical-json.ts',
  'src/model/',
];
