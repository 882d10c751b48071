import type { FieldMasker, Part } from '../../model/reply.ts';
import type { SessionBounds } from '../protocol.ts';
import type { BoundSettings } from './bound-settings.ts';
import type { ClientState } from './client-state.ts';
import { readyForQuery } from './messages.ts';
import { putSettings, resynchronise } from './put-settings.ts';
import { errorField } from './reply-state.ts';
import type { PostgresRequest } from './request.ts';
import type { PostgresUpstream } from './upstream.ts';
import { rewriteText, WholePart } from './whole-part.ts';

const HEADER_BYTES = 5;

/** What came before the reply to a request: what the server said, and its error where the request was not sent. */
export interface Settled {
  readonly said: readonly Part[];
  readonly failure: Part | undefined;
}

/** Brings the session to the bounds of a request. Where the server refuses, its error answers the request. */
export async function settleSession(
  upstream: PostgresUpstream,
  settings: BoundSettings,
  bounds: SessionBounds | undefined,
  request: PostgresRequest,
  client: ClientState,
): Promise<Settled> {
  const wasIdle = upstream.status === 'I';
  const { said, error } = await putSettings(upstream, settings, bounds);
  if (error === undefined) return { said: said.map((wire) => new WholePart(wire)), failure: undefined };
  client.failed();
  const waitsForSync = request.barrier === 'flush';
  const late = upstream.unsynced && !waitsForSync ? await resynchronise(upstream) : [];
  if (!waitsForSync) client.ready(upstream.status, wasIdle);
  const ready = waitsForSync ? Buffer.alloc(0) : readyForQuery(upstream.status);
  return { said: [...said, ...late].map((wire) => new WholePart(wire)), failure: new FailedPart(error, ready) };
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
