/** Our checkpoints, cosignatures, proofs and tiles against Go's golang.org/x/mod/sumdb/note and tlog, from Debian. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { openCheckpoint, signCheckpoint } from '../../src/audit/log/checkpoint.ts';
import { cosign, cosignerKey, encodeCosignerKey } from '../../src/audit/log/cosignature.ts';
import {
  consistencyProof,
  inclusionProof,
  leafHash,
  nodeHash,
  rangeRoot,
  type SubtreeReader,
} from '../../src/audit/log/merkle.ts';
import { encodeVerifierKey, parseVerifierKey, signNote } from '../../src/audit/log/signed-note.ts';
import { TileLog } from '../../src/audit/log/tile-log.ts';
import { ROOT } from '../support/source-tree.ts';

const PACKAGES = '/usr/share/gocode';
const missing =
  !existsSync(join(PACKAGES, 'src/golang.org/x/mod/sumdb/tlog')) || spawnSync('go', ['version']).status !== 0;
const skip = missing ? 'needs Debian’s golang-go and golang-golang-x-mod-dev' : false;

const ORIGIN = 'gateway.example/log';
const log = generateKeyPairSync('ed25519');
const witness = generateKeyPairSync('ed25519');
const vkey = encodeVerifierKey(ORIGIN, log.publicKey);
const directory = mkdtempSync(join(tmpdir(), 'chaperone-go-'));
const program = join(directory, 'tlog');
after(() => rmSync(directory, { recursive: true, force: true }));

/** The answers of Go, one for each question. */
function ask(questions: readonly object[]): readonly string[] {
  const input = questions.map((question) => `${JSON.stringify(question)}\n`).join('');
  const { stdout, stderr, status } = spawnSync(program, { input, maxBuffer: 64 * 1024 * 1024, encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as string);
}

const leaf = (index: number) => leafHash(Buffer.from(`entry ${index}`));
const known = new Map<string, string>();
const tree: SubtreeReader = (level, index) => {
  const name = `${level}/${index}`;
  const found =
    known.get(name) ??
    (level === 0 ? leaf(index) : nodeHash(tree(level - 1, index * 2), tree(level - 1, index * 2 + 1)));
  known.set(name, found);
  return found;
};

describe('Go’s own notes and trees', { skip }, () => {
  before(() => {
    const env = {
      ...process.env,
      GO111MODULE: 'off',
      GOFLAGS: '',
      GOPATH: PACKAGES,
      GOCACHE: join(directory, 'cache'),
    };
    const built = spawnSync('go', ['build', '-o', program, join(ROOT, 'test/interop/go-tlog.go')], {
      env,
      encoding: 'utf8',
    });
    assert.equal(built.status, 0, built.stderr);
  });

  test('open our checkpoints, with cosignatures of both kinds on them, and refuse one that was changed', () => {
    const root = rangeRoot(tree, 0, 7);
    const signed = signCheckpoint({ origin: ORIGIN, size: 7, root }, { name: ORIGIN, key: log.privateKey });
    const text = signed.slice(0, signed.indexOf('\n\n') + 1);
    const pq = generateKeyPairSync('ml-dsa-44');
    const lines = [witness, pq]
      .map(({ privateKey }) => cosign(text, { name: 'w.example', key: privateKey }, 1_679_315_147))
      .join('');
    const cosigner = encodeCosignerKey(cosignerKey('w.example', witness.publicKey));
    const rotated = generateKeyPairSync('ed25519');
    const twice = `${signed}${signNote(text, { name: ORIGIN, key: rotated.privateKey }).split('\n\n')[1] ?? ''}`;
    assert.deepEqual(
      ask([
        { Kind: 'note', Note: signed, Vkey: vkey },
        { Kind: 'note', Note: signed + lines, Vkey: vkey },
        { Kind: 'note', Note: signed + lines, Vkey: vkey, Cosigner: cosigner },
        { Kind: 'note', Note: twice, Vkey: vkey },
        { Kind: 'note', Note: twice, Vkey: encodeVerifierKey(ORIGIN, rotated.publicKey) },
      ]),
      [
        '1 known, 0 unknown',
        '1 known, 2 unknown',
        '2 known, 1 unknown',
        '1 known, 1 unknown',
        '1 known, 1 unknown',
      ].map((answer) => `${answer}, ${Buffer.byteLength(text)} bytes`),
    );
    const [changed] = ask([{ Kind: 'note', Note: signed.replace('\n7\n', '\n8\n'), Vkey: vkey }]);
    assert.match(changed ?? '', /^error: invalid signature/u);
  });

  test('sign notes that we open', () => {
    const Note = `go.example/log\n7\n${Buffer.from(rangeRoot(tree, 0, 7), 'hex').toString('base64')}\n`;
    const [answer = ''] = ask([{ Kind: 'sign', Note, Seed: Buffer.alloc(32, 7).toString('base64') }]);
    const verifier = parseVerifierKey(answer.slice(0, answer.indexOf('\n')));
    assert.ok(verifier !== undefined);
    assert.equal(openCheckpoint(answer.slice(answer.indexOf('\n') + 1), 'go.example/log', [verifier])?.size, 7);
  });

  test('accept our proofs of consistency and inclusion for all sizes up to 130, and of some up to 1025', () => {
    const questions: object[] = [];
    const sizes = [...Array.from({ length: 130 }, (_, at) => at + 1), 255, 256, 257, 511, 512, 513, 1023, 1024, 1025];
    for (const Size of sizes) {
      const Root = rangeRoot(tree, 0, Size);
      const olds = Size <= 130 ? Array.from({ length: Size }, (_, at) => at + 1) : [1, 2, 129, 255, Size - 1, Size];
      for (const Old of olds) {
        const Proof = consistencyProof(tree, Old, Size);
        questions.push({ Kind: 'tree', Size, Root, Old, OldRoot: rangeRoot(tree, 0, Old), Proof });
        const Index = Old - 1;
        questions.push({
          Kind: 'record',
          Size,
          Root,
          Index,
          Leaf: leaf(Index),
          Proof: inclusionProof(tree, Index, Size),
        });
      }
    }
    assert.equal(questions.length, 17_138);
    assert.deepEqual(new Set(ask(questions)), new Set(['ok']));
  });

  test('read our tiles, and find every entry proved by them', () => {
    const path = join(directory, 'log');
    const tiles = new TileLog(path, 0);
    for (let index = 0; index < 1_100; index++) tiles.append(Buffer.from(`entry ${index}`));
    tiles.flush();
    const Root = tiles.root();
    const questions = [0, 1, 255, 256, 700, 1_023, 1_024, 1_099].map((Index) => ({
      Kind: 'tiles',
      Directory: path,
      Size: 1_100,
      Root,
      Index,
      Leaf: leaf(Index),
    }));
    assert.deepEqual(new Set(ask(questions)), new Set(['ok']));
  });
});
