import { Fault } from '../../../model/fault.ts';
import { type Refusal, Refused } from '../../../model/refusal.ts';
import type { Part } from '../../../model/reply.ts';
import type { Request } from '../../../model/request.ts';
import type { Exchange, Forward, WaitingNotice } from '../../protocol.ts';
import { ChannelPart, StreamMasks } from '../channels/channel-part.ts';
import type { SessionChannel } from '../channels/kind.ts';
import { noticeText, tellRefusal } from '../channels/told.ts';
import { Frames } from '../files/frames.ts';
import type { HostChannel, SshUpstream } from '../host/upstream.ts';
import type { GitCommand } from './git-command.ts';
import { gitRequest, pushRequest, UNMASKABLE } from './git-request.ts';
import { FLUSH, MalformedPkt, PktReader } from './pkt-line.ts';
import { type PushCommands, PushReader } from './push-commands.ts';
import { PushExchange } from './push-exchange.ts';

/** A push: the host says which refs there are, the client what should become of them, and that is an exchange of its own. */
export class ReceiveExchange implements Exchange<SshUpstream> {
  readonly request: Request;
  readonly #parts: SessionChannel;
  readonly #command: GitCommand;
  readonly #masks = new StreamMasks(false);
  readonly #nowMs: () => number;
  readonly #frames: Frames;

  constructor(parts: SessionChannel, command: GitCommand, nowMs: () => number) {
    this.#parts = parts;
    this.#command = command;
    this.#nowMs = nowMs;
    this.#frames = new Frames(nowMs);
    this.request = gitRequest(command, parts.user);
  }

  async *forward({ upstream, signal }: Forward<SshUpstream>): AsyncGenerator<Part> {
    const until = upstream.until(signal);
    const host = await upstream.start(this.#parts.asked, until);
    try {
      let status = yield* this.#refs(host);
      if (status === undefined) {
        const asked = await this.#asked();
        if (asked !== undefined && asked.push.refs.length > 0) {
          const { push, taken } = asked;
          const request = pushRequest(this.#command, this.#parts.user, push);
          const { client } = this.#parts;
          const frames = new Frames(this.#nowMs);
          const exchange = new PushExchange({ request, client, host, push, taken, masks: this.#masks, frames });
          await this.#parts.session.run(exchange);
          status = exchange.status;
        }
        // Nothing was asked, or nothing may be: the host is told so, and ends.
        if (status === undefined) status = yield* this.#leave(host);
      }
      if (until.aborted) throw until.reason;
      const code = String(status.readUInt32BE());
      const result = { status: code === '0' ? 'ok' : 'error', code, rows: 0 } as const;
      yield new ChannelPart([this.#frames.frame('status', status)], this.#masks, { result });
    } finally {
      host.abort();
    }
  }

  reply(part: Part): Promise<void> | undefined {
    if (!(part instanceof ChannelPart)) return undefined;
    const { client } = this.#parts;
    const [frame] = part.frames;
    if (frame === undefined) return undefined;
    if (frame.kind === 'out' || frame.kind === 'err') return client.write(frame.bytes, frame.kind);
    client.tell('exit-status', frame.bytes);
    client.eof();
    return undefined;
  }

  refuse(refusal: Refusal): Promise<void> {
    return tellRefusal(this.#parts.client, refusal);
  }

  unmaskable(): Refusal {
    return UNMASKABLE;
  }

  waiting(notice: WaitingNotice): Promise<void> | undefined {
    return this.#parts.client.write(Buffer.from(noticeText(notice)), 'err');
  }

  /** What the host says of its refs, up to the end of the list; its exit status where it ended before. */
  async *#refs(host: HostChannel): AsyncGenerator<Part, Buffer | undefined> {
    const lines = new PktReader();
    for (let next = await host.next(); next !== null; next = await host.next()) {
      if (next.kind === 'request') {
        const { name, data } = next;
        next.answer(false);
        if (name === 'exit-status') return Buffer.from(data.subarray(0, 4));
      } else if (next.kind === 'data') {
        yield new ChannelPart([this.#frames.frame(next.stream, next.bytes)], this.#masks);
        if (next.stream === 'out' && endsList(lines, next.bytes)) return undefined;
      }
    }
    throw new Fault('upstream-closed', 'the host ended the push without saying how');
  }

  /** What the client wants to become of them; undefined where it leaves without a word. */
  async #asked(): Promise<{ readonly push: PushCommands; readonly taken: Buffer } | undefined> {
    const { client } = this.#parts;
    const reader = new PushReader();
    try {
      for (let next = await client.next(); next !== null && next.kind !== 'eof'; next = await client.next()) {
        if (next.kind === 'request') next.answer(false);
        else if (next.stream === 'out') {
          const push = reader.push(next.bytes);
          if (push !== undefined) return { push, taken: reader.taken };
        }
      }
    } catch (cause) {
      if (!(cause instanceof MalformedPkt)) throw cause;
      throw new Refused({
        code: 'protocol-malformed',
        message: `what is to be pushed cannot be read: ${cause.message}`,
      });
    }
    return undefined;
  }

  async *#leave(host: HostChannel): AsyncGenerator<Part, Buffer> {
    await host.write(FLUSH);
    host.eof();
    let status: Buffer | undefined;
    for (let next = await host.next(); next !== null; next = await host.next()) {
      if (next.kind === 'data') yield new ChannelPart([this.#frames.frame(next.stream, next.bytes)], this.#masks);
      if (next.kind !== 'request') continue;
      if (next.name === 'exit-status') status = Buffer.from(next.data.subarray(0, 4));
      next.answer(false);
    }
    if (status === undefined) throw new Fault('upstream-closed', 'the host ended the push without saying how');
    return status;
  }
}

/** True once the list of refs is over. What is no list is for the client to make sense of: nothing is asked before it. */
function endsList(lines: PktReader, bytes: Buffer): boolean {
  try {
    lines.push(bytes);
    for (let line = lines.next(); line !== undefined; line = lines.next()) if (line.kind === 'flush') return true;
    return false;
  } catch (cause) {
    if (!(cause instanceof MalformedPkt)) throw cause;
    throw new Fault('upstream-protocol', `the host sent ${cause.message} where refs were expected`);
  }
}
