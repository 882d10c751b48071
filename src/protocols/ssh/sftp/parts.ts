import type { CutPart, ExchangeResult, FieldMasker, Part, ReplyCount } from '../../../model/reply.ts';
import type { Frames } from '../files/frames.ts';
import { idOf } from './packets.ts';
import { errorOf, type FileName, replyPacket, type SftpReply } from './replies.ts';

/** What one part of a reply is to its exchange: the packet that goes to the client, or what closes without one. */
export interface SftpPart extends Part {
  /** Of the request that it answers, as the client counts; undefined where it answers none. */
  readonly id: number | undefined;
  readonly packet: Buffer | undefined;
  rewrite(masker: FieldMasker): SftpPart;
}

/** A reply whose number is the client's. On record stands what a person reads of it: a listing, a name. */
export class ReplyPart implements SftpPart {
  declare readonly result?: ExchangeResult;
  declare readonly counts?: readonly ReplyCount[];
  readonly #reply: SftpReply;
  readonly #frames: Frames;

  constructor(reply: SftpReply, frames: Frames, result?: ExchangeResult) {
    this.#reply = reply;
    this.#frames = frames;
    if (result !== undefined) this.result = result;
    const { length } = recordOf(reply);
    if (length > 0) this.counts = [{ ...UNCOUNTED, bytes: length }];
  }

  get wire(): Buffer {
    return this.#frames.written(this.#reply.kind === 'status' ? 'err' : 'out', recordOf(this.#reply));
  }

  get id(): number {
    return this.#reply.id;
  }

  get packet(): Buffer {
    return replyPacket(this.#reply);
  }

  rewrite(masker: FieldMasker): ReplyPart {
    const { messages } = masker;
    const reply = this.#reply;
    if (messages === undefined) return this;
    const words = (text: Buffer): Buffer => messages.words(text) ?? text;
    if (reply.kind === 'status') return this.#with({ ...reply, message: words(reply.message) });
    if (reply.kind !== 'name') return this;
    const names = reply.names.map(({ name, long, raw }) => ({ name: words(name), long: words(long), raw }));
    return this.#with({ ...reply, names });
  }

  cut(allow: (message: ReplyCount) => boolean): CutPart {
    return allowed(this, allow);
  }

  #with(reply: SftpReply): ReplyPart {
    return new ReplyPart(reply, this.#frames, this.result);
  }
}

/** Bytes of a file, in the packet that they came in. */
export class DataPart implements SftpPart {
  readonly packet: Buffer;
  readonly counts: readonly ReplyCount[];
  readonly #data: Buffer;
  readonly #frames: Frames;
  readonly #shown: (data: Buffer) => void;

  /** `shown` is told what the client gets. */
  constructor(packet: Buffer, data: Buffer, frames: Frames, shown: (data: Buffer) => void) {
    this.packet = packet;
    this.#data = data;
    this.#frames = frames;
    this.counts = [{ ...UNCOUNTED, bytes: data.length }];
    this.#shown = shown;
  }

  get id(): number {
    return idOf(this.packet);
  }

  get wire(): Buffer {
    return this.#frames.written('out', this.#data);
  }

  shown(): void {
    this.#shown(this.#data);
  }

  rewrite(_masker: FieldMasker): DataPart {
    return this;
  }

  cut(allow: (message: ReplyCount) => boolean): CutPart {
    return allowed(this, allow);
  }
}

/** The last part of a handle's exchange: what was carried is known once all before it was shown. */
export class ClosingPart implements SftpPart {
  readonly wire = NOTHING;
  readonly packet: Buffer | undefined;
  readonly #result: () => ExchangeResult;
  #known: ExchangeResult | undefined;

  constructor(packet: Buffer | undefined, result: () => ExchangeResult) {
    this.packet = packet;
    this.#result = result;
  }

  get id(): number | undefined {
    return this.packet && idOf(this.packet);
  }

  get result(): ExchangeResult {
    this.#known ??= this.#result();
    return this.#known;
  }

  rewrite(_masker: FieldMasker): this {
    return this;
  }
}

/** Nothing of it can be cut in the middle. */
export function allowed(
  part: Part & { readonly counts?: readonly ReplyCount[] },
  allow: (message: ReplyCount) => boolean,
): CutPart {
  const fits = (part.counts ?? []).every(allow);
  return fits ? { head: part, rest: undefined } : { head: undefined, rest: part };
}

export const UNCOUNTED: ReplyCount = { statement: 0, rowsRead: 0, rowsChanged: 0, bytes: 0 };
const NOTHING = Buffer.alloc(0);

/** Attributes and an extension's answer are numbers, which say nothing that a rule is about. */
function recordOf(reply: SftpReply): Buffer {
  switch (reply.kind) {
    case 'status':
      return errorOf(reply) === undefined ? NOTHING : reply.message;
    case 'name':
      return Buffer.concat(reply.names.flatMap((one) => [lineOf(one), NEWLINE]));
    case 'data':
      return reply.data;
    case 'handle':
    case 'attrs':
    case 'extended':
      return NOTHING;
    default:
      return reply satisfies never;
  }
}

const NEWLINE = Buffer.from('\n');

function lineOf({ name, long }: FileName): Buffer {
  return long.length === 0 ? name : long;
}
