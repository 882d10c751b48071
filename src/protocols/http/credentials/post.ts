import { Fault } from '../../../model/fault.ts';
import type { Target } from '../../../model/target.ts';
import type { ClientConnection, Fields, MessageBody } from '../message.ts';

/** Opens a connection to a token server. Throws a `Fault`. */
export type DialTokenServer = (
  server: Pick<Target, 'address' | 'tls'>,
  signal: AbortSignal,
) => Promise<ClientConnection>;

/** Longer than any answer with a token is. */
const MOST_BYTES = 256 * 1024;

export interface Answer {
  readonly status: number;
  /** An empty object where the body is none. */
  readonly content: Readonly<Record<string, unknown>>;
}

/**
 * Asks a token server and reads its JSON; redirects are not followed, since they would take the secret along. Throws a
 * `Fault` of code `upstream-login` that says nothing of what was sent or answered.
 */
export async function post(
  url: URL,
  { fields, body }: { readonly fields: Fields; readonly body: string },
  dial: DialTokenServer,
  signal: AbortSignal,
): Promise<Answer> {
  const bytes = Buffer.from(body);
  try {
    await using connection = await dial(serverOf(url), signal);
    const request = {
      method: 'POST',
      scheme: url.protocol === 'https:' ? 'https' : 'http',
      authority: url.host,
      target: `${url.pathname}${url.search}`,
      fields: [...fields, ['accept-encoding', 'identity'], ['user-agent', 'chaperone']] as Fields,
      length: bytes.length,
      body: once(bytes),
    } as const;
    const { head, body: answer } = await connection.send(request, signal);
    return { status: head.status, content: objectOf(await all(answer)) };
  } catch (cause) {
    if (signal.aborted) throw signal.reason;
    const why = cause instanceof Fault ? `: ${cause.message}` : '';
    throw new Fault('upstream-login', `no token from ${url.host}${why}`, { cause });
  }
}

function serverOf({ protocol, hostname, port }: URL): Pick<Target, 'address' | 'tls'> {
  const isPlain = protocol === 'http:';
  const host = hostname.replaceAll(/[[\]]/g, '');
  const at = port === '' ? (isPlain ? 80 : 443) : Number(port);
  return { address: { host, port: at }, tls: { mode: isPlain ? 'disable' : 'verify-full' } };
}

async function* once(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}

async function all(body: MessageBody): Promise<string> {
  const pieces: Buffer[] = [];
  let length = 0;
  for (let bytes = await body.read(); bytes !== null; bytes = await body.read()) {
    length += bytes.length;
    if (length > MOST_BYTES) throw new Fault('upstream-protocol', 'its answer is too long');
    pieces.push(Buffer.from(bytes));
  }
  return Buffer.concat(pieces).toString();
}

function objectOf(text: string): Answer['content'] {
  if (text === '') return {};
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Answer['content'];
  } catch {
    // What the parser says would quote the answer, which may hold the token.
  }
  throw new Fault('upstream-protocol', 'its answer is not a JSON object');
}
