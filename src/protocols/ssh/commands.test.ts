import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { PERMIT_ALL } from '../../../test/support/gateway.ts';
import { recorded } from '../../../test/support/recorded.ts';
import { runSsh } from '../../../test/support/run-ssh.ts';
import { clientFiles, memoryHosts, startSshGateway } from '../../../test/support/ssh-gateway.ts';
import { freePort, type SshServer, sshTarget, startSshServer } from '../../../test/support/ssh-server.ts';
import { until } from '../../../test/support/until.ts';
import type { GrantId, RunId } from '../../model/ids.ts';
import { Secret } from '../../model/secret.ts';
import { readSshFrames } from '../../model/ssh-frames.ts';
import type { Policy } from '../../policy/policy.ts';
import { connectHost } from './host/connect-host.ts';

let server: SshServer;
before(async () => {
  server = await startSshServer();
});
after(() => server[Symbol.asyncDispose]());

describe('commands of OpenSSH clients', () => {
  it('bring both streams, their input and how they end', async () => {
    await using gateway = await startSshGateway({ targets: [sshTarget(server)] });
    const { config } = await clientFiles(gateway);
    assert.deepEqual(await runSsh(config, ['shop', 'echo out; echo err >&2; exit 3']), {
      code: 3,
      stdout: 'out\n',
      stderr: 'err\n',
    });
    const bytes = Buffer.alloc(3_000_000, 'x');
    const counted = await runSsh(config, ['shop', 'wc -c'], { input: bytes });
    assert.deepEqual(counted, { code: 0, stdout: '3000000\n', stderr: '' });
    // OpenSSH says 255 of a command that a signal ended.
    assert.equal((await runSsh(config, ['shop', 'kill -TERM $$'])).code, 255);
    assert.deepEqual(gateway.faults, []);
  });

  it('stand on record with each stream, and how they ended', async () => {
    await using gateway = await startSshGateway({ targets: [sshTarget(server)] });
    const { config } = await clientFiles(gateway);
    await runSsh(config, ['shop', 'cat; echo err >&2; exit 4'], { input: 'typed' });
    await until(async () => (await recorded(gateway)).some(({ event }) => event.kind === 'session.close'));
    const events = await recorded(gateway);
    const request = events.find(({ event }) => event.kind === 'request');
    assert.equal(request?.body.toString(), 'cat; echo err >&2; exit 4');
    const frames = (kind: string): unknown =>
      events
        .filter(({ event }) => event.kind === kind)
        .flatMap(({ body }) => readSshFrames(body))
        .map((frame) => `${frame.kind} ${Buffer.from(frame.bytes).toString()}`)
        .sort((one, other) => (one < other ? -1 : 1));
    assert.deepEqual(frames('input'), ['end ', 'in typed']);
    assert.deepEqual(frames('reply'), ['err err\n', 'out typed', 'status \0\0\0\u0004']);
    const reply = events.find(({ event }) => event.kind === 'reply');
    assert.deepEqual([reply?.event.result?.status, reply?.event.result?.code], ['error', '4']);
  });

  it('are refused in words on stderr and by status 126, and the next one works', async () => {
    const noShells: Policy = { ...PERMIT_ALL, name: 'no shells', effect: 'deny', operations: ['shell'] };
    await using gateway = await startSshGateway({ targets: [sshTarget(server)], policies: [PERMIT_ALL, noShells] });
    const { config } = await clientFiles(gateway);
    const shell = await runSsh(config, ['-tt', 'shop', 'true']);
    assert.equal(shell.code, 126);
    assert.match(`${shell.stdout}${shell.stderr}`, /chaperone: policy-denied: .*\(rule "no shells"\)/);
    assert.equal((await runSsh(config, ['shop', 'echo fine'])).stdout, 'fine\n');
  });

  it('go on while keys are exchanged anew, under each cipher, with the client and with a host that shows a certificate', async () => {
    await using certified = await startSshServer({ certifiedFor: ['web-1'], settings: ['RekeyLimit 500K'] });
    const hostKeys = { kind: 'authority', keys: [certified.authority.line], principal: 'web-1' } as const;
    await using gateway = await startSshGateway({ targets: [sshTarget(certified, { ssh: { hostKeys } })] });
    const { config } = await clientFiles(gateway);
    const ciphers = ['aes128-gcm@openssh.com', 'aes256-gcm@openssh.com', 'chacha20-poly1305@openssh.com', 'aes256-ctr'];
    for (const cipher of ciphers) {
      const asked = ['-c', cipher, '-o', 'RekeyLimit=300K', 'shop', 'tee /dev/stderr | wc -c'];
      const echoed = await runSsh(config, asked, { input: Buffer.alloc(1_000_000, 'k') });
      assert.deepEqual([echoed.stdout, echoed.stderr.length, echoed.code], ['1000000\n', 1_000_000, 0], cipher);
    }
    assert.deepEqual(gateway.faults, []);
  });

  it('end at the host once nobody reads their output any more', async () => {
    await using gateway = await startSshGateway({ targets: [sshTarget(server)] });
    const { config } = await clientFiles(gateway);
    const { stdout } = await promisify(execFile)('sh', ['-c', `ssh -F '${config}' shop yes | head -1`]);
    assert.equal(stdout, 'y\n');
    assert.deepEqual(gateway.faults, []);
  });

  it('get the variables that the target allows, and no other', async () => {
    const target = sshTarget(server, { ssh: { environment: ['CHAPERONE_TEST_ONE'] } });
    await using gateway = await startSshGateway({ targets: [target] });
    const { config } = await clientFiles(gateway);
    const env = { CHAPERONE_TEST_ONE: '1', CHAPERONE_TEST_TWO: '2' };
    const asked = ['-o', 'SendEnv=CHAPERONE_TEST_*', 'shop', 'echo "$CHAPERONE_TEST_ONE-$CHAPERONE_TEST_TWO"'];
    assert.equal((await runSsh(config, asked, { env })).stdout, '1-\n');
  });

  it('are unknown with a variable that programs mind, as where the line sets it', async () => {
    const target = sshTarget(server, { ssh: { environment: ['LC_*', 'CHAPERONE_TEST_ONE'] } });
    const reading: Policy = { ...PERMIT_ALL, operations: ['read', 'session'] };
    await using gateway = await startSshGateway({ targets: [target], policies: [reading] });
    const { config } = await clientFiles(gateway);
    const set = (variable: string) => runSsh(config, ['-o', `SetEnv=${variable}`, 'shop', 'echo a']);
    assert.equal((await set('LC_TIME=C')).stdout, 'a\n');
    assert.equal((await set('CHAPERONE_TEST_ONE=1')).code, 126);
  });

  it('go through one connection at once, each decided alone', async () => {
    await using gateway = await startSshGateway({ targets: [sshTarget(server)] });
    const { config } = await clientFiles(gateway);
    const control = `${gateway.directory}/control`;
    const master = spawn('ssh', ['-F', config, '-M', '-S', control, '-N', 'shop'], { stdio: 'ignore' });
    try {
      await until(async () => (await runSsh(config, ['-S', control, '-O', 'check', 'shop'])).code === 0);
      const all = await Promise.all(
        [1, 2, 3, 4].map((number) => runSsh(config, ['-S', control, 'shop', `sleep 0.2; echo ${number}`])),
      );
      assert.deepEqual(
        all.map(({ stdout }) => stdout),
        ['1\n', '2\n', '3\n', '4\n'],
      );
    } finally {
      const ended = once(master, 'exit');
      master.kill();
      await ended;
    }
    await until(() => Promise.resolve(gateway.live.size === 0));
    const sessions = new Set((await recorded(gateway)).map(({ event }) => event.session));
    assert.equal(sessions.size, 4);
    assert.deepEqual(gateway.faults, []);
  });

  it('end at their host once nobody reads what they say', async () => {
    await using gateway = await startSshGateway({ targets: [sshTarget(server)] });
    const { user, password } = await gateway.grant();
    // Our own client's half, to the gateway: OpenSSH's says so to servers of its name alone.
    const { credential, ...shop } = sshTarget(server, {
      ssh: { hostKeys: { kind: 'pinned', keys: [gateway.hostKey] } },
      sshCredential: { kind: 'password', password: new Secret(`${user}.${password}`) },
    });
    const login = { parameters: {}, cancelKeyBytes: 16, run: 'run_1' as RunId, grant: 'grt_1' as GrantId };
    const signal = AbortSignal.timeout(60_000);
    const parts = { hosts: memoryHosts(), nowMs: Date.now };
    const address = { host: '127.0.0.1', port: gateway.port };
    const { upstream } = await connectHost(
      { ...shop, address },
      { ...credential, user: '+shop' },
      login,
      signal,
      parts,
    );
    try {
      const channel = await upstream.start({ kind: 'exec', command: Buffer.from('yes'), environment: [] }, signal);
      await channel.next();
      channel.tell('eow@openssh.com', Buffer.alloc(0));
      let ended = '';
      for (let next = await channel.next(); next !== null; next = await channel.next())
        if (next.kind === 'request') ended = next.name;
      assert.equal(ended, 'exit-signal');
    } finally {
      await upstream[Symbol.asyncDispose]();
    }
  });

  it('end without a status where their host is lost; on record nobody knows what became of them', async () => {
    await using gateway = await startSshGateway({ targets: [sshTarget(server)] });
    const { config } = await clientFiles(gateway);
    const client = spawn('ssh', ['-F', config, 'shop', 'echo up; read go; kill -KILL $PPID']);
    let said = '';
    client.stderr.on('data', (bytes: Buffer) => {
      said += bytes.toString();
    });
    await once(client.stdout, 'data');
    client.stdin.write('\n');
    assert.deepEqual(await once(client, 'close'), [255, null]);
    assert.match(said, /chaperone: upstream-unavailable: the connection to the target broke/);
    const ends = await until(async () => {
      const results = (await recorded(gateway)).flatMap(({ event }) => event.result ?? []);
      return results.length > 0 && results.map(({ status, code }) => [status, code]);
    });
    assert.deepEqual(ends, [['unknown', 'upstream-closed']]);
    assert.equal((await runSsh(config, ['shop', 'echo fine'])).stdout, 'fine\n');
  });

  it('are over, and cancelled on record, once their client has left', async () => {
    await using gateway = await startSshGateway({ targets: [sshTarget(server)] });
    const { config } = await clientFiles(gateway);
    // Hosts let what has no terminal go on by itself, as for any client; this ends by itself.
    const client = spawn('ssh', ['-F', config, 'shop', 'echo up; sleep 10']);
    await once(client.stdout, 'data');
    const ended = once(client, 'exit');
    client.kill('SIGKILL');
    await ended;
    await until(() => Promise.resolve(gateway.live.size === 0));
    const events = (await recorded(gateway)).map(({ event }) => event);
    assert.equal(events.find(({ kind }) => kind === 'session.close')?.closing?.outcome, 'clientLeft');
    assert.equal(events.find(({ kind }) => kind === 'reply')?.result?.status, 'cancelled');
  });
});

