import type { FieldMasker, Part } from '../../model/reply.ts';
import type { Statement } from '../../sql/postgres/analysis.ts';
import type { Forward, SessionBounds } from '../protocol.ts';
import { ENDING_KINDS, statementsRun } from './batch-statements.ts';
import type { BoundSettings } from './bound-settings.ts';
import type { ClientState } from './client-state.ts';
import { LimitedReply } from './limited-reply.ts';
import { readyForQuery } from './messages.ts';
import { putSettings, resynchronise } from './put-settings.ts';
import { errorField } from './reply-state.ts';
import type { PostgresRequest } from './request.ts';
import type { PostgresUpstream } from './upstream.ts';
import { rewriteText, WholePart } from './whole-part.ts';

const HEADER_BYTES = 5;

export interface BoundRequest {
  readonly call: Forward<PostgresUpstream>;
  readonly settings: BoundSettings;
  readonly bounds: SessionBounds | undefined;
  readonly request: PostgresRequest;
  readonly client: ClientState;
}

/** True where the session is as the bounds ask and stays so: the reply can be passed as if there were none. */
export function isSettled({ call: { upstream }, settings, bounds, request, client }: BoundRequest): boolean {
  if (bounds?.rows !== undefined || client.hasUnsaid || changesSession(request)) return false;
  if (upstream.status === 'E') return true;
  const inTransaction = upstream.status !== 'I' || upstream.unsynced;
  if (bounds !== undefined && settings.unknown(bounds).length > 0) return false;
  return settings.lacking(bounds, inTransaction).length === 0;
}

/** A text that was not understood may do anything. */
function changesSession(request: PostgresRequest): boolean {
  return request.actions.length === 0 || statementsRun(request).some(changesSettings);
}

function changesSettings({ kind, effects }: Statement): boolean {
  return effects.settings !== undefined || effects.opaque === true || ENDING_KINDS.has(kind);
}

/**
 * The reply to a request whose session is brought to its bounds first, and again afterwards, so that what the client set
 * is held down while it does nothing. Where the server refuses, its error is the reply, and the request is not sent.
 */
export async function* boundReply(
  bound: BoundRequest,
  replies: () => AsyncIterable<Part>,
  notSent: () => void,
): AsyncIterable<Part> {
  const { call, settings, bounds, request, client } = bound;
  const { upstream, signal } = call;
  upstream.begin(signal);
  const failure = await settle(bound).catch((cause: unknown) => Promise.reject(upstream.lost(cause) as Error));
  yield* client.takeUnsaid().map((wire) => new WholePart(wire));
  if (failure !== undefined) {
    notSent();
    upstream.finish();
    yield failure;
    return;
  }
  if (bounds?.rows === undefined) {
    yield* replies();
  } else {
    const limited = new LimitedReply(request);
    for await (const part of replies()) yield limited.part(part);
  }
  if (upstream.unsynced) return;
  upstream.begin(signal);
  // What the server refuses now it is asked again before the next request.
  const { said } = await putSettings(upstream, settings, bounds);
  client.leaveUnsaid(said);
  upstream.finish();
}

/** Undefined where the session is as the bounds ask; else the server's error, as the reply. */
async function settle({ call, settings, bounds, request, client }: BoundRequest): Promise<Part | undefined> {
  const { upstream } = call;
  const wasIdle = upstream.status === 'I';
  const { said, error } = await putSettings(upstream, settings, bounds);
  client.leaveUnsaid(said);
  if (error === undefined) return undefined;
  client.failed();
  const waitsForSync = request.barrier === 'flush';
  if (upstream.unsynced && !waitsForSync) client.leaveUnsaid(await resynchronise(upstream));
  if (!waitsForSync) client.ready(upstream.status, wasIdle);
  return new FailedPart(error, waitsForSync ? Buffer.alloc(0) : readyForQuery(upstream.status));
}

/** The server's error in the place of a reply. */
class FailedPart implements Part {
  readonly wire: Buffer;
  readonly result: NonNullable<Part['result']>;
  readonly #error: Buffer;
  readonly #ready: Buffer;

  constructor(error: Buffer, ready: Buffer) {
    this.#error = error;
    this.#ready = ready;
    this.wire = Buffer.concat([error, ready]);
    const code = errorField(error.subarray(HEADER_BYTES), 'C') ?? 'XX000';
    this.result = { status: 'error', code, rows: 0 };
  }

  rewrite(masker: FieldMasker): Part {
    const masked = rewriteText(this.#error, masker);
    return masked === undefined ? this : new FailedPart(masked, this.#ready);
  }
}
