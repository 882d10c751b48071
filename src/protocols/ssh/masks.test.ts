import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { after, before, describe, it } from 'node:test';
import { FakeApprovals } from '../../../test/support/fake-approvals.ts';
import { PERMIT_ALL } from '../../../test/support/gateway.ts';
import { recorded } from '../../../test/support/recorded.ts';
import { runSsh } from '../../../test/support/run-ssh.ts';
import { clientFiles, startSshGateway } from '../../../test/support/ssh-gateway.ts';
import { type SshServer, sshTarget, startSshServer } from '../../../test/support/ssh-server.ts';
import { until } from '../../../test/support/until.ts';
import type { Policy } from '../../policy/policy.ts';

const MASKED: Policy = { ...PERMIT_ALL, name: 'masked', mask: ['email', 'secret', 'card'] };
const MAIL = "printf '%s%s' 'ada.lovelace' '@example.org'";

let server: SshServer;
before(async () => {
  server = await startSshServer();
});
after(() => server?.[Symbol.asyncDispose]());

describe('output of commands that is masked', () => {
  it('is masked on each stream by itself, also where it comes in pieces with pauses between', async () => {
    await using gateway = await startSshGateway({ targets: [sshTarget(server)], policies: [MASKED] });
    const { config } = await clientFiles(gateway);
    const both = await runSsh(config, ['shop', `${MAIL}; ${MAIL} >&2`]);
    assert.deepEqual([both.stdout, both.stderr], ['[redacted]', '[redacted]']);
    const torn = "printf 'mail ada.love'; sleep 0.6; printf 'lace@exam'; sleep 0.6; printf 'ple.org now\\n'";
    assert.equal((await runSsh(config, ['shop', torn])).stdout, 'mail [redacted] now\n');
    const card = "printf '4111 1111 '; sleep 0.6; printf '1111 1111\\n'";
    assert.equal((await runSsh(config, ['shop', card])).stdout, '[redacted]\n');
    for (const { event, body } of await recorded(gateway)) {
      if (event.kind === 'reply') assert.doesNotMatch(body.toString('latin1'), /lovelace|1111/);
    }
  });

  it('does not wait for the end of a line that a prompt has none of', async () => {
    await using gateway = await startSshGateway({ targets: [sshTarget(server)], policies: [MASKED] });
    const { config } = await clientFiles(gateway);
    const client = spawn('ssh', ['-F', config, 'shop', "printf 'Continue? [y/N] '; read answer; echo got $answer"]);
    try {
      const [prompt] = (await once(client.stdout, 'data')) as [Buffer];
      assert.equal(prompt.toString(), 'Continue? [y/N] ');
      client.stdin.end('y\n');
      const [answer] = (await once(client.stdout, 'data')) as [Buffer];
      assert.equal(answer.toString(), 'got y\n');
    } finally {
      client.kill();
    }
  });

  it('is refused where it cannot be: a connection that is carried as it is', async () => {
    const forwards = [`127.0.0.1:${server.port}`];
    await using gateway = await startSshGateway({
      targets: [sshTarget(server, { ssh: { forwards } })],
      policies: [MASKED],
    });
    const { config } = await clientFiles(gateway);
    assert.equal((await runSsh(config, ['-W', `127.0.0.1:${server.port}`, 'shop'])).code, 255);
    const refusals = (await recorded(gateway)).flatMap(({ event }) => event.refusal?.code ?? []);
    assert.deepEqual(refusals, ['mask-impossible']);
  });
});

describe('commands that wait for people', () => {
  const approve = { group: 'ops', quorum: 1, withinMs: 60_000, allowActor: false, measureRows: false, showText: false };
  const HELD: Policy = { ...PERMIT_ALL, name: 'ask', operations: ['shell'], approve };

  it('are taken back with their channel, and the others of the connection go on', async () => {
    const people = new FakeApprovals();
    const policies = [PERMIT_ALL, HELD];
    await using gateway = await startSshGateway({ targets: [sshTarget(server)], policies, approvals: people });
    const { config } = await clientFiles(gateway);
    const control = `${gateway.directory}/control`;
    const master = spawn('ssh', ['-F', config, '-M', '-S', control, '-N', 'shop'], { stdio: 'ignore' });
    try {
      await until(async () => (await runSsh(config, ['-S', control, '-O', 'check', 'shop'])).code === 0);
      const held = spawn('ssh', ['-F', config, '-S', control, '-tt', 'shop', 'echo held'], { stdio: 'ignore' });
      const approval = await people.nth(0);
      assert.equal((await runSsh(config, ['-S', control, 'shop', 'echo fine'])).stdout, 'fine\n');
      held.kill();
      await until(() => Promise.resolve(approval.cancelledBecause !== undefined));
      assert.equal((await runSsh(config, ['-S', control, 'shop', 'echo still'])).stdout, 'still\n');
    } finally {
      const ended = once(master, 'exit');
      master.kill();
      await ended;
    }
    assert.deepEqual(gateway.faults, []);
  });
});