describe('terminals', () => {
  it('have their size, and are recorded with it', async () => {
    await using gateway = await startSshGateway({ targets: [sshTarget(server)] });
    const { config } = await clientFiles(gateway);
    // A break (RFC 4335), and keys anew.
    const shell = await runSsh(config, ['-tt', 'shop'], { input: '~B~R\necho $((6*7)); exit 5\n' });
    assert.equal(shell.code, 5);
    assert.match(shell.stdout, /42\r\n/);
    await until(async () => (await recorded(gateway)).some(({ event }) => event.kind === 'session.close'));
    const [request, ...others] = (await recorded(gateway)).filter(({ event }) => event.exchange === 1);
    assert.equal(request?.body.toString(), '(a shell)');
    const reply = others.find(({ event }) => event.kind === 'reply');
    assert.equal(readSshFrames(reply?.body ?? Buffer.alloc(0))[0]?.kind, 'window');
    const typed = others.filter(({ event }) => event.kind === 'input').flatMap(({ body }) => readSshFrames(body));
    assert.equal(typed[0]?.kind, 'break');
  });

  it('are not given, nor anything else, where it is asked for X11 or an agent', async () => {
    await using gateway = await startSshGateway({ targets: [sshTarget(server)] });
    const { config } = await clientFiles(gateway);
    const env = { SSH_AUTH_SOCK: `${gateway.directory}/agent.sock` };
    const agent = spawn('ssh-agent', ['-D', '-a', env.SSH_AUTH_SOCK], { stdio: 'ignore' });
    try {
      await until(() => Promise.resolve(existsSync(env.SSH_AUTH_SOCK)));
      const asked = await runSsh(config, ['-A', 'shop', 'echo "${SSH_AUTH_SOCK:-none}"'], { env });
      assert.equal(asked.stdout, 'none\n');
    } finally {
      agent.kill();
    }
    const display = await runSsh(config, ['-Y', 'shop', 'echo "${DISPLAY:-none}"'], {
      env: { DISPLAY: '127.0.0.1:9' },
    });
    assert.equal(display.stdout, 'none\n');
    const subsystem = await runSsh(config, ['-s', 'shop', 'netconf']);
    assert.match(subsystem.stderr, /subsystem request failed/);
    const refusals = (await recorded(gateway)).flatMap(({ event }) => event.refusal ?? []);
    const refused = (what: RegExp): boolean =>
      refusals.some(({ code, message }) => code === 'protocol-unsupported' && what.test(message));
    assert.deepEqual([/agent forwarding/, /X11 forwarding/, /netconf/].map(refused), [true, true, true]);
  });
});

