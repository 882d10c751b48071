import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, test } from 'node:test';
import type { RunId, TargetName } from '../../../model/ids.ts';
import { LIMITS, type Limits } from '../../../model/limits.ts';
import type { Target } from '../../../model/target.ts';
import { fieldOf } from '../../http/forwarded-head.ts';
import type { Fields, IncomingReply } from '../../http/message.ts';
import { McpUpstreams } from './mcp-upstreams.ts';

type Handler = (request: IncomingMessage, response: ServerResponse, body: string) => void;
const HELLO = { jsonrpc: '2.0', id: 'h', method: 'initialize', params: {} };

describe('a server of HTTP with SSE behind an MCP target', { concurrency: true }, () => {
  test('is sent messages where its stream says, with what proves the gateway, and answers on the stream', async () => {
    const asked: string[] = [];
    await using world = await start((request, response, body) => {
      const { method, url, headers } = request;
      asked.push([method, url, headers['x-key'], headers['accept'], headers['mcp-session-id']].map(String).join(' '));
      if (method === 'GET') return open(response, '/messages?session=7');
      response.writeHead(202).end();
      streamOf(world).write(event({ ...(JSON.parse(body) as object), method: undefined, result: 'hello' }));
    });
    const reply = await world.post(HELLO);
    assert.deepEqual(JSON.parse(await text(reply)), { jsonrpc: '2.0', id: 'h', params: {}, result: 'hello' });
    assert.deepEqual(asked, [
      'GET /sse?token=t secret text/event-stream undefined',
      'POST /messages?session=7&token=t secret undefined undefined',
    ]);
    const session = fieldOf(reply.head.fields, 'mcp-session-id') ?? '';
    const again = await world.post({ ...HELLO, id: 'i', method: 'tools/list' }, [['mcp-session-id', session]]);
    assert.equal((JSON.parse(await text(again)) as { readonly id: string }).id, 'i');
  });

  test('that names an endpoint of another origin is left: the credential goes nowhere else', async () => {
    for (const endpoint of ['http://127.0.0.1:1/messages', '//evil.example/m', 'https://evil.example/']) {
      await using world = await start((_, response) => open(response, endpoint));
      await assert.rejects(world.post(HELLO), { code: 'upstream-protocol' });
    }
  });

  test('that refuses the gateway says so by its own status, whichever request it is', async () => {
    await using closed = await start((_, response) => {
      response.writeHead(401, { 'www-authenticate': 'Bearer', 'x-more': 'no' }).end('who are you?');
    });
    const refused = await closed.post(HELLO);
    assert.deepEqual(refused.head, { status: 401, fields: [['www-authenticate', 'Bearer']] });
    await using half = await start(({ method }, response) => {
      if (method === 'GET') return open(response, '/m');
      response.writeHead(503).end();
    });
    assert.equal((await half.post(HELLO)).head.status, 503);
  });

  test('that ends its stream, or never says where messages are sent, fails what is asked', async () => {
    await using gone = await start(({ method }, response) => {
      if (method === 'GET') return open(response, '/m');
      response.writeHead(202).end();
      streamOf(gone).end();
    });
    await assert.rejects(gone.post(HELLO), { code: 'upstream-closed' });
    const limits = { upstreamConnectDeadlineMs: 100 };
    await using silent = await start((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write(': nothing\n\n');
    }, limits);
    await assert.rejects(silent.post(HELLO), { code: 'deadline' });
    await using long = await start(
      ({ method }, response) => {
        if (method === 'GET') return open(response, '/m');
        response.writeHead(202).end();
        streamOf(long).write(`data: ${'x'.repeat(2_000)}`);
      },
      { maxMcpMessageBytes: 1_000 },
    );
    await assert.rejects(long.post(HELLO), { code: 'upstream-protocol' });
  });

  test('serves nobody who has no session: it knows no other way', async () => {
    await using world = await start((_, response) => void response.writeHead(500).end());
    const reply = await world.post({ jsonrpc: '2.0', id: 5, method: 'tools/list' });
    assert.equal(reply.head.status, 400);
    assert.equal((JSON.parse(await text(reply)) as { readonly id: number }).id, 5);
  });
});

interface World extends AsyncDisposable {
  readonly streams: ServerResponse[];
  post(message: object, fields?: Fields): Promise<IncomingReply>;
}

function open(response: ServerResponse, endpoint: string): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.write(`event: endpoint\ndata: ${endpoint}\n\n`);
}

function event(message: object): string {
  return `event: message\ndata: ${JSON.stringify(message)}\n\n`;
}

function streamOf({ streams }: World): ServerResponse {
  return streams[0] ?? assert.fail('no stream is open');
}

async function start(handle: Handler, limits: Partial<Limits> = {}): Promise<World> {
  const streams: ServerResponse[] = [];
  const server = createServer((request, response) => {
    if (request.method === 'GET') streams.push(response);
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.once('end', () => handle(request, response, Buffer.concat(pieces).toString()));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const upstreams = new McpUpstreams({ limits: { ...LIMITS, ...limits }, onSaid: () => undefined });
  const target: Target = {
    name: 'old' as TargetName,
    protocol: 'mcp',
    address: { host: '127.0.0.1', port: (server.address() as AddressInfo).port },
    tls: { mode: 'disable' },
    labels: {},
    classified: [],
    recordMode: 'batched',
    storedReplyBytes: 0,
    http: { basePath: '/sse', hosts: [], version: '1.1' },
    mcp: { transport: { kind: 'sse', path: '/sse' }, tools: [], firstUse: 'review' },
  };
  return {
    streams,
    post: async (message, fields = []) => {
      const signal = AbortSignal.timeout(30_000);
      const connection = await upstreams.dial({ target, credential: { user: '' }, run: 'run_1' as RunId }, signal);
      const bytes = Buffer.from(JSON.stringify(message));
      const body = (async function* () {
        await Promise.resolve();
        yield bytes;
      })();
      const own: Fields = [['x-key', 'secret'], ['accept', 'application/json'], ...fields];
      const where = { method: 'POST', scheme: 'http', authority: 'old', target: '/?token=t' } as const;
      return connection.send({ ...where, fields: own, length: bytes.length, body }, signal);
    },
    async [Symbol.asyncDispose]() {
      await upstreams[Symbol.asyncDispose]();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function text({ body }: IncomingReply): Promise<string> {
  const pieces: Buffer[] = [];
  for (let piece = await body.read(); piece !== null; piece = await body.read()) pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces).toString();
}
