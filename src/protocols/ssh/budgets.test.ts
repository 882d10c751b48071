import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { PERMIT_ALL } from '../../../test/support/gateway.ts';
import { recorded } from '../../../test/support/recorded.ts';
import { runSsh } from '../../../test/support/run-ssh.ts';
import { clientFiles, startSshGateway } from '../../../test/support/ssh-gateway.ts';
import { sshTarget, startSshServer } from '../../../test/support/ssh-server.ts';
import { BudgetService } from '../../budgets/budget-service.ts';
import { openStore } from '../../store/store.ts';

describe('a budget of bytes', () => {
  it('stops a command in the middle of its output, says so, and the next as well', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'ssh-budgets-'));
    try {
      await using server = await startSshServer();
      await using store = await openStore({ file: join(directory, 'store.db') });
      const faults: unknown[] = [];
      await using budgets = new BudgetService({ store, onFault: (fault) => faults.push(fault) });
      const policies = [{ ...PERMIT_ALL, limit: [{ measure: 'bytes', most: 1_000_000, per: 'run' }] }] as const;
      await using gateway = await startSshGateway({ targets: [sshTarget(server)], policies, budgets });
      const { config } = await clientFiles(gateway);
      assert.equal((await runSsh(config, ['shop', 'head -c 400000 /dev/zero'])).stdout.length, 400_000);
      const cut = await runSsh(config, ['shop', 'head -c 4000000 /dev/zero; echo done']);
      assert.equal(cut.code, 126);
      assert.match(cut.stderr, /chaperone: budget-exceeded: /);
      assert.ok(cut.stdout.length <= 600_000 && !cut.stdout.includes('done'), `${cut.stdout.length} bytes came`);
      assert.match((await runSsh(config, ['shop', 'head -c 900000 /dev/zero'])).stderr, /budget-exceeded/);
      const ends = (await recorded(gateway)).flatMap(({ event }) => event.refusal?.code ?? []);
      assert.deepEqual(ends, ['budget-exceeded', 'budget-exceeded']);
      assert.deepEqual([faults, gateway.faults], [[], []]);
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  });
});
