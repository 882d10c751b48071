/**
 * What somebody may do to a bundle, and what the verifier says: a table, which the test prints. They have every file and
 * no key of the gateway's, unless a row says otherwise. CHAPERONE_LONG_TESTS=1 flips every byte and not a sample.
 */
import assert from 'node:assert/strict';
import { createPrivateKey, generateKeyPairSync, hash, type KeyObject, sign } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type BundleWorld, bundleWorld, type MadeBundle } from '../../../../test/support/evidence-bundle.ts';
import { firstReason, ownFiles, UnpackedBundle, verifyBytes } from '../../../../test/support/unpacked-bundle.ts';
import { BUNDLE } from '../../bundle/manifest.ts';
import { canonicalJson, type Json } from '../../canonical-json.ts';
import { CompactRange, leafHash } from '../../log/merkle.ts';
import { signNote } from '../../log/signed-note.ts';
import type { TrustFiles } from './trust.ts';

type Expected = 'PASS' | 'FAIL' | 'INCOMPLETE' | 'refused';

interface Row {
  readonly name: string;
  readonly expected: Expected;
  readonly seen: string;
  readonly reason: string;
}

const ORIGIN = 'gateway.example/log';
const ONE = BUNDLE.session('ses_run_1_1');
const ALL = process.env['CHAPERONE_LONG_TESTS'] === '1';
const directory = mkdtempSync(join(tmpdir(), 'chaperone-mutations-'));
const rows: Row[] = [];
let world: BundleWorld;
let made: MadeBundle;
let other: UnpackedBundle;
let pristine: UnpackedBundle;
let logKey: KeyObject;

before(async () => {
  world = await bundleWorld(directory);
  await world.makeRun('run_1');
  made = await world.bundle('run_1');
  pristine = await UnpackedBundle.of(made.bytes);
  await world.makeRun('run_2');
  other = await UnpackedBundle.of((await world.bundle('run_2')).bytes);
  logKey = createPrivateKey(readFileSync(join(directory, 'audit/keys/log.key')));
});
after(async () => {
  await world[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true, force: true });
  const width = Math.max(...rows.map(({ name }) => name.length));
  const line = ({ name, expected, seen, reason }: Row) =>
    `${name.padEnd(width)}  ${expected.padEnd(10)}  ${seen.padEnd(10)}  ${reason}`;
  const head = line({ name: 'what was done', expected: 'expected', seen: 'seen', reason: 'reason' } as never);
  process.stdout.write(`${[head, ...rows.map(line)].join('\n')}\n`);
});

async function holds(name: string, bytes: Uint8Array, expected: Expected, reason: RegExp, files?: TrustFiles) {
  let seen: string;
  let why: string;
  try {
    const report = await verifyBytes(bytes, files ?? ownFiles(made));
    [seen, why] = [report.verdict, firstReason(report)];
  } catch (refused) {
    [seen, why] = ['refused', String(refused)];
  }
  rows.push({ name, expected, seen, reason: why });
  assert.equal(seen, expected, `${name}: ${why}`);
  assert.match(why, reason, name);
}

/** The lines linked and numbered anew, as somebody would who knows how. */
function relink(lines: readonly string[]): string[] {
  let prev = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
  return lines.map((line, seq) => {
    const again = canonicalJson({ ...(JSON.parse(line) as Record<string, Json>), prev, seq });
    prev = leafHash(Buffer.from(again));
    return again;
  });
}

