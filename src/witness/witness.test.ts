import assert from 'node:assert/strict';
import { generateKeyPairSync, hash } from 'node:crypto';
import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { checkpointText } from '../audit/c2sp/checkpoint-text.ts';
import { EMPTY_ROOT } from '../audit/c2sp/tree-proofs.ts';
import { signCheckpoint } from '../audit/log/checkpoint.ts';
import { cosign, openCosignatures } from '../audit/log/cosignature.ts';
import { consistencyProof, leafHash, nodeHash, rangeRoot, type SubtreeReader } from '../audit/log/merkle.ts';
import { noteVerifier, signNote } from '../audit/log/signed-note.ts';
import { addCheckpointBody } from '../audit/witness/witness-client.ts';
import { LIMITS, type Limits } from '../model/limits.ts';
import { WitnessBook } from './witness-book.ts';
import { openWitnessKeys } from './witness-keys.ts';
import { startWitness } from './witness-server.ts';

const ORIGIN = 'gateway.example/log';
const KEY = generateKeyPairSync('ed25519');
const TIME = Date.UTC(2026, 2, 4, 5, 6, 7);

/** The tree over the entries `prefix 0`, `prefix 1` and so on. */
function tree(prefix: string): SubtreeReader {
  return function read(level: number, index: number): string {
    if (level === 0) return leafHash(Buffer.from(`${prefix} ${index}`));
    return nodeHash(read(level - 1, index * 2), read(level - 1, index * 2 + 1));
  };
}

const honest = tree('entry');
const other = tree('other');

function signed(size: number, read = honest, key = KEY.privateKey, origin = ORIGIN): string {
  return signCheckpoint({ origin, size, root: rangeRoot(read, 0, size) }, { name: origin, key });
}

function asked(oldSize: number, size: number, read = honest): string {
  return addCheckpointBody({ oldSize, proof: consistencyProof(read, oldSize, size), checkpoint: signed(size, read) });
}

async function witness(options: { readonly directory?: string; readonly limits?: Partial<Limits> } = {}) {
  const directory = options.directory ?? mkdtempSync(join(tmpdir(), 'chaperone-witness-'));
  const limits = { ...LIMITS, witnessRequestBurst: 10_000, ...options.limits };
  const keys = openWitnessKeys(directory, 'witness.example/w1');
  const alarms: string[] = [];
  const logs = [noteVerifier(ORIGIN, KEY.publicKey)];
  const clock = () => TIME;
  const onMisbehaviour = ({ kind, proven }: { kind: string; proven: boolean }) =>
    void alarms.push(`${kind} ${proven ? 'proven' : 'suspected'}`);
  const book = new WitnessBook({ directory, keys, logs, limits, clock, onMisbehaviour });
  const onFault = (fault: unknown) => assert.fail(String(fault));
  const server = await startWitness({ host: '127.0.0.1', port: 0, book, vkeys: keys.vkeys, limits, clock, onFault });
  const url = `http://127.0.0.1:${server.port}`;
  const post = async (body: string | Buffer<ArrayBuffer>) => {
    const response = await fetch(`${url}/add-checkpoint`, { method: 'POST', body });
    return { status: response.status, text: await response.text(), type: response.headers.get('content-type') };
  };
  const end = async () => {
    await server[Symbol.asyncDispose]();
    book[Symbol.dispose]();
  };
  after(() => rmSync(directory, { recursive: true, force: true }));
  return { directory, keys, alarms, url, post, end, [Symbol.asyncDispose]: end };
}

