/** Commands that are about the log itself: the alarms of witnesses, and new keys. */
import assert from 'node:assert/strict';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { mockVault, VAULT_TOKEN } from '../support/kms-mock.ts';
import { makeDataDirectory, startConfigured } from './program.ts';

const ID = `alm_${'0123456789abcdef'.repeat(2)}`;

test('alarms are listed with what happened and acknowledged, and statements get a new key', {
  timeout: 60_000,
}, async () => {
  const dataDirectory = await makeDataDirectory();
  try {
    // As a life of the gateway before this one left it.
    await mkdir(join(dataDirectory, 'audit', 'alarms'), { recursive: true, mode: 0o700 });
    const alarm = { at: '2026-03-04T05:06:07.008Z', id: ID, kind: 'rollback', ours: 'x', proven: true };
    const file = join(dataDirectory, 'audit', 'alarms', `${ID}.json`);
    await writeFile(file, `${JSON.stringify({ ...alarm, theirSize: 12, v: 1, witness: 'audi\u001b[2Jtor' })}\n`);
    const gateway = await startConfigured(dataDirectory, {});
    try {
      const listed = await gateway.chaperone('alarms');
      assert.equal(listed.status, 0, listed.stderr);
      assert.match(
        listed.stdout,
        /^ID .*\nalm_\w+ {2}2026-03-04 05:06:07 {2}open +\S+ +it has seen more entries of the log \(12\) than there are: the log was rolled back, or is run twice; proven by our own signature\n$/,
      );
      assert.equal(listed.stdout.includes('\u001b[2J'), false);
      assert.match(listed.stderr, /Nobody new is let in before the proven ones were looked into/);
      assert.equal((await gateway.chaperone('alarms', 'acknowledge', 'alm_none')).status, 66);
      assert.equal((await gateway.chaperone('alarms', 'acknowledge', ID)).stdout, `${ID} was looked into.\n`);
      assert.equal((await gateway.chaperone('alarms', '--open')).stderr, 'Every alarm was looked into.\n');
      const { stdout } = await gateway.chaperone('alarms', '--json');
      const said = JSON.parse(stdout) as { stopped: boolean; alarms: { acknowledged?: { by: string } }[] };
      assert.deepEqual([said.stopped, said.alarms.length], [false, 1]);
      assert.match(said.alarms[0]?.acknowledged?.by ?? '', /^opt_/);

      const rotated = await gateway.chaperone('keys', 'rotate', 'statement');
      assert.match(rotated.stdout, /^-----BEGIN PUBLIC KEY-----\n[^-]+-----END PUBLIC KEY-----\n$/, rotated.stderr);
      assert.match(
        (await gateway.chaperone('keys')).stdout,
        /\nsigns +[0-9a-f]{64}\nretired {2}20\S+ \S+ +[0-9a-f]{64}\n$/,
      );
      const keys = JSON.parse((await gateway.chaperone('keys', '--json')).stdout) as Record<string, unknown>;
      assert.equal(keys['statementKey'], rotated.stdout);
      assert.equal((keys['oldStatementKeys'] as unknown[]).length, 1);
      const both = await gateway.chaperone('keys', 'rotate', 'statement', '--overlap-days', '1');
      assert.match(both.stderr, /--overlap-days is for `log`/);
    } finally {
      await gateway.stop();
    }
  } finally {
    await rm(dataDirectory, { recursive: true, force: true });
  }
});

test('a key of statements in Vault (mocked) takes the place of the file, and need not be there at the next start', {
  timeout: 60_000,
}, async () => {
  const dataDirectory = await makeDataDirectory();
  try {
    await using vault = await mockVault('ecdsa-p256');
    await (await startConfigured(dataDirectory, {})).stop();
    const config = join(dataDirectory, 'kms.yaml');
    await writeFile(config, `evidence: { key: { vault: { address: '${vault.url}', key: log } } }\n`);
    const env = { CHAPERONE_CONFIG: config, VAULT_TOKEN };
    const states = async () => {
      const gateway = await startConfigured(dataDirectory, env);
      try {
        const { stdout } = await gateway.chaperone('keys', '--json');
        const { statementSigning, oldStatementKeys } = JSON.parse(stdout) as {
          statementSigning: { place: string };
          oldStatementKeys: unknown[];
        };
        return [statementSigning.place, oldStatementKeys.length];
      } finally {
        await gateway.stop();
      }
    };
    assert.deepEqual(await states(), ['vault transit/log', 1]);
    await vault[Symbol.asyncDispose]();
    assert.deepEqual(await states(), ['vault transit/log', 1]);
  } finally {
    await rm(dataDirectory, { recursive: true, force: true });
  }
});
