import { Fault } from '../../model/fault.ts';
import type { ExchangeResult } from '../../model/reply.ts';
import type { Statement } from '../../sql/postgres/analysis.ts';
import { ActionCursor } from './action-cursor.ts';
import type { ClientState } from './client-state.ts';
import { BACKEND, type TransactionStatus } from './messages.ts';
import type { Action, PostgresRequest } from './request.ts';
import { noteParameter } from './unasked.ts';
import type { PostgresUpstream } from './upstream.ts';

/** Follows a reply message by message: what it confirms, how it ends. The server's word is what the state keeps. */
export class ReplyState {
  rows = 0;
  /** True once the reply is complete: ReadyForQuery came, or for a Flush every answer. */
  done = false;
  /** True from CopyInResponse until the copy ends: the client is to send data. */
  copyIn = false;
  /** True where an error was sent and the server now discards until Sync. */
  failed = false;
  readonly #barrier: PostgresRequest['barrier'];
  readonly #cursor: ActionCursor;
  readonly #client: ClientState;
  readonly #upstream: PostgresUpstream;
  readonly #tags: string[] = [];
  #code: string | undefined;

  constructor(
    request: Pick<PostgresRequest, 'barrier'>,
    actions: readonly Action[],
    client: ClientState,
    upstream: PostgresUpstream,
  ) {
    this.#barrier = request.barrier;
    this.#cursor = new ActionCursor(actions);
    this.#client = client;
    this.#upstream = upstream;
  }

  /** One message other than rows and copy data, its body at `bytes[start, end)`; empty where it was too long to keep. */
  message(type: number, bytes: Buffer, start: number, end: number): void {
    const action = this.#cursor.take(type);
    switch (type) {
      case BACKEND.readyForQuery:
        return this.#ready(statusOf(bytes[start]));
      case BACKEND.commandComplete:
        this.#tags.push(bytes.toString('latin1', start, Math.max(end - 1, start)));
        this.copyIn = false;
        this.#completed(action);
        break;
      case BACKEND.error:
        this.failed = true;
        this.#client.failed();
        this.copyIn = false;
        this.#code = errorField(bytes.subarray(start, end), 'C');
        break;
      case BACKEND.copyIn:
        this.copyIn = true;
        break;
      case BACKEND.copyBoth:
        throw new Fault('upstream-protocol', 'the server began a replication stream');
      case BACKEND.parameterStatus:
        this.#parameter(noteParameter(bytes.subarray(start, end), this.#upstream.parameters));
        break;
      default:
        this.#confirm(type, action, bytes, start, end);
    }
    if (this.#barrier === 'flush' && (this.failed || this.#cursor.isDone)) this.done = true;
  }

  result(): ExchangeResult {
    const tags = this.#tags.length === 0 ? {} : { tags: this.#tags };
    if (this.#code !== undefined || this.failed)
      return { status: 'error', code: this.#code ?? 'XX000', rows: this.rows, ...tags };
    return { status: 'ok', rows: this.rows, ...tags };
  }

  #ready(status: TransactionStatus): void {
    const wasIdle = this.#upstream.status === 'I';
    this.#upstream.status = status;
    this.#upstream.unsynced = false;
    this.#client.ready(status, wasIdle);
    this.done = true;
  }

  #confirm(type: number, action: Action | undefined, bytes: Buffer, start: number, end: number): void {
    if (type === BACKEND.parseComplete && action?.kind === 'parse')
      this.#client.keepStatement(action.name, action.statement);
    else if (type === BACKEND.bindComplete && action?.kind === 'bind')
      this.#client.portals.set(action.name, action.portal);
    else if (type === BACKEND.closeComplete && action?.kind === 'close') this.#closed(action);
    else if (action?.kind !== 'describe') return;
    else if (type === BACKEND.rowDescription) describe(action, Buffer.from(bytes.subarray(start, end)));
    else if (type === BACKEND.noData) describe(action, 'none');
  }

  #closed(action: Extract<Action, { kind: 'close' }>): void {
    if (action.what === 'statement') this.#client.dropStatement(action.name);
    else this.#client.portals.delete(action.name);
  }

  #completed(action: Action | undefined): void {
    if (action?.kind === 'statement' && action.statement !== undefined) this.#follow(action.statement);
    if (action?.kind === 'execute') {
      for (const statement of action.portal.statement.analysis.statements) this.#follow(statement);
    }
  }

  #follow(statement: Statement): void {
    this.#client.follow(statement, this.#tags.at(-1) ?? '');
  }

  #parameter([name, value]: readonly [string, string]): void {
    if (name === 'search_path') this.#client.reportedSearchPath(value);
  }
}

function statusOf(byte: number | undefined): TransactionStatus {
  return byte === 0x54 ? 'T' : byte === 0x45 ? 'E' : 'I';
}

function describe(action: Action | undefined, description: Buffer | 'none'): void {
  if (action?.kind === 'describe' && action.statement !== undefined) action.statement.description = description;
}

/** One field of an ErrorResponse or NoticeResponse (manual, 55.8). */
export function errorField(body: Buffer, letter: string): string | undefined {
  for (let at = 0; at < body.length && body[at] !== 0; ) {
    const end = body.indexOf(0, at);
    if (end < 0) return undefined;
    if (body[at] === letter.charCodeAt(0)) return body.toString('utf8', at + 1, end);
    at = end + 1;
  }
  return undefined;
}