describe('a witness', () => {
  test('cosigns what continues, with Ed25519 and ML-DSA-44, and shows the newest checkpoint by the hash of its origin', async () => {
    await using w = await witness();
    const path = `${w.url}/${hash('sha256', ORIGIN, 'hex')}/checkpoint`;
    assert.equal((await fetch(path)).status, 404);
    for (const [from, to] of [
      [0, 5],
      [5, 8],
      [8, 8],
      [8, 300],
    ] as const) {
      const { status, text } = await w.post(asked(from, to));
      assert.equal(status, 200);
      const found = openCosignatures(signed(to) + text, w.keys.verifiers);
      assert.deepEqual(
        found?.map(({ by, time }) => [by.type, time]),
        [
          [4, TIME / 1000],
          [6, TIME / 1000],
        ],
      );
      assert.equal(await (await fetch(path)).text(), signed(to) + text);
    }
  });

  test('answers each wrong request as the specification says', async () => {
    await using w = await witness();
    assert.equal((await w.post(asked(0, 8))).status, 200);
    const stranger = generateKeyPairSync('ed25519').privateKey;
    const elsewhere = signed(9, honest, KEY.privateKey, 'gateway.example/other');
    const extra = signNote('x\n', { name: ORIGIN, key: KEY.privateKey }).split('\n\n')[1] ?? '';
    const cases: readonly (readonly [string, number, string | Buffer<ArrayBuffer>])[] = [
      ['another origin', 404, `old 8\n\n${elsewhere}`],
      ['a key that is not trusted', 403, `old 8\n\n${signed(9, honest, stranger)}`],
      [
        'a trusted key that signed something else',
        403,
        `old 8\n\n${checkpointText({ origin: ORIGIN, size: 9, root: rangeRoot(honest, 0, 9) })}\n${extra}`,
      ],
      ['an old size beyond the checkpoint', 400, `old 9\n\n${signed(8)}`],
      ['an old size that is not the one cosigned', 409, asked(5, 9)],
      ['a tree that does not continue', 422, asked(8, 9, other)],
      ['another tree of the same size', 422, `old 8\n\n${signed(8, other)}`],
      ['a proof between equal sizes', 422, `old 8\n${Buffer.alloc(32).toString('base64')}\n\n${signed(8)}`],
      ['no old line', 400, `\n\n${signed(9)}`],
      ['an old size with a leading zero', 400, `old 08\n\n${signed(9)}`],
      ['a step that is no hash', 400, `old 8\nAAAA\n\n${signed(9)}`],
      ['64 steps', 400, `old 8\n${`${Buffer.alloc(32).toString('base64')}\n`.repeat(64)}\n${signed(9)}`],
      ['no checkpoint', 400, 'old 8\n\nhello\n'],
      [
        'what is not UTF-8 beside it',
        400,
        Buffer.concat([Buffer.from(`${asked(8, 9)}— x`), Buffer.of(0xff), Buffer.from(' AAAAAAA=\n')]),
      ],
      ['a carriage return', 400, asked(8, 9).replace('old 8\n', 'old 8\r\n')],
    ];
    for (const [what, status, body] of cases) assert.equal((await w.post(body)).status, status, what);
    const conflict = await w.post(asked(5, 9));
    assert.deepEqual(conflict, { status: 409, text: '8\n', type: 'text/x.tlog.size' });
    assert.equal((await w.post(asked(8, 9))).status, 200, 'none of it changed what it knows');
  });

  test('holds a first tree to its root and to an empty proof', async () => {
    await using w = await witness();
    const wrong = signCheckpoint(
      { origin: ORIGIN, size: 0, root: '11'.repeat(32) },
      { name: ORIGIN, key: KEY.privateKey },
    );
    assert.equal((await w.post(`old 0\n\n${wrong}`)).status, 422);
    assert.equal((await w.post(`old 0\n${Buffer.alloc(32).toString('base64')}\n\n${signed(3)}`)).status, 422);
    const empty = signCheckpoint({ origin: ORIGIN, size: 0, root: EMPTY_ROOT }, { name: ORIGIN, key: KEY.privateKey });
    assert.equal((await w.post(`old 0\n\n${empty}`)).status, 200);
    assert.equal((await w.post(asked(0, 3))).status, 200);
  });

  test('of many that race from one size, cosigns one history and no smaller tree after a larger one', async () => {
    await using w = await witness();
    assert.equal((await w.post(asked(0, 8))).status, 200);
    const sizes = Array.from({ length: 24 }, (_, at) => 9 + at);
    const answers = await Promise.all(sizes.map((size) => w.post(asked(8, size))));
    assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200, 409]));
    assert.equal(answers.filter(({ status }) => status === 200).length, 1);
    const won = sizes[answers.findIndex(({ status }) => status === 200)] ?? 0;
    assert.equal((await w.post(asked(won, won))).status, 200);
    assert.deepEqual(await w.post(asked(8, 40)), { status: 409, text: `${won}\n`, type: 'text/x.tlog.size' });
  });

  test('keeps the proof that a log signed two trees of one size, and tells it once', async () => {
    await using w = await witness();
    assert.equal((await w.post(asked(0, 8))).status, 200);
    // Also where the request names another old size, which alone would be a conflict.
    assert.equal((await w.post(`old 0\n\n${signed(8, other)}`)).status, 409);
    assert.equal((await w.post(`old 8\n\n${signed(8, other)}`)).status, 422);
    assert.deepEqual(w.alarms, ['split-view proven']);
    const { misbehaviour } = (await (await fetch(`${w.url}/misbehaviour`)).json()) as {
      misbehaviour: { known: string; submitted: string; origin: string }[];
    };
    assert.equal(misbehaviour.length, 1);
    assert.equal(misbehaviour[0]?.submitted, signed(8, other));
    assert.ok(misbehaviour[0]?.known.startsWith(signed(8)));
    assert.equal(readdirSync(join(w.directory, 'misbehaviour')).length, 1);
  });

  test('only suspects a log whose checkpoint comes with a wrong proof, and keeps a bounded number of those', async () => {
    await using w = await witness({ limits: { witnessSuspicionsKept: 2 } });
    assert.equal((await w.post(asked(0, 8))).status, 200);
    for (const size of [9, 10, 11]) assert.equal((await w.post(asked(8, size, other))).status, 422);
    assert.deepEqual(w.alarms, ['inconsistent suspected', 'inconsistent suspected']);
    assert.equal((await w.post(`old 8\n\n${signed(8, other)}`)).status, 422);
    assert.deepEqual(w.alarms.slice(2), ['split-view proven'], 'suspicions take no place of a proof');
  });

  test('goes on where it was after a restart, and vouches for nothing that it did not write itself', async () => {
    const first = await witness();
    assert.equal((await first.post(asked(0, 8))).status, 200);
    await first.end();
    const copy = `${first.directory}-copy`;
    after(() => rmSync(copy, { recursive: true, force: true }));
    cpSync(first.directory, copy, { recursive: true });
    await using again = await witness({ directory: first.directory });
    assert.deepEqual(await again.post(asked(0, 9)), { status: 409, text: '8\n', type: 'text/x.tlog.size' });
    assert.equal((await again.post(asked(8, 9))).status, 200);
    // Another checkpoint of the log, which the witness did not cosign.
    writeFileSync(join(copy, 'logs', readdirSync(join(copy, 'logs'))[0] ?? ''), signed(2));
    await assert.rejects(witness({ directory: copy }), {
      code: 'log-corrupt',
      message: /not a checkpoint that this witness/u,
    });
  });

  test('is one process a directory, of one name', async () => {
    await using w = await witness();
    await assert.rejects(witness({ directory: w.directory }), { message: /another witness runs/u });
    assert.throws(() => openWitnessKeys(w.directory, 'witness.example/w2'), {
      message: /is witness\.example\/w1 since/u,
    });
    assert.throws(() => openWitnessKeys(join(w.directory, 'new'), undefined), { message: /needs a name/u });
    assert.throws(() => openWitnessKeys(join(w.directory, 'new'), 'a b'), { message: /no name of a witness/u });
  });

  test('takes no endless body, and no endless stream of requests', async () => {
    await using w = await witness({
      limits: { witnessRequestBytes: 4_000, witnessRequestBurst: 3, witnessRequestsPerSecond: 0.1 },
    });
    assert.equal((await w.post(`old 0\n\n${'x'.repeat(5_000)}`)).status, 413);
    assert.equal((await w.post(asked(0, 1))).status, 200);
    assert.equal((await fetch(`${w.url}/add-checkpoint`)).status, 405);
    const late = await fetch(`${w.url}/misbehaviour`);
    assert.deepEqual([late.status, late.headers.get('retry-after')], [429, '10']);
  });

  test('cosigns lines that another log adds to its checkpoints, for they are what it signed', async () => {
    await using w = await witness();
    const text = `${checkpointText({ origin: ORIGIN, size: 3, root: rangeRoot(honest, 0, 3) })}an extension\n`;
    const note = signNote(text, { name: ORIGIN, key: KEY.privateKey });
    const { status, text: lines } = await w.post(`old 0\n\n${note}`);
    assert.equal(status, 200);
    assert.equal(openCosignatures(note + lines, w.keys.verifiers)?.length, 2);
    assert.ok(lines.startsWith(cosign(text, w.keys.cosigners[0] as never, TIME / 1000)));
  });
});
