import type { ChannelRecord } from '../../../model/channel-record.ts';
import type { BodyMasker, MessageMasks } from '../../../model/reply.ts';
import { maskWhole } from '../../http/mask/mask-whole.ts';
import { LevelMask } from './level-mask.ts';

const NOTHING = Buffer.alloc(0);

/** The masks of what a command says, each of its streams by itself, from piece to piece. */
export class ChannelMasks {
  readonly #outputs = new Map<string, OutputMask>();
  /** True where somebody types: then all that is held back goes out at a pause, a word that is not finished as well. */
  readonly #isTyped: boolean;

  constructor(isTyped: boolean) {
    this.#isTyped = isTyped;
  }

  /** True where something waits for what comes behind it. */
  get holds(): boolean {
    return this.#outputs.size > 0;
  }

  masked(records: readonly ChannelRecord[], masks: MessageMasks): readonly ChannelRecord[] {
    return records.flatMap((record) => this.#masked(record, masks));
  }

  #masked(record: ChannelRecord, masks: MessageMasks): readonly ChannelRecord[] {
    const { channel, event, atMs } = record;
    const bytes = Buffer.from(record.bytes.buffer, record.bytes.byteOffset, record.bytes.length);
    // How it ended stands behind all that it said.
    if (channel === 'error' && event === 'data') {
      return [...this.#flushed(atMs), { ...record, bytes: maskedStatus(bytes, masks) }];
    }
    if (!OUTPUTS.has(channel)) return [record];
    if (event === 'data' && bytes.length > 0) return said(record, this.#of(channel, masks).push(bytes));
    if (event === 'end' || event === 'reset') return [...this.#flushed(atMs, channel), record];
    return [record];
  }

  /** What goes out because nothing came for a while. */
  paused(atMs: number): readonly ChannelRecord[] {
    return [...this.#outputs].flatMap(([channel, mask]) =>
      said({ channel, atMs, event: 'data', bytes: NOTHING }, mask.pause(this.#isTyped)),
    );
  }

  /** All that is held, at the end. */
  ended(atMs: number): readonly ChannelRecord[] {
    return this.#flushed(atMs);
  }

  #of(channel: string, masks: MessageMasks): OutputMask {
    const known = this.#outputs.get(channel) ?? new OutputMask(masks);
    this.#outputs.set(channel, known);
    return known;
  }

  #flushed(atMs: number, only?: string): readonly ChannelRecord[] {
    return [...this.#outputs].flatMap(([channel, mask]) =>
      only === undefined || only === channel ? said({ channel, atMs, event: 'data', bytes: NOTHING }, mask.end()) : [],
    );
  }
}

const OUTPUTS: ReadonlySet<string> = new Set(['stdout', 'stderr']);

function said(record: ChannelRecord, bytes: Buffer): readonly ChannelRecord[] {
  return bytes.length === 0 ? [] : [{ ...record, bytes }];
}

/** A `Status`, or the text of versions that have none. */
function maskedStatus(bytes: Buffer, masks: MessageMasks): Buffer {
  if (bytes[0] !== OPEN_OBJECT) return masks.words(bytes) ?? bytes;
  return maskWhole(masks.body('json'), bytes);
}

const OPEN_OBJECT = 0x7b;
/** Where the head of a file in an archive says what it is (POSIX pax, "ustar Header Block"). */
const MAGIC_AT = 257;
const MAGIC = 'ustar';

/** A stream of text, or an archive, in which nothing may move; the first bytes tell. */
class OutputMask implements BodyMasker {
  readonly #masks: MessageMasks;
  #seen: Buffer = NOTHING;
  #mask: BodyMasker | undefined;

  constructor(masks: MessageMasks) {
    this.#masks = masks;
  }

  push(bytes: Buffer): Buffer {
    if (this.#mask !== undefined) return this.#mask.push(bytes);
    this.#seen = Buffer.concat([this.#seen, bytes]);
    const isEnough = this.#seen.length >= MAGIC_AT + MAGIC.length || this.#seen.includes(NEWLINE);
    return isEnough ? this.#begin() : NOTHING;
  }

  pause(isTyped: boolean): Buffer {
    const begun = this.#mask === undefined ? this.#begin() : NOTHING;
    const more = this.#mask?.pause?.(isTyped) ?? NOTHING;
    return begun.length === 0 ? more : Buffer.concat([begun, more]);
  }

  end(): Buffer {
    const begun = this.#mask === undefined ? this.#begin() : NOTHING;
    return Buffer.concat([begun, this.#mask?.end() ?? NOTHING]);
  }

  #begin(): Buffer {
    const isArchive = this.#seen.toString('latin1', MAGIC_AT, MAGIC_AT + MAGIC.length) === MAGIC;
    this.#mask = isArchive ? new LevelMask(this.#masks) : this.#masks.body('text');
    const seen = this.#seen;
    this.#seen = NOTHING;
    return this.#mask.push(seen);
  }
}

const NEWLINE = 0x0a;
