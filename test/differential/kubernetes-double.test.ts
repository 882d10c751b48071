/** The double of an API server says what a real one said, and streams are read as it wrote them. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { protocolOf } from '../../src/protocols/kubernetes/streams/agreed-protocol.ts';
import type { StreamPiece } from '../../src/protocols/kubernetes/streams/stream-wire.ts';
import replies from '../corpus/kubernetes/replies.json' with { type: 'json' };
import streams from '../corpus/kubernetes/streams.json' with { type: 'json' };
import { startApiServerDouble } from '../support/kubernetes/api-server-double.ts';
import { plantPod } from '../support/kubernetes/cluster-gateway.ts';
import { StreamClient } from '../support/kubernetes/stream-client.ts';

const TOKEN = 'a-token';
const LOG = [0, 1, 2].map((line) => `line ${line} of a log, mail to ada@example.com`);

/** Protobuf is never asked of a server by the gateway, and the double has one group of many. */
const NOT_SAID: ReadonlySet<string> = new Set(['get as protobuf', 'groups']);

describe('replies of the double', () => {
  test('are those of the real server, in all that its clients branch on', async () => {
    await using double = await startApiServerDouble({ token: TOKEN, log: LOG });
    plantPod(double);
    for (const { name, request, reply } of replies.replies) {
      const { method, path, headers } = request;
      const sent = {
        method,
        headers: { authorization: `Bearer ${TOKEN}`, ...(headers as Record<string, string>) },
        ...('body' in request ? { body: request.body } : {}),
      };
      const said = await fetch(`http://127.0.0.1:${double.port}${path}`, sent);
      const lines = name === 'watch' ? 1 : name === 'log, followed' ? 2 : Number.POSITIVE_INFINITY;
      const text = await textOf(said, lines);
      if (NOT_SAID.has(name)) continue;
      assert.deepEqual(summary(said.status, text), summary(reply.status, reply.body ?? ''), name);
    }
  });
});

async function textOf({ body }: Response, lines: number): Promise<string> {
  let text = '';
  const decoder = new TextDecoder();
  for await (const piece of body ?? []) {
    text += decoder.decode(piece as Uint8Array, { stream: true });
    if (text.split('\n').length > lines) break;
  }
  return text.split('\n').slice(0, lines).join('\n');
}

/** Without what differs from server to server, and from run to run. */
function summary(status: number, text: string): unknown {
  if (!text.startsWith('{')) return { status, lines: text.trimEnd().split('\n') };
  return { status, told: bare(JSON.parse(text)) };
}

const OF_ONE_SERVER: ReadonlySet<string> = new Set(
  `uid resourceVersion creationTimestamp managedFields selfLink annotations message description priority format
   spec status serverAddressByClientCIDRs storageVersionHash continue remainingItemCount`.split(/\s+/),
);

function bare(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(bare);
  if (typeof value !== 'object' || value === null) return value;
  const { kind, cells } = value as { readonly kind?: string; readonly cells?: readonly unknown[] };
  const members = Object.entries(value).filter(
    ([name]) => !OF_ONE_SERVER.has(name) || (name === 'status' && kind === 'Status'),
  );
  // Wide columns and ages are the server's own.
  const kept = members.filter(
    ([name]) =>
      (name !== 'columnDefinitions' && name !== 'cells' && name !== 'object') ||
      (name === 'object' && cells === undefined),
  );
  const first = cells === undefined ? {} : { first: cells.slice(0, 2) };
  return { ...Object.fromEntries(kept.map(([name, one]) => [name, bare(one)])), ...first };
}

/** What each transcript holds, channel by channel: of the client, then of the server. */
const TOLD: Readonly<Record<string, readonly (readonly [channel: string, text: string | RegExp])[]>> = {
  'exec over SPDY': [
    ['stdout', 'out\n'],
    ['stderr', 'err\n'],
    ['error', /"reason":"NonZeroExitCode".*"message":"3"/],
  ],
  'exec over SPDY with input': [
    ['stdin', 'hello\n'],
    ['stdout', 'HELLO\n'],
    ['error', '{"metadata":{},"status":"Success"}'],
  ],
  'exec of what is not there over SPDY': [['error', /"status":"Failure".*"reason":"InternalError"/]],
  'attach over SPDY': [
    ['stdin', 'typed\n'],
    ['stdout', 'attached\ntyped\n'],
    ['stderr', 'over\n'],
  ],
  'port-forward over SPDY': [
    ['data', /^GET \/file HTTP[\s\S]*forwarded content\n/],
    ['error', /error forwarding port 1 to pod web.*connection refused/],
  ],
  'exec over WebSocket v4': [
    ['stdout', 'out\n'],
    ['stderr', 'err\n'],
    ['error', /"message":"3"/],
  ],
  'exec over WebSocket base64 v4': [
    ['stdout', 'out\n'],
    ['stderr', 'err\n'],
  ],
  'exec over WebSocket v1': [['stdout', 'hi\n']],
  'exec over WebSocket v4 with input': [
    ['stdin', 'hello\n'],
    ['stdout', 'hello\n'],
  ],
  'port-forward over WebSocket v4': [['data', /^GET \/file HTTP[\s\S]*forwarded content\n/]],
};

