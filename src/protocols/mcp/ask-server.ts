import type { JsonValue } from '../../model/http.ts';
import { LIMITS } from '../../model/limits.ts';
import { Concealer } from '../http/credentials/concealer.ts';
import type { ForwardedHead } from '../http/forwarded-head.ts';
import { fieldOf } from '../http/forwarded-head.ts';
import type { ClientConnection, Fields, IncomingReply, ReplyHead, RequestHead } from '../http/message.ts';
import { bodyTypeOf } from '../http/parts.ts';
import type { HttpUpstream } from '../http/upstream.ts';
import { textAt } from './canonical-json.ts';
import { EventBlocks } from './events.ts';
import { isModern, META } from './versions.ts';

/** Whose name the gateway asks in: the client's request that made it ask. */
export interface OnBehalf {
  /** As it is forwarded, the server's session id in it. */
  readonly head: ForwardedHead;
  readonly client: RequestHead;
  readonly version: string;
}

export interface ServerAnswer {
  readonly head: ReplyHead;
  readonly bytes: Buffer;
}

/** The fields that a message of the gateway's own goes with. */
export function ownFields({ head, version }: OnBehalf, method: string | undefined): Fields {
  const session = fieldOf(head.fields, 'mcp-session-id');
  return [
    ['content-type', 'application/json'],
    ['accept', 'application/json, text/event-stream'],
    ['accept-encoding', 'identity'],
    ...(fieldOf(head.fields, 'mcp-protocol-version') === undefined ? [] : [['mcp-protocol-version', version] as const]),
    ...(session === undefined ? [] : [['mcp-session-id', session] as const]),
    ...(method !== undefined && isModern(version) ? [['mcp-method', method] as const] : []),
  ];
}

/** The parameters of a request of the gateway's own, with what a modern one must say. */
export function ownParams({ version }: OnBehalf, params: Readonly<Record<string, JsonValue>>): JsonValue {
  if (!isModern(version)) return params;
  const meta = {
    [META.version]: version,
    [META.capabilities]: {},
    [META.client]: { name: 'chaperone', version: '1' },
  };
  return { ...params, _meta: meta };
}

/** Sends one message, and reads the whole answer; the credential's secrets are taken out of it. */
export async function askServer(
  connection: ClientConnection,
  { credentials }: HttpUpstream,
  { behalf, message, signal }: { readonly behalf: OnBehalf; readonly message: JsonValue; readonly signal: AbortSignal },
): Promise<ServerAnswer> {
  const bytes = Buffer.from(JSON.stringify(message));
  const method = textAt(message, 'method');
  const { scheme, authority, target } = behalf.head;
  const request = {
    method: 'POST',
    scheme,
    authority,
    target,
    fields: ownFields(behalf, method),
    length: bytes.length,
    body: once(bytes),
  } as const;
  const sent = await connection.send(await credentials.apply(request, behalf.client, signal), signal);
  const reply = Concealer.of(credentials.secrets)?.reply(sent) ?? sent;
  return { head: reply.head, bytes: await answered(reply) };
}

async function* once(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}

/** All of a JSON reply; of a stream, up to what answers. */
async function answered({ head, body }: IncomingReply): Promise<Buffer> {
  const blocks = bodyTypeOf(head) === 'text/event-stream' ? new EventBlocks(LIMITS.maxMaskedHttpBytes) : undefined;
  const pieces: Buffer[] = [];
  let length = 0;
  if (body.length === 'none') return Buffer.alloc(0);
  for (let bytes = await body.read(); bytes !== null; bytes = await body.read()) {
    if (blocks !== undefined) {
      const answer = blocks.push(bytes).find(({ data }) => data !== undefined && isAnswer(data));
      if (answer?.data !== undefined) return Buffer.from(answer.data);
      continue;
    }
    length += bytes.length;
    if (length > LIMITS.maxMaskedHttpBytes) throw new RangeError('the answer is longer than it may be');
    pieces.push(Buffer.from(bytes));
  }
  return Buffer.concat(pieces);
}

function isAnswer(data: string): boolean {
  try {
    const value: unknown = JSON.parse(data);
    return typeof value === 'object' && value !== null && ('result' in value || 'error' in value);
  } catch {
    // Not a message; the answer may still come.
    return false;
  }
}
