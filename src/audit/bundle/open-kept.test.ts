import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { bundleWorld } from '../../../test/support/evidence-bundle.ts';
import { gather } from '../../../test/support/gather.ts';
import { firstReason, ownFiles, verifyBytes } from '../../../test/support/unpacked-bundle.ts';
import { KeptEvidence } from './kept-evidence.ts';
import { openKept } from './open-kept.ts';

const directory = mkdtempSync(join(tmpdir(), 'chaperone-open-kept-'));
after(() => rmSync(directory, { recursive: true, force: true }));

test('evidence is handed out with no gateway as the gateway hands it out, to the byte, and after an erasure too', async () => {
  const audit = join(directory, 'audit');
  const kept = new KeptEvidence(join(directory, 'evidence'));
  const open = async (run: string) => {
    const bundle = await openKept(audit, kept, run, { withholds: undefined, signal: AbortSignal.timeout(20_000) });
    return bundle && (await gather(bundle.stream()));
  };
  await using world = await bundleWorld(directory);
  await world.makeRun('run_1');
  const made = await world.bundle('run_1');
  assert.ok(made.bytes.equals((await open('run_1')) ?? Buffer.alloc(0)));
  assert.equal(await open('run_2'), undefined);
  await world.log.eraseRun({ run: 'run_1', by: 'psn_1', erasure: 'ers_1', reason: 'request' });
  await world.log.sync();
  const erased = await verifyBytes((await open('run_1')) ?? Buffer.alloc(0), ownFiles(made));
  assert.equal(erased.verdict, 'PASS', firstReason(erased));
  assert.deepEqual(
    erased.withheld.filter(({ file }) => file.startsWith('bodies/')).map(({ why, by }) => [why, by]),
    [
      ['erased', 'psn_1'],
      ['erased', 'psn_1'],
    ],
  );
});
