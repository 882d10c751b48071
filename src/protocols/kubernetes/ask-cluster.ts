import type { JsonValue } from '../../model/http.ts';
import { LIMITS } from '../../model/limits.ts';
import { Concealer } from '../http/credentials/concealer.ts';
import type { ForwardedHead } from '../http/forwarded-head.ts';
import type { ClientConnection, Fields, MessageBody } from '../http/message.ts';
import type { HttpUpstream } from '../http/upstream.ts';

export interface OwnQuestion {
  readonly method: string;
  /** Origin form, as the server has it. */
  readonly target: string;
  readonly contentType?: string | undefined;
  readonly body?: Buffer | undefined;
}

export interface ClusterAnswer {
  readonly status: number;
  /** Undefined where it is no JSON. */
  readonly value: JsonValue | undefined;
}

/** Asks the server something of the gateway's own, as whom the client's request would be sent; reads the whole answer. */
export async function askCluster(
  connection: ClientConnection,
  { credentials }: HttpUpstream,
  { scheme, authority, fields }: ForwardedHead,
  { method, target, contentType, body }: OwnQuestion,
  signal: AbortSignal,
): Promise<ClusterAnswer> {
  const own: Fields = [
    ['accept', 'application/json'],
    ['accept-encoding', 'identity'],
    ['user-agent', 'chaperone'],
    ...(contentType === undefined ? [] : [['content-type', contentType] as const]),
    ...fields.filter(([name]) => name.startsWith('impersonate-')),
  ];
  const request = {
    method,
    scheme,
    authority,
    target,
    fields: own,
    ...(body === undefined ? { length: 'none' as const } : { length: body.length, body: once(body) }),
  };
  const sent = await connection.send(await credentials.apply(request, NO_CLIENT, signal), signal);
  const reply = Concealer.of(credentials.secrets)?.reply(sent) ?? sent;
  const text = await all(reply.body);
  return { status: reply.head.status, value: parsed(text) };
}

const NO_CLIENT = { version: '1.1', method: 'GET', authority: '', target: '/', absolute: false, fields: [] } as const;

async function* once(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}

async function all(body: MessageBody): Promise<string> {
  const pieces: Buffer[] = [];
  let length = 0;
  if (body.length === 'none') return '';
  for (let bytes = await body.read(); bytes !== null; bytes = await body.read()) {
    length += bytes.length;
    if (length > LIMITS.maxKubernetesValueBytes) throw new RangeError('the answer is longer than is compared');
    pieces.push(Buffer.from(bytes));
  }
  return Buffer.concat(pieces).toString('utf8');
}

function parsed(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    // Words of somebody before the server, say.
    return undefined;
  }
}
