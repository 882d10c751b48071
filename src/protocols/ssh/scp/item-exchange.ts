import type { Refusal } from '../../../model/refusal.ts';
import type { ExchangeResult, FieldMasker, Part } from '../../../model/reply.ts';
import type { Request } from '../../../model/request.ts';
import type { Exchange, Forward, WaitingNotice } from '../../protocol.ts';
import type { Channel } from '../channels/channel.ts';
import { noticeText } from '../channels/told.ts';
import type { LevelStream } from '../files/level-stream.ts';
import type { SshUpstream } from '../host/upstream.ts';
import type { ChannelReader } from './channel-reader.ts';
import { warning } from './control-line.ts';

/** One end of scp: what it sends, and where it is sent to. */
export interface ScpEnd {
  readonly channel: Channel;
  readonly reader: ChannelReader;
}

export interface ItemParts {
  readonly request: Request;
  readonly client: ScpEnd;
  /** Carries it, once it may: what goes to the client are its parts. */
  readonly carry: (input: AsyncIterable<Part>) => AsyncGenerator<ScpPart>;
  readonly input?: AsyncIterable<Part>;
  /** Told that it may not, and the client was told; the host may wait for an answer. */
  readonly onRefused: () => Promise<void>;
}

/** One file or folder that scp carries. */
export class ItemExchange implements Exchange<SshUpstream> {
  readonly request: Request;
  declare readonly input?: AsyncIterable<Part>;
  readonly #parts: ItemParts;

  constructor(parts: ItemParts) {
    this.#parts = parts;
    this.request = parts.request;
    if (parts.input !== undefined) this.input = parts.input;
  }

  forward({ input }: Forward<SshUpstream>): AsyncGenerator<ScpPart> {
    return this.#parts.carry(input);
  }

  reply(part: Part): Promise<void> | undefined {
    if (!(part instanceof ScpPart) || part.bytes.length === 0) return undefined;
    part.onShown?.(part.wire);
    return this.#parts.client.channel.write(part.bytes);
  }

  /** Clients print it, and go on with what comes next. */
  async refuse({ code, message, rule }: Refusal): Promise<void> {
    const by = rule === undefined ? '' : ` (rule "${rule}")`;
    await this.#parts.client.channel.write(warning(`chaperone: ${code}: ${message}${by}`));
    await this.#parts.onRefused();
  }

  waiting(notice: WaitingNotice): Promise<void> | undefined {
    return this.#parts.client.channel.write(Buffer.from(noticeText(notice)), 'err');
  }
}

/** A piece of what goes to the client. */
export class ScpPart implements Part {
  readonly bytes: Buffer;
  /** What of it stands on record: content, and words. */
  readonly wire: Buffer;
  declare readonly result?: ExchangeResult;
  readonly onShown: ((content: Buffer) => void) | undefined;
  readonly #mask: ((masker: FieldMasker) => Buffer) | undefined;

  private constructor(
    bytes: Buffer,
    wire: Buffer,
    more: {
      readonly result?: ExchangeResult;
      readonly onShown?: (content: Buffer) => void;
      readonly mask?: (masker: FieldMasker) => Buffer;
    } = {},
  ) {
    this.bytes = bytes;
    this.wire = wire;
    this.onShown = more.onShown;
    this.#mask = more.mask;
    if (more.result !== undefined) this.result = more.result;
  }

  /** What the protocol says, of which nothing is content. */
  static said(bytes: Buffer, result?: ExchangeResult): ScpPart {
    return new ScpPart(bytes, NOTHING, result === undefined ? {} : { result });
  }

  /** What an end says went wrong, in its own words. */
  static words(line: Buffer, result?: ExchangeResult): ScpPart {
    const mask = ({ messages }: FieldMasker): Buffer => messages?.words(line) ?? line;
    return new ScpPart(line, line, { mask, ...(result === undefined ? {} : { result }) });
  }

  /** Bytes of a file on their way to the host. */
  static content(bytes: Buffer): ScpPart {
    return new ScpPart(bytes, bytes);
  }

  /** Bytes of a file; `onShown` is told of what the client gets. */
  static data(bytes: Buffer, level: LevelStream, isLast: boolean, onShown: (content: Buffer) => void): ScpPart {
    const mask = ({ messages }: FieldMasker): Buffer => level.push(bytes, messages, isLast);
    return new ScpPart(bytes, bytes, { mask, onShown });
  }

  rewrite(masker: FieldMasker): ScpPart {
    if (this.#mask === undefined) return this;
    const masked = this.#mask(masker);
    const more = this.result === undefined ? {} : { result: this.result };
    return new ScpPart(masked, masked, this.onShown === undefined ? more : { ...more, onShown: this.onShown });
  }
}

const NOTHING: Buffer = Buffer.alloc(0);
