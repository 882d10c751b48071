/**
 * The gateway is killed at random moments under load. Whatever the server's own log says was executed must stand in
 * the recovered log of the gateway, and the log must verify. `CHAPERONE_CRASH_ROUNDS=50` for the long form.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { searchStatements } from '../../src/audit/read/search-statements.ts';
import { verifyDirectory } from '../../src/audit/verify/verify-directory.ts';
import { Dice } from '../fuzz/mutations.ts';
import { startGatewayProcess } from '../support/gateway-process.ts';
import { type PostgresServer, startPostgres } from '../support/postgres-server.ts';

const ROUNDS = Number(process.env['CHAPERONE_CRASH_ROUNDS'] ?? '4');
const SEED = Number(process.env['CHAPERONE_CRASH_SEED'] ?? '7');
/** Statements that can be told apart in both logs. */
const SCRIPT = '\\set marker random(1, 2000000000)\nselect :marker as marker;\n';
/** In the text of a simple query, or among the parameters of a batch: as the server logs them, and as we record them. */
const EXECUTED = /statement: select (\d+) as marker|\$1 = '(\d+)'/g;
const RECORDED = /^select (\d+) as marker|"parameters":\["(\d+)"\]/g;

describe('a gateway that is killed', () => {
  let server: PostgresServer;
  let directory: string;
  let script: string;

  before(async () => {
    server = await startPostgres({ version: 15, settings: { log_statement: 'all' } });
    directory = await mkdtemp(join(tmpdir(), 'crash-'));
    script = join(directory, 'markers.sql');
    await writeFile(script, SCRIPT);
  });

  after(async () => {
    await server?.stop();
    await rm(directory, { recursive: true, force: true });
  });

  it(`${ROUNDS} times under load has every forwarded statement in its recovered log`, {
    timeout: 30_000 * ROUNDS,
  }, async () => {
    const dice = new Dice(SEED);
    for (let round = 0; round < ROUNDS; round++) {
      await killUnderLoad(dice);
      // The next start recovers, and the graceful end leaves the log under a signed checkpoint.
      await (await startGatewayProcess({ directory, server, recordMode: 'strict' })).stop();
      const report = await verifyDirectory(join(directory, 'audit'));
      assert.equal(report.verdict, 'PASS', JSON.stringify(report.findings.slice(0, 5)));
    }
    const executed = new Set([...(await server.log()).matchAll(EXECUTED)].map((match) => match[1] ?? match[2]));
    const recorded = new Set<string | undefined>();
    for await (const { text } of searchStatements(join(directory, 'audit'), {})) {
      for (const match of (text ?? '').matchAll(RECORDED)) recorded.add(match[1] ?? match[2]);
    }
    assert.ok(executed.size > 10 * ROUNDS, `only ${executed.size} statements ran`);
    assert.deepEqual(
      [...executed].filter((marker) => !recorded.has(marker)),
      [],
    );
  });

  async function killUnderLoad(dice: Dice): Promise<void> {
    const gateway = await startGatewayProcess({ directory, server, recordMode: 'strict' });
    const mode = dice.pick(['simple', 'extended', 'prepared']);
    const load = spawn(
      'pgbench',
      [
        '-n',
        '-f',
        script,
        '-M',
        mode,
        '-c',
        '4',
        '-T',
        '30',
        '-h',
        '127.0.0.1',
        '-p',
        String(gateway.port),
        '-U',
        gateway.user,
        'shop',
      ],
      { env: { ...process.env, PGPASSWORD: gateway.password }, stdio: 'ignore' },
    );
    const ended = once(load, 'exit');
    await delay(200 + dice.roll(800));
    await gateway.kill();
    await ended;
  }
});
