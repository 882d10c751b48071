import { Fault } from '../../../model/fault.ts';
import { LIMITS } from '../../../model/limits.ts';
import type { Refusal } from '../../../model/refusal.ts';
import type { Part } from '../../../model/reply.ts';
import type { Request } from '../../../model/request.ts';
import type { Exchange, Forward, WaitingNotice } from '../../protocol.ts';
import type { Channel } from '../channels/channel.ts';
import { ChangeAhead, ChannelPart, type StreamMasks } from '../channels/channel-part.ts';
import { noticeText, refusalText } from '../channels/told.ts';
import type { Frames } from '../files/frames.ts';
import { nextMessage } from '../files/next-message.ts';
import type { HostChannel, SshUpstream } from '../host/upstream.ts';
import { UNMASKABLE } from './git-request.ts';
import { sideBand } from './pkt-line.ts';
import type { PushCommands } from './push-commands.ts';
import { isBanded, PushReport, refusedReport } from './push-report.ts';

export interface PushParts {
  readonly request: Request;
  readonly client: Channel;
  readonly host: HostChannel;
  readonly push: PushCommands;
  /** What the client sent so far: its commands, and the beginning of the pack. */
  readonly taken: Buffer;
  readonly masks: StreamMasks;
  readonly frames: Frames;
}

/** What is pushed, once it is known which refs it is for: nothing of it goes to the host before it was decided on. */
export class PushExchange implements Exchange<SshUpstream> {
  readonly request: Request;
  readonly input: AsyncIterable<Part>;
  readonly #parts: PushParts;
  readonly #over = new AbortController();
  #notices: NodeJS.Timeout | undefined;
  /** How the host's program ended; a number of 4 bytes. */
  #status: Buffer | undefined;

  constructor(parts: PushParts) {
    this.#parts = parts;
    this.request = parts.request;
    this.input = this.#input();
  }

  /** Undefined where it was refused, or the host has not said. */
  get status(): Buffer | undefined {
    return this.#status;
  }

  async *forward({ input, metered, signal }: Forward<SshUpstream>): AsyncGenerator<Part> {
    clearInterval(this.#notices);
    if (metered) yield new ChangeAhead();
    const { host, push, masks, frames } = this.#parts;
    const report = new PushReport(push.capabilities);
    let broken: unknown;
    const sending = this.#send(input).catch((cause: unknown) => {
      broken = cause;
      host.abort();
    });
    try {
      for (let next = await host.next(); next !== null; next = await host.next()) {
        if (next.kind === 'request') {
          if (next.name === 'exit-status') this.#status = Buffer.from(next.data.subarray(0, 4));
          next.answer(false);
        } else if (next.kind === 'data') {
          if (next.stream === 'out') report.push(next.bytes);
          yield new ChannelPart([frames.frame(next.stream, next.bytes)], masks);
        }
      }
      if (broken !== undefined) throw broken;
      if (signal.aborted) throw signal.reason;
      if (this.#status === undefined) throw new Fault('upstream-closed', 'the host ended the push without saying how');
      const isOk = !report.hasFailed && this.#status.readUInt32BE() === 0;
      const code = String(this.#status.readUInt32BE());
      const result = { status: isOk ? 'ok' : 'error', code, rows: 0, tags: report.tags } as const;
      yield new ChannelPart([frames.frame('status', this.#status)], masks, { result });
    } finally {
      this.#over.abort();
      host.abort();
      await sending;
    }
  }

  reply(part: Part): Promise<void> | undefined {
    if (!(part instanceof ChannelPart)) return undefined;
    const [frame] = part.frames;
    if (frame === undefined || (frame.kind !== 'out' && frame.kind !== 'err')) return undefined;
    return this.#parts.client.write(frame.bytes, frame.kind);
  }

  /** As a server's own hook would: git prints the reason beside each ref. The pack that follows is for nobody. */
  async refuse(refusal: Refusal): Promise<void> {
    clearInterval(this.#notices);
    const { client, push } = this.#parts;
    await this.#say(refusalText(refusal));
    const report = refusedReport(push.refs, push.capabilities, `${refusal.code}: ${refusal.message}`);
    if (report !== undefined) await client.write(report);
    for (let next = await client.next(); next !== null && next.kind !== 'eof'; next = await client.next()) {
      if (next.kind === 'request') next.answer(false);
    }
  }

  unmaskable(): Refusal {
    return UNMASKABLE;
  }

  waiting(notice: WaitingNotice): Promise<void> | undefined {
    const say = (): Promise<void> => this.#say(noticeText(notice)).catch(clientLeft);
    this.#notices = setInterval(() => void say(), LIMITS.sshWaitingNoticeMs);
    return say();
  }

  /** git shows what is told so behind `remote:`. */
  async #say(text: string): Promise<void> {
    const { client, push } = this.#parts;
    if (isBanded(push.capabilities)) await client.write(sideBand(2, Buffer.from(text)));
    else await client.write(Buffer.from(text), 'err');
  }

  async #send(input: AsyncIterable<Part>): Promise<void> {
    const { host, taken } = this.#parts;
    await host.write(taken);
    for await (const part of input) {
      if (!(part instanceof ChannelPart) || host.signal.aborted) continue;
      for (const { kind, bytes } of part.frames) {
        if (kind === 'end') host.eof();
        else await host.write(bytes);
      }
    }
  }

  async *#input(): AsyncGenerator<Part> {
    const { client, masks, frames } = this.#parts;
    for (;;) {
      const next = await nextMessage(client, this.#over.signal);
      if (next === null) return;
      if (next.kind === 'request') next.answer(false);
      else if (next.kind === 'eof') yield new ChannelPart([frames.frame('end', NOTHING)], masks);
      else if (next.stream === 'out') yield new ChannelPart([frames.frame('in', next.bytes)], masks);
    }
  }
}

const NOTHING = Buffer.alloc(0);

/** One that left needs no words. */
function clientLeft(): void {}
