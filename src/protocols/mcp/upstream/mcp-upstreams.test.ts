import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { until } from '../../../../test/support/until.ts';
import { Fault } from '../../../model/fault.ts';
import type { GrantId, RunId, TargetName } from '../../../model/ids.ts';
import { LIMITS, type Limits } from '../../../model/limits.ts';
import type { StdioTransport } from '../../../model/mcp.ts';
import { Secret } from '../../../model/secret.ts';
import type { Credential, Target } from '../../../model/target.ts';
import { fieldOf } from '../../http/forwarded-head.ts';
import type { ClientConnection, Fields, IncomingReply } from '../../http/message.ts';
import { McpUpstreams } from './mcp-upstreams.ts';

const PROGRAM = fileURLToPath(new URL('../../../../test/support/mcp/plain-program.ts', import.meta.url));
const SECRET = 'canary-of-the-program';

describe('a program behind an MCP target', { concurrency: true }, () => {
  test('sees nothing of the gateway: a folder of its own, and the variables that are declared', async () => {
    await using world = start({ transport: { env: { LOG_LEVEL: 'info' }, args: [PROGRAM, '--root'] } });
    const { env, argv, directory } = (await world.call('environment')) as Environment;
    const { HOME = '' } = env;
    assert.match(HOME, /chaperone-mcp-/);
    assert.deepEqual(env, {
      PATH: '/usr/local/bin:/usr/bin:/bin',
      HOME,
      TMPDIR: HOME,
      LOG_LEVEL: 'info',
      THE_SECRET: SECRET,
    });
    assert.deepEqual([argv, directory], [['--root'], HOME]);
    await world.upstreams[Symbol.asyncDispose]();
    assert.equal(existsSync(HOME), false);
  });

  test('is one for each session, one for what has none, and another for each run', async () => {
    await using world = start();
    const [one, other] = [await world.begin(), await world.begin()];
    const shared = await world.call('pid');
    assert.equal(new Set([one.pid, other.pid, shared]).size, 3);
    assert.equal(await world.call('pid'), shared);
    assert.equal(await world.call('pid', {}, [['mcp-session-id', one.id]]), one.pid);
    const stranger = await world.connect('run_other');
    const refused = await post(stranger, { method: 'pid' }, [['mcp-session-id', one.id]]);
    assert.equal(refused.head.status, 404);
    const theirs = JSON.parse(await text(await post(stranger, alone('pid')))) as { readonly result: number };
    assert.notEqual(theirs.result, shared);
  });

  test('gets ids and tokens that are its own, and clients get back theirs', async () => {
    await using world = start();
    const [one, other] = [await world.connect(), await world.connect()];
    const asked = { ...alone('progress'), id: 'same' };
    const params = { ...asked.params, _meta: { ...asked.params._meta, progressToken: 'mine' } };
    const [first, second] = await Promise.all([post(one, { ...asked, params }), post(other, { ...asked, params })]);
    for (const reply of [first, second]) {
      assert.equal(fieldOf(reply.head.fields, 'content-type'), 'text/event-stream');
      assert.deepEqual(await events(reply), [
        { jsonrpc: '2.0', method: 'notifications/progress', params: { progressToken: 'mine', progress: 1 } },
        { jsonrpc: '2.0', id: 'same', result: 'done' },
      ]);
    }
  });

  test('asks its client on the stream of the request, and hears the answer', async () => {
    await using world = start();
    const { id } = await world.begin();
    const session: Fields = [['mcp-session-id', id]];
    const asking = await post(await world.connect(), { id: 7, method: 'ask' }, session);
    const first = await asking.body.read();
    assert.match(String(first), /"id":"server-1","method":"sampling\/createMessage"/);
    const answered = await post(await world.connect(), { id: 'server-1', result: { role: 'assistant' } }, session);
    assert.equal(answered.head.status, 202);
    assert.match(await text(asking), /"id":7,"result":\{"role":"assistant"\}/);
  });

  test('is told to stop where its client has gone', async () => {
    await using world = start();
    const left = new AbortController();
    const connection = await world.connect();
    const asking = post(connection, alone('hang'), [], left.signal);
    asking.catch(() => undefined);
    // What is asked later is heard later: the first request is there.
    await world.call('pid');
    left.abort(new Error('the client left'));
    await assert.rejects(asking, /the client left/);
    const cancelled = await until(async () => {
      const found = (await world.call('cancelled')) as readonly unknown[];
      return found.length > 0 ? found : undefined;
    });
    assert.deepEqual(cancelled, [{ requestId: 1 }]);
  });

  test('that dies fails what is under way; its session is over, and what has none goes on with another', async () => {
    await using world = start();
    const { id } = await world.begin();
    const session: Fields = [['mcp-session-id', id]];
    const connection = await world.connect();
    const died = await post(connection, { id: 1, method: 'die' }, session).catch((cause: unknown) => cause);
    assert.ok(died instanceof Fault);
    assert.deepEqual([died.code, died.message], ['upstream-closed', 'the MCP server ended by status 3']);
    await post(connection, { id: 2, method: 'pid' }, session).catch(() => undefined);
    assert.equal((await post(connection, { id: 2, method: 'pid' }, session)).head.status, 404);
    const before = await world.call('pid');
    await assert.rejects(world.call('die'), { code: 'upstream-closed' });
    assert.notEqual(await world.call('pid'), before);
  });

  test('ends with all that it has started, and by force where it does not by itself', async () => {
    await using world = start({ limits: { mcpServerEndMs: 50 } });
    const { id, pid } = await world.begin();
    const child = (await world.call('child', {}, [['mcp-session-id', id]])) as number;
    const ended = await world.send('DELETE', [['mcp-session-id', id]]);
    assert.equal(ended.head.status, 204);
    await until(async () => !(await runs(pid)) && !(await runs(child)));
    const stubborn = (await world.call('stubborn')) as number;
    await world.upstreams.endGrant('grt_one' as GrantId);
    await until(async () => !(await runs(stubborn)));
  });

  test('that says what is no message, or too much, is reported to the operator', async () => {
    await using world = start({ limits: { maxMcpMessageBytes: 10_000 } });
    assert.equal(await world.call('garbage'), 'said');
    await world.call('error', { words: `its key is ${SECRET}` });
    await until(async () => world.said.length >= 2);
    assert.deepEqual(world.said, [
      'it said a line that is no message of JSON-RPC',
      `its key is ${'*'.repeat(SECRET.length)}`,
    ]);
    await assert.rejects(world.call('long', { words: '20000' }), { code: 'upstream-protocol' });
    const refused = await post(await world.connect(), alone('pid', { words: 'x'.repeat(10_000) }));
    assert.equal(refused.head.status, 413);
  });

  test('that cannot be started as it is declared is not started', async () => {
    const cases = [
      [{ command: '/no/such/program' }, 'upstream-unreachable'],
      [{ user: 'nobody-of-this-name' }, 'config-invalid'],
      [{ directory: '/no/such/folder' }, 'upstream-unreachable'],
    ] as const;
    for (const [transport, code] of cases) {
      await using world = start({ transport });
      await assert.rejects(world.call('pid'), { code });
    }
  });

  test('that is only tried is looked for, and not started', async () => {
    const tried = (transport: Partial<StdioTransport>) => start({ transport }).connect(null);
    await assert.rejects(tried({ command: '/no/such/program' }), { code: 'upstream-unreachable' });
    await assert.rejects(tried({ user: 'nobody-of-this-name' }), { code: 'config-invalid' });
    await using world = start({ transport: { command: '/bin/sh', args: ['-c', 'echo started >&2'] } });
    await (await world.connect(null))[Symbol.asyncDispose]();
    assert.deepEqual(world.said, []);
  });

  test('that is limited has no more than its limits', async () => {
    await using world = start({
      transport: { command: '/bin/sh', args: ['-c', 'ulimit -v >&2; ulimit -t >&2'], memoryMib: 64, cpuSeconds: 9 },
    });
    await assert.rejects(world.call('pid'), { code: 'upstream-closed' });
    await until(async () => world.said.length >= 2);
    assert.deepEqual(world.said, ['65536', '9']);
  });

  test('that is isolated has no network, and sees neither other processes nor what the gateway keeps', async (context) => {
    if (!userNamespaces()) return context.skip('this machine allows no user namespaces');
    const directory = await mkdtemp(join(tmpdir(), 'gateway-of-a-program-'));
    try {
      await writeFile(join(directory, 'deployment.key'), 'key');
      await using world = start({ transport: { isolate: true }, hidden: [directory, '/no/such/folder'] });
      const seen = (await world.call('network')) as Isolated;
      assert.deepEqual([seen.interfaces, seen.processes, seen.uid], [[], 1, process.getuid?.()]);
      assert.deepEqual(await world.call('folder', { words: directory }), []);
      const script = `umount ${directory}; unshare -Urm umount ${directory}; ls ${directory} >&2`;
      const transport = { isolate: true, command: '/bin/sh', args: ['-c', script] } as const;
      await using other = start({ transport, hidden: [directory] });
      await assert.rejects(other.call('pid'), { code: 'upstream-closed' });
      assert.doesNotMatch(other.said.join(), /deployment/);
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  });

  test('that is another user is that user', { skip: process.getuid?.() !== 0 && 'only root can choose' }, async () => {
    const nobody = Number(/^nobody:[^:]*:(\d+)/m.exec(readFileSync('/etc/passwd', 'utf8'))?.[1]);
    await using world = start({
      transport: { command: '/bin/sh', args: ['-c', 'id -u >&2; touch here && echo made >&2'], user: 'nobody' },
    });
    await assert.rejects(world.call('pid'), { code: 'upstream-closed' });
    await until(async () => world.said.length >= 2);
    assert.deepEqual(world.said, [String(nobody), 'made']);
  });

  test('is ended where nobody asks it anything for long', async () => {
    await using world = start({ limits: { mcpServerIdleMs: 20 } });
    const { pid } = await world.begin();
    await until(async () => !(await runs(pid)));
  });

  test('has a room: the one that was asked longest ago makes place', async () => {
    await using world = start({ limits: { maxMcpServersOfRun: 2 } });
    const [first, second, third] = [await world.begin(), await world.begin(), await world.begin()];
    const status = async (id: string) =>
      (await post(await world.connect(), { id: 1, method: 'pid' }, [['mcp-session-id', id]])).head.status;
    assert.deepEqual([await status(first.id), await status(second.id), await status(third.id)], [404, 200, 200]);
  });
});

interface Isolated {
  readonly interfaces: readonly string[];
  readonly processes: number;
  readonly uid: number;
}

interface Environment {
  readonly env: Readonly<Record<string, string>>;
  readonly argv: readonly string[];
  readonly directory: string;
}

interface Settings {
  readonly transport?: Partial<StdioTransport>;
  readonly limits?: Partial<Limits>;
  readonly hidden?: readonly string[];
}

function start({ transport, limits, hidden = [] }: Settings = {}) {
  const said: string[] = [];
  const upstreams = new McpUpstreams({
    limits: { ...LIMITS, ...limits },
    hidden,
    onSaid: ({ text: line }) => said.push(line),
  });
  const target: Target = {
    name: 'tools' as TargetName,
    protocol: 'mcp',
    address: { host: 'stdio', port: 0 },
    tls: { mode: 'disable' },
    labels: {},
    classified: [],
    recordMode: 'batched',
    storedReplyBytes: 0,
    mcp: {
      transport: { kind: 'stdio', command: process.execPath, args: [PROGRAM], ...transport },
      tools: [],
      firstUse: 'review',
    },
  };
  const credential: Credential = { user: '', environment: { THE_SECRET: new Secret(SECRET) } };
  const connect = (run: string | null = 'run_one') =>
    upstreams.dial(
      { target, credential, run: run === null ? undefined : (run as RunId), grant: 'grt_one' as GrantId },
      AbortSignal.timeout(30_000),
    );
  const world = {
    upstreams,
    said,
    connect,
    send: async (method: string, fields: Fields) => send(await connect(), method, fields),
    /** Asks outside of sessions, but where the fields name one. */
    call: async (method: string, params: object = {}, fields: Fields = []): Promise<unknown> => {
      const message = fields.length > 0 ? { id: 1, method, params } : alone(method, params);
      const reply = await text(await post(await connect(), message, fields));
      return (JSON.parse(reply) as { readonly result: unknown }).result;
    },
    begin: async () => {
      const reply = await post(await connect(), { id: 0, method: 'initialize', params: {} });
      const { result } = JSON.parse(await text(reply)) as { readonly result: { readonly pid: number } };
      return { id: fieldOf(reply.head.fields, 'mcp-session-id') ?? '', pid: result.pid };
    },
    [Symbol.asyncDispose]: () => upstreams[Symbol.asyncDispose](),
  };
  return world;
}

/** A request that says everything itself. */
function alone(method: string, params: object = {}) {
  const name = 'io.modelcontextprotocol/';
  const _meta = { [`${name}protocolVersion`]: '2026-07-28', [`${name}clientCapabilities`]: {} };
  return { id: 1, method, params: { ...params, _meta } };
}

function post(connection: ClientConnection, message: object, fields: Fields = [], signal?: AbortSignal) {
  return send(connection, 'POST', fields, JSON.stringify({ jsonrpc: '2.0', ...message }), signal);
}

function send(
  connection: ClientConnection,
  method: string,
  fields: Fields,
  body = '',
  signal: AbortSignal = AbortSignal.timeout(30_000),
): Promise<IncomingReply> {
  const bytes = Buffer.from(body);
  const pulled = (async function* () {
    await Promise.resolve();
    yield bytes;
  })();
  const request = {
    method,
    scheme: 'http',
    authority: 'stdio',
    target: '/',
    fields,
    length: bytes.length,
    body: pulled,
  } as const;
  return connection.send(request, signal);
}

async function text({ body }: IncomingReply): Promise<string> {
  const pieces: Buffer[] = [];
  for (let piece = await body.read(); piece !== null; piece = await body.read()) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

async function events(reply: IncomingReply): Promise<readonly unknown[]> {
  const blocks = (await text(reply)).split('\n\n').filter((block) => block !== '');
  return blocks.map((block) => JSON.parse(/^data: (.*)$/m.exec(block)?.[1] ?? '') as unknown);
}

/** A process that has ended and waits to be asked how is gone. */
async function runs(pid: number): Promise<boolean> {
  await Promise.resolve();
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

/** Found out by doing it: kernels, their modules and containers forbid it in different ways. */
function userNamespaces(): boolean {
  const flags = ['--user', '--map-root-user', '--net', '--pid', '--fork', '--mount', '--mount-proc'];
  return spawnSync('unshare', [...flags, '--', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']).status === 0;
}