describe('connections onwards', () => {
  it('lead where the target says, and are refused anywhere else', async () => {
    const target = sshTarget(server, { ssh: { forwards: [`localhost:${server.port}`], listens: [] } });
    await using gateway = await startSshGateway({ targets: [target] });
    const { config } = await clientFiles(gateway);
    const carried = await runSsh(config, ['-W', `localhost:${server.port}`, 'shop'], { input: 'SSH-2.0-test\r\n' });
    assert.match(carried.stdout, /^SSH-2\.0-OpenSSH/);
    const refused = await runSsh(config, ['-W', '127.0.0.1:1', 'shop']);
    assert.equal(refused.code, 255);
    assert.match(refused.stderr, /stdio forwarding failed/);
    const events = (await recorded(gateway)).map(({ event }) => event);
    const asked = events.filter(({ kind }) => kind === 'request').map(({ decision }) => decision?.effect);
    assert.deepEqual(asked, ['permit', 'deny']);
    assert.deepEqual(gateway.faults, []);
  });

  it('are asked for by -L and by SOCKS, and are a failure on record where their host is lost', async () => {
    const greeter = createServer((socket) => void socket.on('error', () => undefined).write('hello\n'));
    greeter.listen(0, '127.0.0.1');
    await once(greeter, 'listening');
    const { port } = greeter.address() as AddressInfo;
    await using gateway = await startSshGateway({
      targets: [sshTarget(server, { ssh: { forwards: ['127.0.0.1:*'] } })],
    });
    const { config } = await clientFiles(gateway);
    const control = `${gateway.directory}/control`;
    const local = `${gateway.directory}/local`;
    const socksPort = await freePort();
    const forwards = ['-L', `${local}:127.0.0.1:${port}`, '-D', `127.0.0.1:${socksPort}`];
    const master = spawn('ssh', ['-F', config, '-M', '-S', control, '-N', ...forwards, 'shop'], { stdio: 'ignore' });
    try {
      await until(() => Promise.resolve(existsSync(control) && existsSync(local)));
      const host = Number((await runSsh(config, ['-S', control, 'shop', 'echo $PPID'])).stdout);
      // In the lane of that command, which is idle now.
      const carried = connect(local);
      assert.equal(await heard(carried, 6), 'hello\n');
      const asked = connect(socksPort, '127.0.0.1');
      asked.write(Buffer.from([5, 1, 0, 5, 1, 0, 1, 127, 0, 0, 1, port >> 8, port & 0xff]));
      assert.equal((await heard(asked, 18)).slice(-6), 'hello\n');
      asked.destroy();
      process.kill(host, 'SIGKILL');
      await once(carried, 'close');
    } finally {
      const ended = once(master, 'exit');
      master.kill();
      await ended;
      greeter.close();
    }
    await until(() => Promise.resolve(gateway.live.size === 0));
    const results = (await recorded(gateway)).flatMap(({ event }) => event.result?.code ?? []);
    assert.ok(results.includes('upstream-closed'), results.join(' '));
  });

  it('to a target by its own name go to the gateway itself', async () => {
    const target = sshTarget(server, { ssh: { hosts: ['web.internal'] } });
    await using gateway = await startSshGateway({ targets: [target] });
    const { config, key } = await clientFiles(gateway);
    const jumped = await runSsh(config, [
      '-o',
      `HostKeyAlias=[127.0.0.1]:${gateway.port}`,
      '-i',
      key.path,
      '-J',
      'gateway',
      'web.internal',
      'echo jumped',
    ]);
    assert.deepEqual([jumped.stdout, jumped.code], ['jumped\n', 0], jumped.stderr);
  });

  it('back from the host are carried where the target lets it listen', async () => {
    const { port } = server;
    await using gateway = await startSshGateway({ targets: [sshTarget(server, { ssh: { listens: [0] } })] });
    const { config } = await clientFiles(gateway);
    const client = spawn('ssh', ['-v', '-F', config, '-N', '-R', `0:127.0.0.1:${port}`, 'shop']);
    try {
      let said = '';
      client.stderr.on('data', (bytes: Buffer) => {
        said += bytes.toString();
      });
      const bound = await until(() => Promise.resolve(/Allocated port (\d+)/.exec(said)?.[1]));
      const back = await runSsh(config, ['shop', `exec 3<>/dev/tcp/127.0.0.1/${bound}; head -c 7 <&3`]);
      assert.equal(back.stdout, 'SSH-2.0', `${back.stderr}${said}`);
    } finally {
      const ended = once(client, 'exit');
      client.kill();
      await ended;
    }
    await until(() => Promise.resolve(gateway.live.size === 0));
    const kinds = (await recorded(gateway)).flatMap(({ event }) => event.op?.map(({ kind }) => kind) ?? []);
    assert.deepEqual(kinds.filter((kind) => kind === 'listen').length, 2);
    assert.deepEqual(gateway.faults, []);
  });
});

/** So many bytes of what the other end says. */
async function heard(socket: Socket, bytes: number): Promise<string> {
  let said = Buffer.alloc(0);
  socket.on('error', () => undefined);
  socket.on('data', (more) => {
    said = Buffer.concat([said, more]);
  });
  await until(() => Promise.resolve(said.length >= bytes));
  return said.toString('latin1');
}