describe('lines of a session', () => {
  const changes: Readonly<Record<string, (lines: string[]) => string[]>> = {
    'drop the last event': (lines) => lines.slice(0, -1),
    'drop the first event': (lines) => lines.slice(1),
    'drop a middle event': (lines) => lines.toSpliced(7, 1),
    'swap two events': (lines) => [...lines.slice(0, 3), lines[4] ?? '', lines[3] ?? '', ...lines.slice(5)],
    'duplicate an event': (lines) => lines.toSpliced(3, 0, lines[3] ?? ''),
    'renumber after dropping an event': (lines) => relink(lines.toSpliced(3, 2)),
    'insert an event, all relinked': (lines) => relink(lines.toSpliced(3, 0, lines[3] ?? '')),
    'change a decision, all relinked': (lines) =>
      relink(lines.map((line, i) => (i === 1 ? line.replace('"readers"', '"writers"') : line))),
    'an event that is not canonical': (lines) => lines.map((line, i) => (i === 2 ? line.replace(',', ', ') : line)),
    'a member twice': (lines) => lines.map((line, i) => (i === 2 ? line.replace('{', '{"at":"x",') : line)),
    'CRLF at the end of lines': (lines) => lines.map((line) => `${line}\r`),
  };
  for (const [name, change] of Object.entries(changes)) {
    test(`${name}: fails whether or not the manifest was fitted to it`, async () => {
      const bundle = pristine.copy().editLines(ONE, change);
      await holds(name, await bundle.pack(), 'FAIL', /not the one that the manifest names/);
      bundle.refit().remove(BUNDLE.statement);
      await holds(`${name}, manifest fitted, no statement`, await bundle.pack(), 'FAIL', /manifest/);
      const report = await verifyBytes(await bundle.pack(), ownFiles(made));
      assert.equal(report.steps.find(({ id }) => id === 'sessions')?.verdict, 'FAIL', name);
    });
  }

  test('no final newline: fails', async () => {
    const bundle = pristine.copy().edit(ONE, (text) => text.slice(0, -1));
    await holds('no final newline', await bundle.refit().pack(), 'FAIL', /./);
  });
});