type Turns = readonly (readonly [from: string, base64: string])[];

describe('streams of the real server and its clients', () => {
  for (const transcript of streams.transcripts.filter(({ name }) => TOLD[name] !== undefined)) {
    const { name } = transcript;
    test(`${name} is read as both sides wrote it, whole and byte by byte`, () => {
      for (const cut of [Number.POSITIVE_INFINITY, 1]) {
        const pieces = piecesOf(transcript.turns as unknown as Turns, cut);
        for (const [channel, expected] of TOLD[name] ?? []) {
          const text = said(pieces, channel);
          if (typeof expected === 'string') assert.equal(text.replaceAll(/^\0\0/g, ''), expected, channel);
          else assert.match(text, expected, channel);
        }
      }
    });
  }

  test('all are known to this test, but for the one that the server refused', () => {
    const unknown = streams.transcripts.filter(({ name }) => TOLD[name] === undefined).map(({ name }) => name);
    assert.deepEqual(unknown, ['exec over WebSocket v5, which it does not know']);
  });

  test('the double runs what they ask for, and says the same', async () => {
    await using double = await startApiServerDouble({ token: TOKEN });
    for (const { name, turns } of streams.transcripts) {
      const [, opening = ''] = turns[0] ?? [];
      const asked = headOf(Buffer.from(opening, 'base64'));
      if (TOLD[name] === undefined || !/^exec over|^attach/.test(name)) continue;
      const ask = { port: double.port, authorization: `Bearer ${TOKEN}`, ...asked };
      await using client = await StreamClient.command(ask);
      const pieces = piecesOf(turns as unknown as Turns, Number.POSITIVE_INFINITY);
      for (const piece of pieces)
        if (piece.channel === 'stdin' && piece.event !== 'accept' && piece.event !== 'open') client.say(piece);
      if (!asked.protocol.startsWith('v5') && asked.upgrade === 'websocket' && name.includes('input')) {
        // Before v5 there is no end of input: the command reads as much as it wants.
        await client.until(() => client.text('error') !== '');
      } else await client.ended;
      for (const channel of ['stdout', 'stderr'])
        assert.equal(client.text(channel), said(pieces, channel), `${name}: ${channel}`);
    }
  });
});

function headOf(bytes: Buffer): { path: string; protocol: string; upgrade: 'websocket' | 'spdy/3.1' } {
  const head = bytes.toString('latin1', 0, bytes.indexOf('\r\n\r\n'));
  const [, path = ''] = /^\S+ (\S+)/.exec(head) ?? [];
  const isSpdy = /^upgrade: spdy/im.test(head);
  const field = isSpdy ? 'x-stream-protocol-version' : 'sec-websocket-protocol';
  const [, protocol = ''] = new RegExp(`^${field}: (\\S+)`, 'im').exec(head) ?? [];
  return { path, protocol, upgrade: isSpdy ? 'spdy/3.1' : 'websocket' };
}

/** What both sides said, as one wire on each side of the gateway reads it. */
function piecesOf(turns: Turns, cut: number): readonly StreamPiece[] {
  const { path, protocol: name, upgrade } = headOf(Buffer.from(turns[0]?.[1] ?? '', 'base64'));
  const use = path.includes('/portforward') ? 'forward' : 'command';
  const protocol = protocolOf(name, { use, ports: [1], upgrade });
  if (protocol === undefined) throw new Error(`no such protocol: ${name}`);
  const client = protocol.wire('client');
  // The ids of streams are the client's: what it opened is opened on the other wire as well.
  const target = protocol.wire('target');
  const bodies = { client: [] as Buffer[], server: [] as Buffer[] };
  for (const [from, base64] of turns)
    bodies[from === 'client' ? 'client' : 'server'].push(Buffer.from(base64, 'base64'));
  const asked = read(client, bodies.client, cut);
  target.write(asked);
  return [...asked, ...read(target, bodies.server, cut)];
}

function read(
  wire: { read(bytes: Buffer): { readonly pieces: readonly StreamPiece[] } },
  said: readonly Buffer[],
  cut: number,
): readonly StreamPiece[] {
  const whole = Buffer.concat(said);
  const body = whole.subarray(whole.indexOf('\r\n\r\n') + 4);
  const pieces: StreamPiece[] = [];
  for (let at = 0; at < body.length; at += cut) {
    pieces.push(...wire.read(body.subarray(at, at + Math.min(cut, body.length))).pieces);
  }
  return pieces.map((piece) => ({ ...piece, bytes: Buffer.from(piece.bytes) }));
}

/** Of forwarded connections all together. */
function said(pieces: readonly StreamPiece[], channel: string): string {
  const of = pieces.filter((piece) => piece.event === 'data' && piece.channel.replace(/:\d+$/, '') === channel);
  return Buffer.concat(of.map(({ bytes }) => bytes)).toString('latin1');
}
