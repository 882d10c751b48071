import type { Refusal } from '../../../model/refusal.ts';
import type { ExchangeResult } from '../../../model/reply.ts';
import type { Request } from '../../../model/request.ts';
import type { Exchange, Forward, WaitingNotice } from '../../protocol.ts';
import { ChangeAhead } from '../channels/channel-part.ts';
import { changes } from '../files/file-operation.ts';
import type { SshUpstream } from '../host/upstream.ts';
import type { SftpClient } from './client.ts';
import type { Asked, SftpHost } from './host.ts';
import { STATUS } from './numbers.ts';
import { ReplyPart, type SftpPart } from './parts.ts';
import { errorOf, type SftpReply } from './replies.ts';

/** A request that has one reply, and leaves nothing open. */
export class AskExchange implements Exchange<SshUpstream> {
  readonly request: Request;
  readonly #client: SftpClient;
  readonly #host: SftpHost;
  readonly #id: number;
  readonly #asked: Asked;
  readonly #refusedAs: number;

  constructor(
    request: Request,
    { client, host }: { readonly client: SftpClient; readonly host: SftpHost },
    id: number,
    asked: Asked,
    refusedAs: number = STATUS.permissionDenied,
  ) {
    this.request = request;
    this.#client = client;
    this.#host = host;
    this.#id = id;
    this.#asked = asked;
    this.#refusedAs = refusedAs;
  }

  async *forward({ metered }: Pick<Forward<SshUpstream>, 'metered'>): AsyncGenerator<SftpPart | ChangeAhead> {
    if (metered && changes(this.request)) yield new ChangeAhead();
    const frames = this.#client.frames();
    const reply = { ...(await this.#host.ask(this.#asked)), id: this.#id };
    yield new ReplyPart(reply, frames, resultOf(reply));
  }

  reply(part: SftpPart | ChangeAhead): Promise<void> | undefined {
    return part instanceof ChangeAhead ? undefined : this.#client.send(part.packet);
  }

  async refuse(refusal: Refusal): Promise<void> {
    await this.#client.refuse(this.#id, refusal, this.#refusedAs);
  }

  /** The reply was too much for a budget: the client gets no answer but this. */
  async stop(refusal: Refusal): Promise<void> {
    await this.#client.refuse(this.#id, refusal);
  }

  waiting(notice: WaitingNotice): Promise<void> | undefined {
    return this.#client.waiting(notice);
  }
}

/** How a request ended, by the status that it got (draft, section 7). */
export function resultOf(reply: SftpReply): ExchangeResult {
  const code = errorOf(reply);
  if (code !== undefined) return { status: 'error', code, rows: 0 };
  return { status: 'ok', code: String(STATUS.ok), rows: reply.kind === 'name' ? reply.names.length : 0 };
}