describe('files', () => {
  test('each is missed, or was never believed', async () => {
    const unbelieved = /^(?:README\.txt|trust\/.*|replay\/.*|keys\/.*)$/u;
    for (const path of pristine.files.keys()) {
      const bundle = await pristine.copy().remove(path).pack();
      const expected =
        path === BUNDLE.statement || path.startsWith('bodies/') || path === BUNDLE.token
          ? 'INCOMPLETE'
          : unbelieved.test(path)
            ? 'PASS'
            : 'FAIL';
      await holds(`drop ${path}`, bundle, expected, expected === 'PASS' ? /^$/ : /./);
    }
  });

  test("another run's in the place of each: fails", async () => {
    for (const [path, from] of [
      [BUNDLE.statement, BUNDLE.statement],
      [BUNDLE.entries, BUNDLE.entries],
      [BUNDLE.manifest, BUNDLE.manifest],
      [ONE, BUNDLE.session('ses_run_2_1')],
      [BUNDLE.bodies('ses_run_1_1'), BUNDLE.bodies('ses_run_2_1')],
      [BUNDLE.runKey('run_1'), BUNDLE.runKey('run_2')],
      [BUNDLE.token, BUNDLE.token],
    ] as const) {
      const bundle = pristine.copy().write(path, Buffer.from(other.files.get(from) ?? []));
      await holds(`${path} of another run`, await bundle.pack(), 'FAIL', /./);
      if (path === BUNDLE.manifest || path === BUNDLE.statement) continue;
      await holds(`${path} of another run, manifest fitted`, await bundle.refit().pack(), 'FAIL', /./);
    }
  });

  test('a policy that says something else: fails', async () => {
    const [policy = ''] = pristine.paths(/^policy\//);
    const bundle = pristine.copy().edit(policy, (text) => text.replace('readers', 'anybody'));
    await holds('another policy file', await bundle.refit().pack(), 'FAIL', /policy|manifest/);
  });

  test('a file that nobody named, and a session that is left out: fail', async () => {
    const extra = pristine.copy().write('sessions/ses_9.jsonl', '{}\n');
    await holds('a file that the manifest does not name', await extra.pack(), 'FAIL', /does not name this file/);
    const without = pristine.copy().remove(ONE).remove(BUNDLE.bodies('ses_run_1_1'));
    without.refit((manifest) => ({ ...manifest, sessions: manifest.sessions.slice(1) }));
    await holds('a session left out, manifest fitted', await without.pack(), 'FAIL', /./);
  });

  test('what tells of files that were withheld is believed for nothing but words', async () => {
    const bundle = pristine.copy().remove(ONE);
    bundle.write('withheld.json', canonicalJson({ files: [{ path: ONE, why: 'role' }], run: 'run_1', v: 1 }));
    await holds('a session called withheld', await bundle.pack(), 'FAIL', /is missing/);
  });
});

describe('the log', () => {
  const proofs = () => pristine.paths(/^proofs\//);
  const noteOf = (bundle: UnpackedBundle) => {
    const proof = bundle.text(proofs()[0] ?? '');
    return proof.slice(proof.indexOf('\n\n') + 2);
  };
  const withNote = (note: string) => {
    const bundle = pristine.copy();
    const before_ = noteOf(pristine);
    for (const path of proofs()) bundle.edit(path, (text) => text.replace(before_, note));
    return bundle;
  };
  const textOf = (note: string) => note.slice(0, note.lastIndexOf('\n\n') + 1);
  const signedAs = (text: string, name = ORIGIN) => signNote(text, { name, key: logKey });

  test('entries taken away, changed or exchanged: fail', async () => {
    const kinds = ['run.open', 'run.close', 'session.open', 'session.close', 'approval.decided'];
    for (const kind of kinds) {
      const bundle = pristine.copy();
      const line =
        bundle
          .text(BUNDLE.entries)
          .split('\n')
          .find((one) => one.includes(`\\"kind\\":\\"${kind}\\"`)) ?? '';
      const index = (JSON.parse(line) as { readonly index: string }).index;
      bundle.editLines(BUNDLE.entries, (lines) => lines.filter((one) => one !== line));
      bundle.remove(BUNDLE.proof(Number(index)));
      await holds(`the entry ${kind} taken away`, await bundle.pack(), 'FAIL', /./);
    }
    const changed = pristine.copy().edit(BUNDLE.entries, (text) => text.replace('completed', 'completes'));
    await holds('an entry changed', await changed.pack(), 'FAIL', /does not show that entry|otherwise/);
    const swapped = pristine.copy().editLines(BUNDLE.entries, ([a = '', b = '', ...rest]) => [b, a, ...rest]);
    await holds('two entries exchanged', await swapped.pack(), 'FAIL', /order of the log/);
  });

  test('a run cut back to before its end is never more than incomplete', async () => {
    const bundle = pristine.copy().remove(BUNDLE.statement);
    const lines = bundle.text(BUNDLE.entries).split('\n').slice(0, -1);
    const gone = lines.filter((line) => /run\.close|run\.manifest/u.test(line));
    for (const line of gone) bundle.remove(BUNDLE.proof(Number((JSON.parse(line) as { index: string }).index)));
    bundle.editLines(BUNDLE.entries, (all) => all.filter((line) => !gone.includes(line)));
    bundle.refit(({ log, run, ...rest }) => ({
      ...rest,
      run: { id: run.id, openedAt: run.openedAt },
      log: { origin: log.origin, openIndex: log.openIndex },
      complete: false,
    }));
    await holds('the end of the run taken away, as if it were open', await bundle.pack(), 'INCOMPLETE', /./);
  });

  test('a session cut short as if it were open is never more than incomplete', async () => {
    const bundle = pristine.copy().remove(BUNDLE.statement);
    const closing = /session\.close|run\.close|run\.manifest|approval/u;
    const lines = bundle.text(BUNDLE.entries).split('\n').slice(0, -1);
    const gone = lines.filter((line) => closing.test(line));
    for (const line of gone) bundle.remove(BUNDLE.proof(Number((JSON.parse(line) as { index: string }).index)));
    bundle.editLines(BUNDLE.entries, (all) => all.filter((line) => !gone.includes(line)));
    const kept = bundle.text(ONE).split('\n').slice(0, 4);
    bundle.write(ONE, `${kept.join('\n')}\n`);
    const tree = new CompactRange();
    for (const line of kept) tree.append(leafHash(Buffer.from(line)));
    bundle.refit(({ log, run, sessions, ...rest }) => ({
      ...rest,
      run: { id: run.id, openedAt: run.openedAt },
      log: { origin: log.origin, openIndex: log.openIndex },
      sessions: sessions.map(({ closeIndex: _closed, outcome: _outcome, ...session }, i) =>
        i === 0 ? { ...session, events: kept.length, root: tree.root() } : session,
      ),
      complete: false,
    }));
    await holds('a session cut short, as if it were open', await bundle.pack(), 'INCOMPLETE', /./);
  });

  test('proofs of other entries, and with words of their own', async () => {
    const [one = '', two = ''] = proofs();
    const swapped = pristine.copy();
    swapped.write(one, pristine.text(two)).write(two, pristine.text(one));
    await holds('proofs exchanged', await swapped.pack(), 'FAIL', /of another entry/);
    const renumbered = swapped.copy();
    const index = (path: string) => /\d+/u.exec(path)?.[0] ?? '';
    renumbered.edit(one, (text) => text.replace(`index ${index(two)}`, `index ${index(one)}`));
    renumbered.edit(two, (text) => text.replace(`index ${index(one)}`, `index ${index(two)}`));
    await holds('proofs exchanged and renumbered', await renumbered.pack(), 'FAIL', /does not show/);
    const extra = pristine.copy();
    for (const path of proofs())
      extra.edit(path, (text) => text.replace('index', `extra ${btoa('all is well')}\nindex`));
    await holds('extra data in proofs is not believed, and does no harm', await extra.pack(), 'PASS', /^$/);
    const believed = extra.edit(BUNDLE.entries, (text) => text.replace('completed', 'completes'));
    await holds('extra data that vouches for a changed entry', await believed.pack(), 'FAIL', /does not show/);
    const mixed = pristine.copy().edit(one, (text) => text.replace(/\n— .*\n$/u, (line) => `${line}— x AAAAAAA=\n`));
    await holds('proofs against two checkpoints', await mixed.pack(), 'FAIL', /another checkpoint/);
  });

  test('checkpoints that are older, of others, or not as they are written', async () => {
    const note = noteOf(pristine);
    const text = textOf(note);
    const [, size = ''] = text.split('\n');
    const { privateKey } = generateKeyPairSync('ed25519');
    const wrong = (body: string) => `${body}\n${note.slice(text.length + 1)}`;
    const otherNote = noteOf(other);
    const changed: Readonly<Record<string, readonly [note: string, expected: Expected, reason: RegExp]>> = {
      'the checkpoint of a later tree': [otherNote, 'FAIL', /does not show/],
      'a checkpoint of another log by the same key': [
        signedAs(text.replace(ORIGIN, 'other.example/log'), 'other.example/log'),
        'FAIL',
        /no known key signed it/,
      ],
      'another origin in the text, signed by the log': [
        signedAs(text.replace(ORIGIN, 'other.example/log')),
        'FAIL',
        /no log of that name that you trust/,
      ],
      'a checkpoint signed by a stranger under the same name': [
        signNote(text, { name: ORIGIN, key: privateKey }),
        'FAIL',
        /no known key signed it/,
      ],
      'a changed size under the same signature': [
        wrong(text.replace(`\n${size}\n`, '\n99\n')),
        'FAIL',
        /signature .* is wrong/,
      ],
      'an extension line, signed by the log': [signedAs(`${text}extension\n`), 'FAIL', /not one as the specification/],
      'CRLF, signed by the log': [signedAs(text.replaceAll('\n', '\r\n')), 'FAIL', /control characters/],
      'a size with a leading zero, signed by the log': [
        signedAs(text.replace(`\n${size}\n`, `\n0${size}\n`)),
        'FAIL',
        /not one as the specification/,
      ],
      'a root that is not canonical base64': [
        signedAs(text.replace('=\n', '\n')),
        'FAIL',
        /not one as the specification/,
      ],
      'no final newline': [note.slice(0, -1), 'FAIL', /no signed note|malformed/],
      'signatures of unknown keys beside the good one': [`${note}— witness.example/w AAAAAAAAAAAA\n`, 'PASS', /^$/],
      'the same signature twice': [`${note}${note.slice(text.length + 1)}`, 'FAIL', /signed it twice/],
      'a bad signature by the known key beside the good one': [
        `${note}${signedAs('something else\n').split('\n').at(-2)}\n`,
        'FAIL',
        /twice|wrong/,
      ],
    };
    for (const [name, [given, expected, reason]] of Object.entries(changed)) {
      await holds(name, await withNote(given).pack(), expected, reason);
    }
  });

  test('an older checkpoint, of before the run closed: fails', async () => {
    const older = signedAs(`${ORIGIN}\n2\n${btoa('x'.repeat(32))}\n`);
    await holds('a checkpoint of before the run closed', await withNote(older).pack(), 'FAIL', /does not show/);
  });

  test('witnesses count by their keys, and only as many as there are', async () => {
    const note = noteOf(pristine);
    const text = textOf(note);
    const first = aWitness('one.example/w');
    const second = aWitness('two.example/w');
    const policy = (...lines: readonly string[]) => ({
      ...ownFiles(made),
      policy: Buffer.from(`log ${world.log.verifierKey}\n${lines.join('\n')}\n`),
    });
    const both = [`witness a ${first.vkey}`, `witness b ${second.vkey}`, 'group g 2 a b', 'quorum g'];
    const cosigned = (...witnesses: readonly Witness[]) =>
      withNote(note + witnesses.map((one) => one.sign(text)).join('')).pack();
    await holds('both witnesses cosigned', await cosigned(first, second), 'PASS', /^$/, policy(...both));
    await holds('one of two witnesses', await cosigned(first), 'FAIL', /did not all cosign/, policy(...both));
    await holds('no witness at all', await pristine.pack(), 'FAIL', /did not all cosign/, policy(...both));
    const again = aWitness('three.example/w', first.key);
    const doubled = [`witness a ${first.vkey}`, `witness b ${again.vkey}`, 'group g 2 a b', 'quorum g'];
    await holds('a witness under two names in the policy', made.bytes, 'refused', /twice/, policy(...doubled));
    await holds(
      "a witness's signature under two names",
      await cosigned(first, again),
      'FAIL',
      /did not all cosign/,
      policy(...both),
    );
    const forged = first.sign(`${text}x\n`);
    await holds(
      'a known witness whose signature is wrong',
      await withNote(note + forged).pack(),
      'FAIL',
      /signature .* wrong/,
      policy(...both),
    );
    const late = aWitness('one.example/w', first.key, Math.floor(Date.now() / 1000) + 86_400);
    await holds('a witness of tomorrow', await cosigned(late, second), 'FAIL', /in the future/, policy(...both));
  });
});

describe('any byte', () => {
  test('of the archive that is flipped fails, or was in no file and is refused', async () => {
    const every = ALL ? 1 : Math.floor(made.bytes.length / 150);
    let flips = 0;
    for (let at = 0; at < made.bytes.length; at += every) {
      const flipped = Buffer.from(made.bytes);
      flipped[at] = (flipped[at] ?? 0) ^ (1 << (at % 8));
      const report = await verifyBytes(flipped, ownFiles(made));
      assert.equal(report.verdict, 'FAIL', `the byte at ${at}`);
      flips++;
    }
    rows.push({ name: `${flips} flips anywhere in the archive`, expected: 'FAIL', seen: 'FAIL', reason: '' });
  });

  test('of a file that is flipped, the archive made anew, fails unless the file proves nothing', async () => {
    const unbelieved = /^(?:README\.txt|trust\/.*|replay\/.*)$/u;
    let flips = 0;
    for (const [path, bytes] of pristine.files) {
      const every = ALL ? 1 : Math.max(1, Math.floor(bytes.length / 4));
      for (let at = 0; at < bytes.length; at += every) {
        // The highest bit makes text of none of them.
        for (const bit of [1 << (at % 7), 128]) {
          const flipped = Buffer.from(bytes);
          flipped[at] = (flipped[at] ?? 0) ^ bit;
          const report = await verifyBytes(await pristine.copy().write(path, flipped).pack(), ownFiles(made));
          assert.equal(report.verdict, unbelieved.test(path) ? 'PASS' : 'FAIL', `${path} at ${at}`);
          flips++;
        }
      }
    }
    rows.push({ name: `${flips} flips in files, archive made anew`, expected: 'FAIL', seen: 'FAIL', reason: '' });
  });
});

interface Witness {
  readonly vkey: string;
  readonly key: KeyObject;
  readonly sign: (text: string) => string;
}

/** A witness of C2SP tlog-cosignature, written out: the verifier's own code has no part in it. */
function aWitness(name: string, known?: KeyObject, time = Math.floor(Date.now() / 1000)): Witness {
  const pair = generateKeyPairSync('ed25519');
  const key = known ?? pair.privateKey;
  const jwk = key.export({ format: 'jwk' });
  const typed = Buffer.concat([Buffer.of(4), Buffer.from(jwk.x ?? '', 'base64url')]);
  const id = hash('sha256', Buffer.concat([Buffer.from(`${name}\n`), typed]), 'buffer').subarray(0, 4);
  return {
    vkey: `${name}+${id.toString('hex')}+${typed.toString('base64')}`,
    key,
    sign(text) {
      const stamp = Buffer.alloc(8);
      stamp.writeBigUInt64BE(BigInt(time));
      const signature = sign(null, Buffer.from(`cosignature/v1\ntime ${time}\n${text}`), key);
      return `— ${name} ${Buffer.concat([id, stamp, signature]).toString('base64')}\n`;
    },
  };
}
