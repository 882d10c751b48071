import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Secret } from '../../../model/secret.ts';
import type { CliError } from '../../cli-error.ts';
import { checkIsolation } from './check-isolation.ts';
import { type IsolatedCommand, type IsolateRequest, isolateCommand } from './isolate-command.ts';
import { allowedHost, isolationLevel } from './isolation-level.ts';
import { listeningSockets } from './open-sockets.ts';

const MAIN = fileURLToPath(new URL('../../../main.ts', import.meta.url));
const signal = () => AbortSignal.timeout(20_000);
const environment = { PATH: process.env['PATH'] ?? '' };

/** Why isolation cannot be tried here; such a machine is told so by the command as well. */
const missing = await checkIsolation('network', environment, signal()).then(
  () => false as const,
  (error: Error) => error.message,
);

/** Says what it can do, as JSON. */
const PROBE = `
const net = require('node:net'), fs = require('node:fs'), dns = require('node:dns/promises');
const reach = (where) => new Promise((resolve) => {
  const socket = net.connect(where);
  socket.setTimeout(3000, () => { socket.destroy(); resolve('no answer'); });
  socket.once('data', (data) => { socket.destroy(); resolve(String(data)); });
  socket.once('error', (error) => resolve(error.code));
  socket.once('close', () => resolve('closed'));
});
const read = (path) => { try { return fs.readFileSync(path, 'latin1').includes('canary') ? 'canary' : 'read'; } catch (error) { return error.code; } };
(async () => {
  const { listener, target, socket, token, outer } = JSON.parse(process.argv[1]);
  console.log(JSON.stringify({
    listener: await reach({ host: '127.0.0.1', port: listener }),
    target: await reach({ host: '127.0.0.1', port: target }),
    socket: await reach({ path: socket }),
    elsewhere: await reach({ host: '192.0.2.1', port: 443 }),
    name: await dns.lookup('gateway.test').then(() => 'resolved', (error) => error.code),
    token: read(token),
    wrapper: read('/proc/' + outer + '/environ'),
    runner: read('/proc/1/environ'),
    uid: process.getuid(),
    devices: Object.keys(require('node:os').networkInterfaces()),
  }));
})();`;

