import { readFileSync } from 'node:fs';
import type { Duplex } from 'node:stream';
import pg from 'pg';
import { MessageDecoder } from '../../../protocols/postgres/codec.ts';
import {
  BACKEND,
  cstring,
  describePortal,
  FRONTEND,
  int16,
  int32,
  message,
  parse,
  query,
  sync,
} from '../../../protocols/postgres/messages.ts';
import { CliError, EXIT } from '../../cli-error.ts';
import { printable } from '../../printable.ts';
import type { LocalTarget } from '../../run/local-target.ts';
import type { Sending, SentStatement } from './replay-plan.ts';

/** A reply is read to its end, and kept up to this many bytes. */
const KEPT_BYTES = 64 * 1024 * 1024;
const MAX_MESSAGE_BYTES = 1024 * 1024 * 1024;

export interface WireReply {
  readonly bytes: Buffer;
  /** Milliseconds from the first byte sent to the last received. */
  readonly tookMs: number;
}

/**
 * A connection to a target through the gateway. npm's pg logs in; from then on what was recorded is sent as it was, and
 * every byte of the answer kept, which a client for people would have parsed.
 */
export class WireSession implements AsyncDisposable {
  readonly #client: pg.Client;
  readonly #stream: Duplex;
  readonly #decoder = new MessageDecoder(MAX_MESSAGE_BYTES);
  #kept: Buffer[] = [];
  #keptBytes = 0;
  #copyInput: Buffer | undefined;
  #waiting: PromiseWithResolvers<void> | undefined;
  #ended: Error | undefined;

  /** Logs in. Throws a `CliError` where that is refused. */
  static async open(target: LocalTarget, authority: string | undefined, name: string): Promise<WireSession> {
    const { host, port, user, database } = target;
    const client = new pg.Client({
      host,
      port,
      user,
      database,
      password: target.password.reveal(),
      application_name: name,
      ssl: target.tls === 'none' ? false : authority === undefined ? true : { ca: readAuthority(authority) },
    });
    // What breaks the connection is told by whoever waits for an answer.
    client.on('error', () => undefined);
    try {
      await client.connect();
    } catch (cause) {
      throw new CliError(
        EXIT.refused,
        `no connection to ${printable(target.name)}: ${printable((cause as Error).message)}`,
        {
          cause,
        },
      );
    }
    return new WireSession(client);
  }

  private constructor(client: pg.Client) {
    this.#client = client;
    this.#stream = (client as unknown as { readonly connection: { readonly stream: Duplex } }).connection.stream;
    this.#stream.removeAllListeners('data');
    this.#stream.on('data', (bytes: Buffer) => this.#take(bytes));
    this.#stream.on('close', () => this.#end(new Error('the connection was closed')));
  }

  /** Sends it and reads the answer to its end. Rejects where the connection ends, or once the signal is aborted. */
  async send(sending: Sending, formats: readonly number[], signal: AbortSignal): Promise<WireReply> {
    if (this.#ended !== undefined) throw this.#ended;
    const began = performance.now();
    this.#kept = [];
    this.#keptBytes = 0;
    this.#copyInput = sending.copyInput === undefined ? undefined : wholeCopy(sending.copyInput, sending.kind);
    this.#waiting = Promise.withResolvers();
    const stop = (): void => this.#end(new Error('it took too long'));
    signal.addEventListener('abort', stop, { once: true });
    try {
      this.#stream.write(wireOf(sending, formats));
      await this.#waiting.promise;
      return { bytes: Buffer.concat(this.#kept), tookMs: performance.now() - began };
    } finally {
      signal.removeEventListener('abort', stop);
      this.#waiting = undefined;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#ended === undefined) this.#stream.end(message(FRONTEND.terminate));
    this.#stream.destroy();
    await this.#client.end().catch(() => undefined);
  }

  #take(bytes: Buffer): void {
    this.#decoder.push(bytes);
    for (let next = this.#decoder.next(); next !== undefined; next = this.#decoder.next()) {
      if (this.#keptBytes <= KEPT_BYTES) this.#kept.push(Buffer.from(next.wire));
      this.#keptBytes += next.wire.length;
      if (next.type === BACKEND.copyIn) this.#sendCopy();
      if (next.type === BACKEND.readyForQuery) this.#waiting?.resolve();
    }
  }

  /** The rows as they were recorded; a COPY of which nothing was is ended, and the server says so. */
  #sendCopy(): void {
    this.#stream.write(this.#copyInput ?? message(FRONTEND.copyFail, cstring('nothing of it was recorded')));
    this.#copyInput = undefined;
  }

  #end(why: Error): void {
    this.#ended ??= why;
    this.#stream.destroy();
    this.#waiting?.reject(this.#ended);
  }
}

/** What was copied in, ended where its client did not: in a batch by Sync too, for one before it does not count. */
function wholeCopy(input: Buffer, kind: Sending['kind']): Buffer {
  const decoder = new MessageDecoder(MAX_MESSAGE_BYTES);
  decoder.push(input);
  const types: number[] = [];
  for (let next = decoder.next(); next !== undefined; next = decoder.next()) types.push(next.type);
  const isEnded = types.includes(FRONTEND.copyDone) || types.includes(FRONTEND.copyFail);
  const end = isEnded ? [] : [message(FRONTEND.copyFail, cstring('its client left'))];
  const synced = kind === 'query' || types.includes(FRONTEND.sync) ? [] : [sync()];
  return Buffer.concat([input.subarray(0, input.length - decoder.pendingBytes), ...end, ...synced]);
}

function wireOf(sending: Sending, formats: readonly number[]): Buffer {
  if (sending.kind === 'query') return query(sending.text);
  return Buffer.concat([...sending.statements.flatMap((one) => statementWire(one, formats)), sync()]);
}

function statementWire(
  { text, parameters, types, runs }: SentStatement,
  formats: readonly number[],
): readonly Buffer[] {
  const parsed = parse('', text, types.some((type) => type !== 0) ? types : []);
  if (!runs) return [parsed, message(FRONTEND.describe, Buffer.from('S\0', 'latin1'))];
  const values = parameters.flatMap((one) => (one === null ? [int32(-1)] : [int32(one.bytes.length), one.bytes]));
  const head = [
    cstring(''),
    cstring(''),
    int16(parameters.length),
    ...parameters.map((one) => int16(one?.format ?? 0)),
  ];
  const results = [int16(formats.length), ...formats.map(int16)];
  const bound = message(FRONTEND.bind, ...head, int16(parameters.length), ...values, ...results);
  const executed = message(FRONTEND.execute, cstring(''), int32(0));
  return [parsed, bound, describePortal(Buffer.alloc(0)), executed];
}

function readAuthority(pemOrPath: string): string {
  return pemOrPath.includes('-----BEGIN') ? pemOrPath : readFileSync(pemOrPath, 'utf8');
}
