import { type IncomingMessage, request } from 'node:http';
import { LIMITS } from '../../../model/limits.ts';
import { objectOf, parseJson } from '../../../protocols/mcp/federation/lossless-json.ts';
import type { Answered, OwnQuery } from '../../../protocols/mcp/own/own-tools.ts';
import type { OpenWay } from './way-in.ts';

type AskedHttp = NonNullable<OwnQuery['http']>;

/** Asks an HTTP target one thing and says what it answered, cut where it is long. Throws where `signal` aborts. */
export async function runHttp(
  way: OpenWay,
  asked: AskedHttp,
  host: string,
  signal: AbortSignal,
  waitMs: number = LIMITS.ownQueryMs,
): Promise<Answered> {
  const late = AbortSignal.timeout(waitMs);
  try {
    const response = await send(way, asked, host, { signal: AbortSignal.any([signal, late]), waitMs });
    const { text, cut } = await readText(response);
    const code = response.headers['chaperone-refusal'];
    if (code === undefined) {
      const status = response.statusCode ?? 0;
      return { kind: 'data', data: { status, headers: headersOf(response), body: text, cut } };
    }
    const problem = objectOf(parseJson(text)) ?? {};
    const why = [problem['detail'], problem['hint']].filter((one) => typeof one === 'string').join(' ');
    return { kind: 'refused', why: why || `refused: ${code.toString()}`, data: problem };
  } catch {
    signal.throwIfAborted();
    const why = late.aborted ? 'the target did not answer in time' : 'the request broke off before it was answered';
    return { kind: 'refused', why };
  }
}

interface Sending {
  readonly signal: AbortSignal;
  readonly waitMs: number;
}

function send(way: OpenWay, { method, path, headers, body }: AskedHttp, host: string, { signal, waitMs }: Sending) {
  const given = Object.entries(headers).filter(([name]) => !OURS.has(name.toLowerCase()));
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const sent = request(
    {
      createConnection: () => way.stream,
      method,
      path,
      headers: {
        ...Object.fromEntries(given),
        host,
        connection: 'close',
        'chaperone-grant': `${way.user}.${way.password}`,
        prefer: `wait=${Math.floor((waitMs * 0.9) / 1000)}`,
        ...(body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }),
      },
      signal,
    },
    resolve,
  );
  sent.once('error', reject);
  sent.end(body);
  return promise;
}

async function readText(response: IncomingMessage): Promise<{ readonly text: string; readonly cut: boolean }> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of response as AsyncIterable<Buffer>) {
    pieces.push(piece.subarray(0, Math.max(0, LIMITS.ownQueryBytes - size)));
    size += piece.length;
    if (size > LIMITS.ownQueryBytes) break;
  }
  return { text: Buffer.concat(pieces).toString('utf8'), cut: size > LIMITS.ownQueryBytes };
}

function headersOf({ headers }: IncomingMessage): Readonly<Record<string, string>> {
  const told = Object.entries(headers).map(([name, value]) => [name, [value ?? ''].flat().join(', ')] as const);
  return Object.fromEntries(told);
}

/** How a message is framed and who asks is the gateway's own to say. */
const OURS: ReadonlySet<string> = new Set([
  'host',
  'connection',
  'content-length',
  'transfer-encoding',
  'upgrade',
  'expect',
  'te',
  'trailer',
  'prefer',
  'chaperone-grant',
  'proxy-authorization',
]);