describe('a command with a network of its own', { skip: missing }, () => {
  let directory: string;
  let listener: Server;
  let target: Server;
  let socket: Server;
  const ends: string[] = [];
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'chaperone-isolation-'));
    const answering = (answer: string) => createServer((client) => void client.on('error', () => {}).end(answer));
    [listener, target, socket] = [answering('the listener'), answering('the target'), answering('the socket')];
    listener.listen(0, '127.0.0.1');
    target.listen(0, '127.0.0.1');
    socket.listen(join(directory, 'target.sock'));
    await Promise.all([listener, target, socket].map((server) => once(server, 'listening')));
    await writeFile(join(directory, 'token'), 'canary');
  });
  after(async () => {
    await Promise.all([listener, target, socket].map((server) => new Promise((resolve) => server.close(resolve))));
    await rm(directory, { recursive: true });
  });

  const port = (server: Server) => (server.address() as AddressInfo).port;
  const isolated = async (command: readonly string[], more: Partial<IsolateRequest> = {}) => {
    const [name = '', ...args] = command;
    return isolateCommand({
      means: await checkIsolation('network', environment, signal()),
      directory: await mkdtemp(join(directory, 'run-')),
      targets: [
        {
          name: 'shop',
          protocol: 'postgres',
          host: '127.0.0.1',
          port: port(listener),
          database: 'shop',
          user: 'u',
          password: new Secret('p'),
          tls: 'none',
        },
      ],
      hosts: [],
      hidden: [join(directory, 'token')],
      command: name,
      args,
      env: environment,
      program: [process.execPath, MAIN],
      onFault: (fault) => ends.push(String(fault)),
      ...more,
    });
  };
  const run = async (made: IsolatedCommand) => {
    const child = spawn(made.command, made.args, { env: { ...made.env }, stdio: ['ignore', 'pipe', 'pipe'] });
    const [stdout, stderr, [status]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'close'),
    ]);
    return { status: status as number, stdout, stderr };
  };
  const probe = (outer: number) =>
    JSON.stringify({
      listener: port(listener),
      target: port(target),
      socket: join(directory, 'target.sock'),
      token: join(directory, 'token'),
      outer,
    });

  test('reaches the run’s listeners and nothing else: no target, no socket, no host, no name', async () => {
    const holder = spawn('sleep', ['30'], { env: { ...environment, ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'canary' } });
    try {
      await using made = await isolated([process.execPath, '-e', PROBE, probe(holder.pid ?? 0)]);
      const { status, stdout, stderr } = await run(made);
      assert.equal(status, 0, stderr);
      const { wrapper, runner, name, ...seen } = JSON.parse(stdout) as Record<string, unknown>;
      assert.deepEqual(seen, {
        listener: 'the listener',
        target: 'ECONNREFUSED',
        socket: 'ECONNREFUSED',
        elsewhere: 'ENETUNREACH',
        token: 'read',
        uid: process.getuid?.(),
        devices: ['lo'],
      });
      assert.match(String(name), /EAI_AGAIN|ENOTFOUND|EAI_FAIL/);
      // Of a process list of its own: the number means nothing in there, or another process.
      assert.match(String(wrapper), /^(ENOENT|EACCES)$/);
      assert.equal(runner, 'EACCES');
    } finally {
      holder.kill('SIGKILL');
    }
    assert.deepEqual(ends, []);
  });

  test('passes on how the command ended, and its signals', async () => {
    await using failed = await isolated(['sh', '-c', 'exit 7']);
    assert.equal((await run(failed)).status, 7);
    await using killed = await isolated(['sh', '-c', 'kill -TERM $$']);
    assert.equal((await run(killed)).status, 143);
    await using told = await isolated([
      'sh',
      '-c',
      'trap "echo told; exit 5" USR1; echo ready; while :; do sleep 0.02; done',
    ]);
    const child = spawn(told.command, told.args, { env: { ...told.env }, stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (part: string) => {
      output += part;
    });
    await once(child.stdout, 'data');
    assert.equal(told.signal('SIGUSR1'), true);
    const [status] = (await once(child, 'close')) as [number];
    assert.deepEqual([status, output], [5, 'ready\ntold\n']);
  });

  test('ends with all that it started when the wrapper does', async () => {
    const made = await isolated(['sh', '-c', '(setsid sleep 60 &) ; echo started; sleep 60']);
    const child = spawn(made.command, made.args, { env: { ...made.env }, stdio: ['ignore', 'pipe', 'inherit'] });
    // The output ends with the last process that has it, so none is left then.
    const over = Promise.all([once(child, 'exit'), once(child.stdout, 'end')]);
    await once(child.stdout, 'data');
    child.stdout.resume();
    await made[Symbol.asyncDispose]();
    await over;
    assert.equal(child.exitCode, 137);
  });

  test('reaches hosts that were let through by name, by a proxy that knows no others', async () => {
    const allowed = `localhost:${port(target)}`;
    const script = `
      const connect = (to) => new Promise((resolve) => {
        const request = require('node:http').request({ host: '127.0.0.1', port: new URL(process.env.HTTPS_PROXY).port, method: 'CONNECT', path: to });
        request.once('connect', (response, socket, head) => response.statusCode !== 200 ? resolve(response.statusCode) : head.length ? resolve(String(head)) : socket.once('data', (data) => resolve(String(data))));
        request.end();
      });
      (async () => console.log(JSON.stringify([await connect('${allowed}'), await connect('127.0.0.1:${port(target)}'), await connect('example.com:443')])))().then(() => process.exit());`;
    await using made = await isolated([process.execPath, '-e', script], { hosts: [allowed] });
    const { stdout, stderr } = await run(made);
    assert.deepEqual(JSON.parse(stdout || 'null'), ['the target', 403, 403], stderr);
  });

  test('has one proxy for hosts that were let through and for those of targets, which cannot be let through beside it', async () => {
    const asked: string[] = [];
    const forward = createServer((client) => {
      client.on('error', () => {});
      client.once('data', (data) => {
        asked.push(String(data));
        client.end('HTTP/1.1 200 OK\r\n\r\nthe run');
      });
    });
    forward.listen(0, '127.0.0.1');
    await once(forward, 'listening');
    try {
      const allowed = `localhost:${port(target)}`;
      const proxy = { port: port(forward), hosts: ['api.test'], user: 'run', password: new Secret('p') };
      const script = `
        const proxy = new URL(process.env.HTTPS_PROXY);
        const headers = { 'proxy-authorization': proxy.username + ':' + proxy.password };
        const connect = (to, port) => new Promise((resolve) => {
          const request = require('node:http').request({ host: '127.0.0.1', port, method: 'CONNECT', path: to, headers });
          request.once('connect', (response, socket, head) => head.length ? resolve(String(head)) : socket.once('data', (data) => resolve(String(data))));
          request.end();
        });
        (async () => console.log(JSON.stringify([await connect('${allowed}', proxy.port), await connect('api.test:443', proxy.port), await connect('api.test:80', ${port(forward)})])))().then(() => process.exit());`;
      await using made = await isolated([process.execPath, '-e', script], { hosts: [allowed], proxy });
      const { stdout, stderr } = await run(made);
      assert.deepEqual(JSON.parse(stdout || 'null'), ['the target', 'the run', 'the run'], stderr);
      assert.match(asked[0] ?? '', /^CONNECT api\.test:443 HTTP\/1\.1\r\nproxy-authorization: run:p\r\n/);
      await assert.rejects(
        isolated([process.execPath], { hosts: ['api.test:443'], proxy }),
        /api\.test:443 is a host of a target/,
      );
    } finally {
      await new Promise((resolve) => forward.close(resolve));
    }
  });

  test('is as far from the rest where the machine has no iproute2, and where no /proc can be mounted', async () => {
    const programs = await mkdtemp(join(directory, 'bin-'));
    const needed = ['unshare', 'mount', 'umount', 'sh', 'true'];
    await Promise.all(needed.map((name) => symlink(whereIs(name), join(programs, name))));
    const env = { PATH: programs };
    const holder = spawn('sleep', ['30'], { env: { ...environment, ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'canary' } });
    try {
      const means = await checkIsolation('network', env, signal());
      const flags = means.flags.filter((flag) => flag !== '--mount-proc');
      const command = [process.execPath, '-e', PROBE, probe(holder.pid ?? 0)];
      await using made = await isolated(command, { env, means: { ...means, flags } });
      const { stdout, stderr } = await run(made);
      const seen = JSON.parse(stdout || '{}') as Record<string, unknown>;
      assert.deepEqual(
        [seen['listener'], seen['target'], seen['socket'], seen['wrapper'], seen['runner']],
        ['the listener', 'ECONNREFUSED', 'ECONNREFUSED', 'EACCES', 'EACCES'],
        stderr,
      );
    } finally {
      holder.kill('SIGKILL');
    }
  });

  test('is not started where something cannot be covered', async () => {
    await using made = await isolated(['sh', '-c', 'echo started']);
    const [, plan = ''] = /(\S+isolation\.json)/.exec(made.args.join(' ')) ?? [];
    const written = JSON.parse(await readFile(plan, 'utf8')) as object;
    // The first is gone since it was found; over the second, a folder, no file can be bound.
    await writeFile(plan, JSON.stringify({ ...written, covered: [join(directory, 'was-here'), directory] }));
    const { status, stdout, stderr } = await run(made);
    assert.deepEqual([status, stdout], [69, '']);
    assert.match(stderr, /--isolate: mount failed/);
  });

  test('that does not exist is said before anything starts', async () => {
    await assert.rejects(isolated(['no-such-program']), /no-such-program is not installed/);
  });
});

