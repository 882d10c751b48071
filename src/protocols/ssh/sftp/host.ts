import { Fault } from '../../../model/fault.ts';
import type { Channel } from '../channels/channel.ts';
import { Gauge } from './mailbox.ts';
import { REQUEST, VERSION } from './numbers.ts';
import { idOf, MalformedSftp, PacketReader, packetOf, renumber } from './packets.ts';
import { readReply, readVersion, type SftpReply } from './replies.ts';
import { requestPacket, type SftpRequest } from './requests.ts';

/** A request as it is made: the number is the host's own. */
export type Asked = SftpRequest extends infer One ? (One extends SftpRequest ? Omit<One, 'id'> : never) : never;

interface Pending {
  /** The reply, whole; its number is still the host's. A view, of a buffer that is nobody else's. */
  readonly reply: (packet: Buffer) => void;
  readonly lost: (fault: Error) => void;
}

/** The host's end of an SFTP session: gives each request a number of its own, and brings each reply to who asked. */
export class SftpHost {
  /** What was answered and not taken yet; while it is full nothing more is read. */
  readonly waiting = new Gauge(MOST_WAITING_BYTES);
  readonly #channel: Channel;
  readonly #pending = new Map<number, Pending>();
  readonly #packets = new PacketReader();
  readonly #version = Promise.withResolvers<ReadonlyMap<string, string>>();
  #isReady = false;
  #fault: Error | undefined;
  #next = 0;

  constructor(channel: Channel) {
    this.#channel = channel;
    // Whoever waits for it hears of it by `run`.
    this.#version.promise.catch(heardElsewhere);
  }

  /** Begins (draft, section 4): what extensions the host has. Rejects with a `Fault`. */
  async start(): Promise<ReadonlyMap<string, string>> {
    await this.#channel.write(packetOf(REQUEST.init, [VERSION]));
    return this.#version.promise;
  }

  /** Takes data of the host's. Throws a `Fault` where it is no SFTP. A promise while nobody takes what it answered. */
  take(bytes: Buffer): Promise<void> | undefined {
    try {
      for (const packet of this.#packets.push(bytes)) this.#answered(packet);
    } catch (cause) {
      if (!(cause instanceof MalformedSftp)) throw cause;
      throw new Fault('upstream-protocol', `the host sent ${cause.message} where SFTP was expected`);
    }
    return this.waiting.room();
  }

  /** Nothing more comes: who still waits is told why. */
  lost(fault: Error): void {
    this.#fault ??= fault;
    this.#version.reject(fault);
    for (const { lost } of this.#pending.values()) lost(fault);
    this.#pending.clear();
  }

  /** Sends a packet, whose number becomes the host's. A promise while the host takes no more. */
  send(packet: Buffer, pending: Pending): Promise<void> | undefined {
    if (this.#fault !== undefined) {
      pending.lost(this.#fault);
      return undefined;
    }
    while (this.#pending.has(this.#next)) this.#next = (this.#next + 1) >>> 0;
    this.#pending.set(this.#next, pending);
    renumber(packet, this.#next);
    this.#next = (this.#next + 1) >>> 0;
    return this.#channel.write(packet);
  }

  /** Asks, and waits for the reply, which is in memory of its own. */
  async ask(asked: Asked): Promise<SftpReply> {
    const reply = Promise.withResolvers<SftpReply>();
    const sending = this.send(requestPacket({ ...asked, id: 0 }), {
      reply: (packet) => {
        try {
          reply.resolve(readReply(packet));
        } catch (cause) {
          reply.reject(cause);
          throw cause;
        }
      },
      lost: reply.reject,
    });
    sending?.catch(reply.reject);
    return reply.promise;
  }

  #answered(packet: Buffer): void {
    if (!this.#isReady) {
      const { version, extensions } = readVersion(packet);
      if (version < VERSION) throw new MalformedSftp(`version ${version}`);
      this.#isReady = true;
      this.#version.resolve(extensions);
      return;
    }
    const id = idOf(packet);
    const pending = this.#pending.get(id);
    if (pending === undefined) throw new MalformedSftp('a reply that nobody asked for');
    this.#pending.delete(id);
    pending.reply(packet);
  }
}

const MOST_WAITING_BYTES = 4 * 1024 * 1024;

function heardElsewhere(): void {}
