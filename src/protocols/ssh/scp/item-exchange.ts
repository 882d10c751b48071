import type { Refusal } from '../../../model/refusal.ts';
import type { ExchangeResult, FieldMasker, Part } from '../../../model/reply.ts';
import type { Request } from '../../../model/request.ts';
import type { Exchange, Forward, WaitingNotice } from '../../protocol.ts';
import type { Channel } from '../channels/channel.ts';
import { ChangeAhead } from '../channels/channel-part.ts';
import { noticeText } from '../channels/told.ts';
import { changes } from '../files/file-operation.ts';
import type { Frames } from '../files/frames.ts';
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

  async *forward({ input, metered }: Forward<SshUpstream>): AsyncGenerator<Part> {
    if (metered && changes(this.request)) yield new ChangeAhead();
    yield* this.#parts.carry(input);
  }

  reply(part: Part): Promise<void> | undefined {
    if (!(part instanceof ScpPart) || part.bytes.length === 0) return undefined;
    part.shown();
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

interface ScpPartMore {
  readonly result?: ExchangeResult;
  /** Told of the content that the client gets. */
  readonly onShown?: (content: Buffer) => void;
  readonly mask?: (masker: FieldMasker) => Buffer;
}

/** A piece of what goes to the client, or to the host. */
export class ScpPart implements Part {
  readonly bytes: Buffer;
  declare readonly result?: ExchangeResult;
  readonly #more: ScpPartMore;
  readonly #record: ((bytes: Buffer) => Buffer) | undefined;

  /** `record` makes of it what stands on record: content, and words. */
  private constructor(bytes: Buffer, record: ((bytes: Buffer) => Buffer) | undefined, more: ScpPartMore = {}) {
    this.bytes = bytes;
    this.#record = record;
    this.#more = more;
    if (more.result !== undefined) this.result = more.result;
  }

  /** What the protocol says, of which nothing is content. */
  static said(bytes: Buffer, result?: ExchangeResult): ScpPart {
    return new ScpPart(bytes, undefined, result === undefined ? {} : { result });
  }

  /** What an end says went wrong, in its own words. */
  static words(line: Buffer, frames: Frames, result?: ExchangeResult): ScpPart {
    const mask = ({ messages }: FieldMasker): Buffer => messages?.words(line) ?? line;
    const record = (bytes: Buffer): Buffer => frames.written('err', bytes.subarray(1));
    return new ScpPart(line, record, { mask, ...(result === undefined ? {} : { result }) });
  }

  /** Bytes of a file on their way to the host. */
  static content(bytes: Buffer, frames: Frames): ScpPart {
    return new ScpPart(bytes, (sent) => frames.written('in', sent));
  }

  /** Bytes of a file; `onShown` is told of what the client gets. */
  static data(
    bytes: Buffer,
    frames: Frames,
    mask: (masker: FieldMasker) => Buffer,
    onShown: (content: Buffer) => void,
  ): ScpPart {
    return new ScpPart(bytes, (shown) => frames.written('out', shown), { mask, onShown });
  }

  get wire(): Buffer {
    return this.#record?.(this.bytes) ?? NOTHING;
  }

  /** The client gets it now. */
  shown(): void {
    this.#more.onShown?.(this.bytes);
  }

  rewrite(masker: FieldMasker): ScpPart {
    const { mask, ...more } = this.#more;
    return mask === undefined ? this : new ScpPart(mask(masker), this.#record, more);
  }
}

const NOTHING: Buffer = Buffer.alloc(0);
