import { Fault } from '../../../model/fault.ts';
import { type Refusal, Refused } from '../../../model/refusal.ts';
import type { Part } from '../../../model/reply.ts';
import type { Body, Request } from '../../../model/request.ts';
import { SSH_MEDIA } from '../../../model/ssh-frames.ts';
import type { Exchange, Forward, WaitingNotice } from '../../protocol.ts';
import { ChannelPart, StreamMasks } from '../channels/channel-part.ts';
import type { SessionChannel } from '../channels/kind.ts';
import { noticeText, tellRefusal } from '../channels/told.ts';
import { fileSession } from '../files/file-operation.ts';
import { Frames } from '../files/frames.ts';
import type { HostChannel, SshUpstream } from '../host/upstream.ts';
import { Mailbox } from '../sftp/mailbox.ts';
import { ChannelReader } from './channel-reader.ts';
import { MalformedScp } from './control-line.ts';
import { download } from './download.ts';
import type { ScpCommand } from './scp-command.ts';
import { upload } from './upload.ts';

/** The session that scp carries files in. Each file is decided by itself; this is that any may be carried. */
export class ScpExchange implements Exchange<SshUpstream> {
  readonly request: Request;
  readonly #parts: SessionChannel;
  readonly #command: ScpCommand;
  readonly #masks = new StreamMasks(false);
  /** Of what answers the client, who waits for all of it. */
  readonly #answers = new StreamMasks(true);
  readonly #nowMs: () => number;
  readonly #frames: Frames;
  readonly #said = new Mailbox<Part>();
  /** Who waits for what was said to be shown, in the order of the parts. */
  readonly #shown: (() => void)[] = [];
  #status: Buffer | undefined;

  constructor(parts: SessionChannel, command: ScpCommand, nowMs: () => number) {
    this.#parts = parts;
    this.#command = command;
    this.#nowMs = nowMs;
    this.#frames = new Frames(nowMs);
    const body: Body = { media: SSH_MEDIA, bytes: parts.asked.command };
    this.request = { operations: [fileSession('scp', parts.user)], body: () => body };
  }

  async *forward({ upstream, signal }: Forward<SshUpstream>): AsyncGenerator<Part> {
    const until = upstream.until(signal);
    const host = await upstream.start(this.#parts.asked, until);
    const serving = this.#serve(host, upstream.signal).catch((cause: unknown) =>
      this.#said.fail(until.aborted ? until.reason : cause),
    );
    try {
      for await (const part of this.#said) yield part;
      if (until.aborted) throw until.reason;
    } finally {
      host.abort();
      for (const shown of this.#shown.splice(0)) shown();
      await serving;
    }
  }

  reply(part: Part): Promise<void> | undefined {
    if (!(part instanceof ChannelPart)) return undefined;
    const { client } = this.#parts;
    let slow: Promise<void> | undefined;
    for (const { kind, bytes } of part.frames) {
      if (kind === 'out' || kind === 'err') slow = client.write(bytes, kind);
      else if (kind === 'status') client.tell('exit-status', bytes);
    }
    if (part.result !== undefined) client.eof();
    this.#shown.shift()?.();
    return slow;
  }

  refuse(refusal: Refusal): Promise<void> {
    return tellRefusal(this.#parts.client, refusal);
  }

  waiting(notice: WaitingNotice): Promise<void> | undefined {
    return this.#parts.client.write(Buffer.from(noticeText(notice)), 'err');
  }

  async #serve(channel: HostChannel, lost: AbortSignal): Promise<void> {
    const { client, user, session } = this.#parts;
    const host = { channel, reader: new ChannelReader(channel, (aside) => this.#aside(aside), { host: lost }) };
    const asking = { channel: client, reader: new ChannelReader(client, nobody, { over: channel.signal, host: lost }) };
    const run = (exchange: Exchange<SshUpstream>): Promise<void> => session.run(exchange);
    const tell = (bytes: Buffer): Promise<void> =>
      this.#tell(new ChannelPart([this.#frames.frame('out', bytes)], this.#answers, { pauses: true }));
    const frames = (): Frames => new Frames(this.#nowMs);
    const parts = { command: this.#command, user, client: asking, host, run, tell, frames };
    try {
      await (this.#command.direction === 'to-host' ? upload(parts) : download(parts));
    } catch (cause) {
      if (!(cause instanceof MalformedScp)) throw cause;
      throw new Refused({ code: 'protocol-malformed', message: `this is not how scp speaks: ${cause.message}` });
    }
    channel.eof();
    await host.reader.close();
    if (this.#status === undefined) throw new Fault('upstream-closed', 'the host ended scp without saying how');
    const code = String(this.#status.readUInt32BE());
    const result = { status: code === '0' ? 'ok' : 'error', code, rows: 0 } as const;
    this.#said.push(new ChannelPart([this.#frames.frame('status', this.#status)], this.#masks, { result }));
    this.#said.end();
  }

  #aside({ kind, bytes }: { readonly kind: 'err' | 'status'; readonly bytes: Buffer }): void {
    if (kind === 'status') this.#status = bytes;
    else void this.#tell(new ChannelPart([this.#frames.frame('err', bytes)], this.#masks));
  }

  #tell(part: ChannelPart): Promise<void> {
    return new Promise((resolve) => {
      this.#shown.push(resolve);
      this.#said.push(part);
    });
  }
}

/** What a client says aside is for nobody. */
function nobody(): void {}
