import { LIMITS } from '../../model/limits.ts';
import { Refused } from '../../model/refusal.ts';
import type { Credential, Target } from '../../model/target.ts';
import type { ByteStream } from '../../wire/byte-stream.ts';
import type { Admission, Connected, Login, Protocol, Session } from '../protocol.ts';
import { cancelUpstream } from './cancel-upstream.ts';
import { CatalogueCache, catalogueKey } from './catalogue-cache.ts';
import { type ClientAuthentication, logIn } from './client-login.ts';
import { MalformedMessage, MessageDecoder } from './codec.ts';
import { estimateEffect } from './estimate.ts';
import type { PostgresGreeting } from './greeting.ts';
import { BACKEND, int32, message, parameterStatus, readyForQuery } from './messages.ts';
import { ClientConversation, farewell, TornReply } from './serve.ts';
import { ClientGone, type ClientTls, readOpening } from './startup.ts';
import type { StatementAnalyser } from './statement-text.ts';
import { surveyOf } from './survey.ts';
import { PostgresUpstream, type SharedCatalogue } from './upstream.ts';
import { connectUpstream, type UpstreamOptions } from './upstream-login.ts';

export interface PostgresOptions {
  readonly analyser: StatementAnalyser;
  readonly authentication: ClientAuthentication;
  /** Where the catalogues of its targets are kept; its own where absent. */
  readonly catalogues?: CatalogueCache;
  readonly tls?: ClientTls & { /** The hash of the certificate, RFC 5929. */ readonly bindingData?: Uint8Array };
}

/**
 * PostgreSQL, protocols 3.0 and 3.2 (manual, chapter 55). A client logs in with a grant's id as its user and the
 * grant's secret as its password, and names the target as its database (`target`, or `target/database`).
 */
export function createPostgres(options: PostgresOptions): Protocol<PostgresUpstream, PostgresGreeting> {
  const { catalogues = new CatalogueCache() } = options;
  return {
    name: 'postgres',
    serve: (client, admission) => serve(client, admission, options),
    connect: (target, credential, login, signal) => connect(target, credential, login, signal, catalogues),
    cancel: (upstream) => upstream.cancel(),
    estimate: (question, signal) => estimateEffect(question, options.analyser, signal),
    survey: (session) => surveyOf(session, options.analyser),
  };
}

async function serve(
  client: ByteStream,
  admission: Admission<PostgresUpstream, PostgresGreeting>,
  options: PostgresOptions,
): Promise<void> {
  try {
    const opening = await readOpening(client, options.tls);
    if (opening.kind === 'cancel') {
      // The answer is silence whether the key was right or not, as the wire's own (manual, 55.2.8).
      await admission.cancel(opening.key);
      return;
    }
    const decoder = new MessageDecoder(LIMITS.maxRequestBytes);
    const bindingData = client.tls ? options.tls?.bindingData : undefined;
    await using session = await logIn(client, decoder, opening, admission, {
      method: options.authentication,
      bindingData,
    });
    await converse(client, decoder, session, opening.login, options.analyser);
  } catch (reason) {
    if (reason instanceof ClientGone) return;
    await farewell(client, reason);
    if (!(reason instanceof MalformedMessage || reason instanceof Refused))
      throw reason instanceof TornReply ? reason.cause : reason;
  }
}

async function converse(
  client: ByteStream,
  decoder: MessageDecoder,
  session: Session<PostgresUpstream, PostgresGreeting>,
  login: Login,
  analyser: StatementAnalyser,
): Promise<void> {
  session.onUnasked((part) => client.write(part.wire));
  await client.write(greetingMessages(session));
  const conversation = new ClientConversation(client, decoder, session, login, analyser);
  const ended = new Promise<never>((_, reject) => {
    session.signal.addEventListener('abort', () => reject(session.signal.reason as Error), { once: true });
  });
  await Promise.race([conversation.run(), ended]);
}

function greetingMessages({ greeting, cancelKey }: Session<PostgresUpstream, PostgresGreeting>): Buffer {
  return Buffer.concat([
    ...[...greeting.settings].map(([name, value]) => parameterStatus(name, value)),
    message(BACKEND.backendKeyData, int32(cancelKey.processId), cancelKey.secret),
    readyForQuery('I'),
  ]);
}

async function connect(
  target: Target,
  credential: Credential,
  login: Login,
  signal: AbortSignal,
  catalogues: CatalogueCache,
): Promise<Connected<PostgresUpstream, PostgresGreeting>> {
  const database = login.database ?? target.database;
  const options: UpstreamOptions = {
    address: target.address,
    tls: target.tls,
    credential,
    parameters: login.parameters,
    ...(database === undefined ? {} : { database }),
  };
  const connection = await connectUpstream(options, signal);
  const { socket, leftover, transactionStatus, processId, secretKey } = connection;
  const cancel = (): Promise<void> =>
    cancelUpstream(options, processId, secretKey, AbortSignal.timeout(LIMITS.upstreamConnectDeadlineMs));
  const key = catalogueKey(target.name, database);
  const catalogue: SharedCatalogue = {
    get: () => catalogues.get(key),
    isOld: () => catalogues.isOld(key),
    refresh: (refreshed) => catalogues.refresh(key, refreshed),
    changing: (stale) => catalogues.changing(key, stale),
    spoil: (stale) => catalogues.spoil(key, stale),
    isSpoilt: () => catalogues.isSpoilt(key),
  };
  const upstream = new PostgresUpstream(
    { socket, leftover, status: transactionStatus, cancel, catalogue },
    connection.parameters,
  );
  upstream.begin(signal);
  await catalogues.ready(key, upstream);
  upstream.finish();
  return {
    upstream,
    greeting: {
      settings: upstream.parameters,
      catalogue: () => upstream.definitions.catalogue,
      settled: () => catalogues.settled(key)?.then(() => upstream.catchUp()) ?? upstream.catchUp(),
    },
    listen: (listener) => upstream.listen(listener),
  };
}
