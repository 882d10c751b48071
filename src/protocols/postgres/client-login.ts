import { randomBytes } from 'node:crypto';
import { LIMITS } from '../../model/limits.ts';
import { Refused } from '../../model/refusal.ts';
import { Secret } from '../../model/secret.ts';
import type { ByteStream } from '../../wire/byte-stream.ts';
import type { Admission, Session } from '../protocol.ts';
import { BodyReader, MalformedMessage, type MessageDecoder } from './codec.ts';
import { BACKEND, cstring, FRONTEND, int32, message } from './messages.ts';
import { ScramError, scramServer } from './scram.ts';
import { ClientGone, type Opening } from './startup.ts';

/** How a client proves its grant: by SCRAM, which keeps the secret off the wire, or by showing it. */
export type ClientAuthentication = 'scram' | 'password';

export interface ClientLoginOptions {
  readonly method: ClientAuthentication;
  /** The hash of our certificate for channel binding (RFC 5929), where the connection is TLS. */
  readonly bindingData: Uint8Array | undefined;
}

type Startup = Extract<Opening, { kind: 'startup' }>;

/** Authentication sub-codes (manual, 55.7, Authentication messages). */
const AUTH = { ok: 0, cleartext: 3, sasl: 10, saslContinue: 11, saslFinal: 12 } as const;

/** Authenticates the client and opens its session. Throws `Refused`; nothing is told apart that a stranger may not know. */
export async function logIn<Upstream, Greeting>(
  client: ByteStream,
  decoder: MessageDecoder,
  startup: Startup,
  admission: Admission<Upstream, Greeting>,
  options: ClientLoginOptions,
): Promise<Session<Upstream, Greeting>> {
  const { user, target, login } = startup;
  if (options.method === 'password') {
    await client.write(message(BACKEND.authentication, int32(AUTH.cleartext)));
    const password = new BodyReader(await readPassword(client, decoder)).cstring().toString('utf8');
    const session = await admission.admit({ kind: 'password', user, password: new Secret(password) }, target, login);
    return welcome(client, session, message(BACKEND.authentication, int32(AUTH.ok)));
  }
  try {
    return await scram(client, decoder, startup, admission, options);
  } catch (error) {
    if (error instanceof ScramError)
      throw new Refused({ code: 'claim-invalid', message: `authentication failed: ${error.message}` });
    throw error;
  }
}

/** RFC 5802 and 7677, in PostgreSQL's SASL messages (manual, 55.3). */
async function scram<Upstream, Greeting>(
  client: ByteStream,
  decoder: MessageDecoder,
  { user, target, login }: Startup,
  admission: Admission<Upstream, Greeting>,
  { bindingData }: ClientLoginOptions,
): Promise<Session<Upstream, Greeting>> {
  const offered = bindingData === undefined ? ['SCRAM-SHA-256'] : ['SCRAM-SHA-256-PLUS', 'SCRAM-SHA-256'];
  await client.write(message(BACKEND.authentication, int32(AUTH.sasl), ...offered.map(cstring), Buffer.from([0])));
  const first = new BodyReader(await readPassword(client, decoder));
  const mechanism = first.cstring().toString('latin1');
  if (mechanism !== 'SCRAM-SHA-256' && !(mechanism === 'SCRAM-SHA-256-PLUS' && bindingData !== undefined)) {
    throw new Refused({
      code: 'claim-invalid',
      message: 'the client chose an authentication mechanism that was not offered',
    });
  }
  const length = first.int32();
  const clientFirst = length < 0 ? '' : first.bytes(length).toString('utf8');
  first.end();
  const server = scramServer({
    keys: await admission.scramKeys(user),
    nonce: randomBytes(18).toString('base64'),
    mechanism,
    allowPlus: bindingData === undefined ? undefined : { bindingData },
  });
  await client.write(
    message(BACKEND.authentication, int32(AUTH.saslContinue), Buffer.from(server.first(clientFirst), 'utf8')),
  );
  const proof = server.final((await readPassword(client, decoder)).toString('utf8'));
  const session = await admission.admit({ kind: 'scram', user, proof }, target, login);
  return welcome(
    client,
    session,
    message(BACKEND.authentication, int32(AUTH.saslFinal), Buffer.from(server.accepted(), 'utf8')),
    message(BACKEND.authentication, int32(AUTH.ok)),
  );
}

/** Tells the client that it is in; where that fails, its session is closed, for nobody else will. */
async function welcome<Upstream, Greeting>(
  client: ByteStream,
  session: Session<Upstream, Greeting>,
  ...messages: readonly Buffer[]
): Promise<Session<Upstream, Greeting>> {
  try {
    for (const one of messages) await client.write(one);
    return session;
  } catch (fault) {
    await session[Symbol.asyncDispose]();
    throw fault;
  }
}

async function readPassword(client: ByteStream, decoder: MessageDecoder): Promise<Buffer> {
  for (;;) {
    const next = decoder.next();
    if (next !== undefined) {
      if (next.type !== FRONTEND.password)
        throw new MalformedMessage('malformed', 'a message before the login was done');
      if (next.body.length > LIMITS.maxStartupBytes)
        throw new MalformedMessage('too-large', 'a password message too long');
      return next.body;
    }
    const bytes = await client.read();
    if (bytes === null) throw new ClientGone();
    decoder.push(bytes);
  }
}
