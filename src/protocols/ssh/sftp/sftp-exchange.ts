import { Fault } from '../../../model/fault.ts';
import type { Refusal } from '../../../model/refusal.ts';
import { Refused } from '../../../model/refusal.ts';
import type { FieldMasker, Part } from '../../../model/reply.ts';
import type { Body, Request } from '../../../model/request.ts';
import { SSH_MEDIA, type SshFrame } from '../../../model/ssh-frames.ts';
import type { Exchange, Forward, WaitingNotice } from '../../protocol.ts';
import { ChannelPart, StreamMasks } from '../channels/channel-part.ts';
import type { SessionChannel } from '../channels/kind.ts';
import { tellRefusal, tellStatus } from '../channels/told.ts';
import { fileSession } from '../files/file-operation.ts';
import { Frames } from '../files/frames.ts';
import type { HostChannel, SshUpstream } from '../host/upstream.ts';
import { SftpClient } from './client.ts';
import { SftpHost } from './host.ts';
import { Mailbox } from './mailbox.ts';
import { Names } from './names.ts';
import { REQUEST, VERSION } from './numbers.ts';
import { FieldReader, MalformedSftp, PacketReader } from './packets.ts';
import { SftpRelay } from './relay.ts';
import { versionPacket } from './replies.ts';

/** The session that SFTP's requests are asked in. What is asked is decided one by one; this is that anything may be asked. */
export class SftpExchange implements Exchange<SshUpstream> {
  readonly request: Request;
  readonly #parts: SessionChannel;
  readonly #client: SftpClient;
  readonly #masks = new StreamMasks(false);
  readonly #frames: Frames;

  constructor(parts: SessionChannel, nowMs: () => number) {
    this.#parts = parts;
    this.#frames = new Frames(nowMs);
    this.#client = new SftpClient(parts.client, nowMs);
    const body: Body = { media: SSH_MEDIA, bytes: Buffer.from('(sftp)') };
    this.request = { operations: [fileSession('sftp', parts.user)], body: () => body };
  }

  async *forward({ upstream, signal }: Forward<SshUpstream>): AsyncGenerator<Part> {
    const until = upstream.until(signal);
    const channel = await upstream.start(this.#parts.asked, until);
    const host = new SftpHost(channel);
    const said = new Mailbox<Part>();
    const listening = this.#listen(channel, host, said);
    const serving = this.#serve(host, said).then(() => channel.eof());
    for (const work of [listening, serving])
      work.catch((cause: unknown) => said.fail(until.aborted ? until.reason : cause));
    try {
      for await (const part of said) yield part;
      if (until.aborted) throw until.reason;
    } finally {
      channel.abort();
      host.lost(new Fault('upstream-closed', 'the SFTP session is over'));
      await listening.catch(toldByMailbox);
    }
  }

  reply(part: Part): Promise<void> | undefined {
    if (part instanceof VersionPart) return this.#client.send(part.packet);
    if (!(part instanceof ChannelPart)) return undefined;
    const { client } = this.#parts;
    let slow: Promise<void> | undefined;
    for (const { kind, bytes } of part.frames) {
      if (kind === 'err') slow = client.write(bytes, 'err');
      if (kind === 'status') tellStatus(client, Buffer.from(bytes).readUInt32BE());
    }
    if (part.result !== undefined) client.eof();
    return slow;
  }

  refuse(refusal: Refusal): Promise<void> {
    return tellRefusal(this.#parts.client, refusal);
  }

  stop(refusal: Refusal): Promise<void> {
    return tellRefusal(this.#parts.client, refusal);
  }

  waiting(notice: WaitingNotice): Promise<void> | undefined {
    return this.#client.waiting(notice);
  }

  /** Takes what the host sends, until it ends: replies go to who asked, and its stderr to the client. */
  async #listen(channel: HostChannel, host: SftpHost, said: Mailbox<Part>): Promise<void> {
    let status: SshFrame | undefined;
    for (let next = await channel.next(); next !== null; next = await channel.next()) {
      if (next.kind === 'request') {
        if (next.name === 'exit-status') status = this.#frames.frame('status', next.data.subarray(0, 4));
        next.answer(false);
      } else if (next.kind === 'data' && next.stream === 'err') {
        said.push(new ChannelPart([this.#frames.frame('err', next.bytes)], this.#masks));
      } else if (next.kind === 'data') {
        const full = host.take(next.bytes);
        if (full !== undefined) await full;
      }
    }
    host.lost(new Fault('upstream-closed', 'the host ended the SFTP session'));
    if (status === undefined) throw new Fault('upstream-closed', 'the host ended the SFTP session without saying how');
    const code = Buffer.from(status.bytes).readUInt32BE();
    const result = { status: code === 0 ? 'ok' : 'error', code: String(code), rows: 0 } as const;
    said.push(new ChannelPart([status], this.#masks, { result }));
    said.end();
  }

  /** Answers what the client asks, until it asks no more. */
  async #serve(host: SftpHost, said: Mailbox<Part>): Promise<void> {
    const { client: channel, user, session } = this.#parts;
    const packets = new PacketReader();
    try {
      const first = await this.#opening(packets);
      if (first === undefined) return;
      said.push(new VersionPart(versionPacket(await host.start())));
      const names = await Names.of(host);
      const run = (exchange: Exchange<SshUpstream>): Promise<void> => session.run(exchange);
      const relay = new SftpRelay({ channel, client: this.#client, host, names, packets, user, run });
      await relay.run();
    } catch (cause) {
      if (!(cause instanceof MalformedSftp)) throw cause;
      throw new Refused({
        code: 'protocol-malformed',
        message: `this is no SFTP of version ${VERSION}: ${cause.message}`,
      });
    }
  }

  /** The client's first packet, which says its version (draft, section 4); undefined where it leaves before. */
  async #opening(packets: PacketReader): Promise<Buffer | undefined> {
    const { client } = this.#parts;
    for (let next = await client.next(); next !== null && next.kind !== 'eof'; next = await client.next()) {
      if (next.kind === 'request') next.answer(false);
      else if (next.stream === 'out') {
        const [first, more] = [...packets.push(next.bytes)];
        if (more !== undefined) throw new MalformedSftp('requests before the version is agreed on');
        if (first === undefined) continue;
        const reader = new FieldReader(first);
        if (reader.byte() !== REQUEST.init) throw new MalformedSftp('something before the version');
        if (reader.uint32() < VERSION) throw new MalformedSftp('an older version');
        return first;
      }
    }
    return undefined;
  }
}

/** What the host said of itself, as far as it is passed on; no content. */
class VersionPart implements Part {
  readonly wire = Buffer.alloc(0);
  readonly packet: Buffer;

  constructor(packet: Buffer) {
    this.packet = packet;
  }

  rewrite(_masker: FieldMasker): this {
    return this;
  }
}

function toldByMailbox(): void {}