describe('a command with a user namespace of its own', { skip: missing }, () => {
  test('cannot read the environment of the same user’s other processes', async () => {
    const holder = spawn('sleep', ['30'], { env: { ...environment, ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'canary' } });
    try {
      const made = await isolateCommand({
        means: await checkIsolation('user', environment, signal()),
        directory: tmpdir(),
        targets: [],
        hosts: [],
        hidden: [],
        command: 'sh',
        args: ['-c', `cat /proc/${holder.pid}/environ; id -u`],
        env: environment,
        program: ['', ''],
        onFault: () => {},
      });
      const child = spawn(made.command, made.args, { env: { ...made.env }, stdio: ['ignore', 'pipe', 'pipe'] });
      const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
      assert.equal(stdout, `${process.getuid?.()}\n`);
      assert.match(stderr, /Permission denied/);
    } finally {
      holder.kill('SIGKILL');
    }
  });
});

/** Where a program of the PATH is. */
function whereIs(name: string): string {
  const folder = environment.PATH.split(':').find((each) => existsSync(join(each, name)));
  return join(folder ?? assert.fail(`${name} is not installed`), name);
}

test('isolation that cannot be had is no isolation at all: what is missing is said, and how to get it', async () => {
  await assert.rejects(checkIsolation('network', { PATH: '/nowhere' }, signal()), (error: CliError) => {
    assert.equal(error.message, '--isolate network: unshare is not installed');
    assert.match(error.hint ?? '', /Nothing was started; docs\/operating\/isolation\.md has each case/);
    return true;
  });
  assert.throws(() => isolationLevel('some'), /--isolate takes none, user, network, and not some/);
  assert.deepEqual(
    [isolationLevel(undefined), isolationLevel(true), isolationLevel('user')],
    ['none', 'network', 'user'],
  );
});

test('a host is let through by its name and a port', () => {
  assert.deepEqual(['API.example.com', 'api.example.com:8443', 'localhost:80'].map(allowedHost), [
    'api.example.com:443',
    'api.example.com:8443',
    'localhost:80',
  ]);
  for (const wrong of ['', '*', '*.example.com', 'a b', 'a:0', 'a:70000', 'a:443:1', 'http://a', '-a', 'a\n:1']) {
    assert.throws(() => allowedHost(wrong), /--allow-host takes NAME/, wrong);
  }
});

test('sockets on which somebody listens are found in the kernel’s table, abstract ones and connected ones are not', () => {
  const table = [
    'Num       RefCount Protocol Flags    Type St Inode Path',
    '0000000000000000: 00000002 00000000 00010000 0001 01 24621 /run/docker.sock',
    '0000000000000000: 00000003 00000000 00000000 0001 03 24622 /run/docker.sock',
    '0000000000000000: 00000002 00000000 00010000 0001 01 24623 @/tmp/.X11-unix/X0',
    '0000000000000000: 00000002 00000000 00010000 0005 01 24624 /tmp/with a space.sock',
    '0000000000000000: 00000002 00000000 00000000 0002 01 24625 /run/systemd/notify',
    '',
  ].join('\n');
  assert.deepEqual(listeningSockets(table), ['/run/docker.sock', '/tmp/with a space.sock']);
});
