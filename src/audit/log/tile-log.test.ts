import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { after, describe, test } from 'node:test';
import fc from 'fast-check';
import { encodeProof, parseProof } from '../c2sp/proof-text.ts';
import { filesBelow } from '../files-below.ts';
import { signCheckpoint } from './checkpoint.ts';
import { CompactRange, leafHash } from './merkle.ts';
import { noteVerifier } from './signed-note.ts';
import { logRoot, subtreeReader, TileLog, truncateTiles } from './tile-log.ts';
import { parseTilePath, tilePath } from './tile-path.ts';
import { proveEntry, verifyProof } from './tlog-proof.ts';

const directory = mkdtempSync(join(tmpdir(), 'chaperone-tiles-'));
after(() => rmSync(directory, { recursive: true, force: true }));
let logs = 0;

function freshDirectory(): string {
  return join(directory, String(++logs));
}

function entry(index: number): Buffer {
  return Buffer.from(`{"entry":${index}}`);
}

function fill(log: TileLog, size: number): void {
  while (log.size < size) log.append(entry(log.size));
}

function rootOf(size: number): string {
  const range = new CompactRange();
  for (let i = 0; i < size; i++) range.append(leafHash(entry(i)));
  return range.root();
}

describe('tile paths', () => {
  test('they are those of the specification', () => {
    assert.equal(tilePath(0, 1234067, 256), 'tile/0/x001/x234/067');
    assert.equal(tilePath('entries', 273, 112), 'tile/entries/273.p/112');
    assert.equal(tilePath(2, 0, 1), 'tile/2/000.p/1');
  });

  test('every path that is written is read back, and no other spelling of it is', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 5 }),
        fc.nat(5_000_000),
        fc.integer({ min: 1, max: 256 }),
        (level, index, width) => {
          assert.deepEqual(parseTilePath(tilePath(level, index, width)), { level, index, width });
        },
      ),
      { numRuns: 200, seed: 1 },
    );
    for (const path of [
      'tile/0/000.p/0',
      'tile/0/000.p/256',
      'tile/0/x000/001',
      'tile/00/001',
      'tile/0/1',
      'tile/0/000.p/01',
    ]) {
      assert.equal(parseTilePath(path), undefined, path);
    }
  });
});

describe('a tile log', () => {
  test('of 70,000 entries has the tiles that the specification counts', () => {
    const path = freshDirectory();
    const log = new TileLog(path, 0);
    fill(log, 70_000);
    log.flush();
    log.tidy(log.size);
    const files = filesBelow(path).map((file) => relative(path, file));
    const hashes = files.filter((file) => !file.includes('entries'));
    assert.equal(hashes.filter((file) => /^tile\/0\/\d{3}$/u.test(file)).length, 273);
    assert.deepEqual(
      hashes.filter((file) => !/^tile\/0\/\d{3}$/u.test(file)),
      ['tile/0/273.p/112', 'tile/1/000', 'tile/1/001.p/17', 'tile/2/000.p/1'],
    );
    assert.equal(logRoot(path, 70_000, 70_000), log.root());
    assert.equal(log.root(), rootOf(70_000));
  });

  test('taken up at any size, however often, goes on as if it had not stopped', () => {
    const steps = fc.array(fc.integer({ min: 0, max: 300 }), { maxLength: 6 });
    fc.assert(
      fc.property(steps, (sizes) => {
        const path = freshDirectory();
        let size = 0;
        for (const more of sizes) {
          const log = new TileLog(path, size);
          size += more;
          fill(log, size);
          log.flush();
          log.tidy(log.size);
          assert.equal(log.root(), rootOf(size));
          assert.equal(logRoot(path, size, Math.floor(size / 2)), rootOf(Math.floor(size / 2)));
        }
      }),
      { numRuns: 25, seed: 1 },
    );
  });

  test('what a crash left beyond the signed size is removed, and the log goes on from there', () => {
    const path = freshDirectory();
    const log = new TileLog(path, 0);
    fill(log, 250);
    log.flush();
    fill(log, 600);
    log.flush();
    truncateTiles(path, 250);
    assert.deepEqual(
      filesBelow(path).map((file) => relative(path, file)),
      ['tile/0/000.p/250', 'tile/entries/000.p/250'],
    );
    const again = new TileLog(path, 250);
    again.append(Buffer.from('another entry'));
    assert.notEqual(again.root(), rootOf(251));
    assert.equal(again.size, 251);
  });

  test('a tile that stands is not written again, for somebody may be reading it', () => {
    const path = freshDirectory();
    const stands = join(path, 'tile/1/000.p/1');
    let log = new TileLog(path, 0);
    fill(log, 257);
    log.flush();
    const bytes = readFileSync(stands);
    const mark = Buffer.alloc(bytes.length, 'm');
    writeFileSync(stands, mark);
    fill(log, 300);
    log.flush();
    assert.deepEqual(readFileSync(stands), mark);
    log = new TileLog(path, 300);
    fill(log, 301);
    log.flush();
    assert.deepEqual(readFileSync(stands), mark);
    writeFileSync(stands, bytes);
    assert.equal(logRoot(path, 301, 301), rootOf(301));
  });

  test('an entry of more than 65,535 bytes is refused', () => {
    const log = new TileLog(freshDirectory(), 0);
    log.append(Buffer.alloc(65_535));
    assert.throws(() => log.append(Buffer.alloc(65_536)), { code: 'internal' });
  });

  test('a log whose tiles are missing or short is not taken up', () => {
    const path = freshDirectory();
    assert.throws(() => new TileLog(path, 3), { code: 'log-corrupt' });
  });
});

describe('a proof file', () => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const origin = 'gateway.example/log';
  const verifier = noteVerifier(origin, publicKey);
  const path = freshDirectory();
  const log = new TileLog(path, 0);
  fill(log, 600);
  log.flush();
  const checkpoint = signCheckpoint({ origin, size: 600, root: log.root() }, { name: origin, key: privateKey });

  test('proves its entry after a round trip, and no other entry', () => {
    for (const index of [0, 255, 256, 511, 599]) {
      const text = encodeProof(proveEntry(subtreeReader(path, 600), index, 600, checkpoint));
      const proof = parseProof(text);
      assert.ok(proof !== undefined);
      assert.equal(verifyProof(proof, entry(index), verifier)?.size, 600);
      assert.equal(verifyProof(proof, entry(index + 1), verifier), undefined);
      assert.equal(verifyProof({ ...proof, index: index === 0 ? 1 : 0 }, entry(index), verifier), undefined);
    }
  });

  test('the bundle on disk is the entries, each after its length', () => {
    const bundle = readFileSync(join(path, 'tile/entries/002.p/88'));
    assert.equal(bundle.readUInt16BE(0), entry(512).length);
    assert.equal(bundle.toString('utf8', 2, 2 + entry(512).length), '{"entry":512}');
  });
});
