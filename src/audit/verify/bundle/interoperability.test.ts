/** Checkpoints and proofs held against a verifier that we did not write: that of sigstore's JavaScript client, for Rekor. */
import assert from 'node:assert/strict';
import type { KeyObject } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { bundleWorld } from '../../../../test/support/evidence-bundle.ts';
import { UnpackedBundle } from '../../../../test/support/unpacked-bundle.ts';
import { parseProof } from '../../c2sp/proof-text.ts';
import { CompactRange, inclusionProof, leafHash, nodeHash, type SubtreeReader } from '../../log/merkle.ts';
import { parseVerifierKey } from '../../log/signed-note.ts';

interface TheirEntry {
  readonly canonicalizedBody: Buffer;
  readonly inclusionProof: {
    readonly logIndex: string;
    readonly hashes: readonly Buffer[];
    readonly checkpoint: { readonly envelope: string };
  };
}
interface TheirLog {
  readonly logID: Buffer;
  readonly baseURL: string;
  readonly publicKey: KeyObject;
}
interface TheirCheckpoint {
  readonly logSize: bigint;
  readonly logHash: Buffer;
}

// Parts of the package that it does not name in its own index.
const require = createRequire(import.meta.url);
const { verifyCheckpoint } = require('@sigstore/verify/dist/tlog/checkpoint.js') as {
  readonly verifyCheckpoint: (entry: TheirEntry, logs: readonly TheirLog[]) => TheirCheckpoint;
};
const { verifyMerkleInclusion } = require('@sigstore/verify/dist/tlog/merkle.js') as {
  readonly verifyMerkleInclusion: (entry: TheirEntry, checkpoint: TheirCheckpoint) => void;
};

const bytesOf = (hashes: readonly string[]) => hashes.map((hash) => Buffer.from(hash, 'hex'));

describe("sigstore's verifier of transparency logs", () => {
  const directory = mkdtempSync(join(tmpdir(), 'chaperone-rekor-'));
  let bundle: UnpackedBundle;
  let log: TheirLog;
  before(async () => {
    await using world = await bundleWorld(directory);
    await world.makeRun('run_1');
    bundle = await UnpackedBundle.of((await world.bundle('run_1')).bytes);
    const { id, key, name } = parseVerifierKey(world.log.verifierKey) ?? assert.fail();
    const logID = Buffer.alloc(4);
    logID.writeUInt32BE(id);
    log = { logID, baseURL: name, publicKey: key };
  });
  after(() => rmSync(directory, { recursive: true, force: true }));

  function entries(): TheirEntry[] {
    const lines = bundle.text('log/entries.jsonl').split('\n').slice(0, -1);
    return lines.map((line) => {
      const { entry, index } = JSON.parse(line) as { readonly entry: string; readonly index: string };
      const proof = parseProof(bundle.text(`proofs/${index}.tlog-proof`)) ?? assert.fail();
      const theirs = { logIndex: index, hashes: bytesOf(proof.path), checkpoint: { envelope: proof.checkpoint } };
      return { canonicalizedBody: Buffer.from(entry), inclusionProof: theirs };
    });
  }

  test('accepts every proof of a bundle under its checkpoint', () => {
    const all = entries();
    assert.equal(all.length, 10);
    for (const entry of all) verifyMerkleInclusion(entry, verifyCheckpoint(entry, [log]));
  });

  test('refuses them with an entry or a checkpoint changed', () => {
    const [first = assert.fail()] = entries();
    const checkpoint = verifyCheckpoint(first, [log]);
    const changed = { ...first, canonicalizedBody: Buffer.from('{}') };
    assert.throws(() => verifyMerkleInclusion(changed, checkpoint), /does not match/);
    const envelope = first.inclusionProof.checkpoint.envelope.replace('\n10\n', '\n11\n');
    const forged = { ...first, inclusionProof: { ...first.inclusionProof, checkpoint: { envelope } } };
    assert.throws(() => verifyCheckpoint(forged, [log]), /invalid checkpoint signature/);
  });

  test('accepts proofs in trees of every size to 130', () => {
    const data = Array.from({ length: 130 }, (_, i) => Buffer.from(`entry ${i}`));
    const leaves = data.map((one) => leafHash(one));
    const read: SubtreeReader = (level, index) =>
      level === 0 ? (leaves[index] as string) : nodeHash(read(level - 1, 2 * index), read(level - 1, 2 * index + 1));
    const range = new CompactRange();
    for (let size = 1; size <= data.length; size++) {
      range.append(leaves[size - 1] as string);
      const checkpoint = { logSize: BigInt(size), logHash: Buffer.from(range.root(), 'hex') };
      for (const index of new Set([0, size >> 1, size - 1])) {
        const hashes = bytesOf(inclusionProof(read, index, size));
        const theirs = { logIndex: String(index), hashes, checkpoint: { envelope: '' } };
        const entry = { canonicalizedBody: data[index] as Buffer, inclusionProof: theirs };
        verifyMerkleInclusion(entry, checkpoint);
      }
    }
  });
});
