import { type Refusal, Refused } from '../../../model/refusal.ts';
import type { BodyMasker, CutPart, ExchangeResult, FieldMasker, Part, ReplyCount } from '../../../model/reply.ts';
import { type SshFrame, writeSshFrame } from '../../../model/ssh-frames.ts';

/** A piece of what a channel carries, as frames; both its streams are masked each by itself. */
export class ChannelPart implements Part {
  readonly frames: readonly SshFrame[];
  declare readonly result?: ExchangeResult;
  readonly #masks: StreamMasks;
  readonly #pauses: boolean;
  #wire: Buffer | undefined;

  /** `pauses` where nothing came for a while: what is held back goes out, as far as it may. */
  constructor(
    frames: readonly SshFrame[],
    masks: StreamMasks,
    more: { readonly result?: ExchangeResult; readonly pauses?: boolean } = {},
  ) {
    this.frames = frames;
    this.#masks = masks;
    this.#pauses = more.pauses ?? false;
    if (more.result !== undefined) this.result = more.result;
  }

  get wire(): Buffer {
    this.#wire ??=
      this.frames.length === 1
        ? writeSshFrame(this.frames[0]!)
        : Buffer.concat(this.frames.map((frame) => writeSshFrame(frame)));
    return this.#wire;
  }

  get counts(): readonly ReplyCount[] {
    const bytes = this.frames.reduce((sum, frame) => sum + (isOutput(frame) ? frame.bytes.length : 0), 0);
    return bytes === 0 ? [] : [{ statement: 0, rowsRead: 0, rowsChanged: 0, bytes }];
  }

  rewrite(masker: FieldMasker): Part {
    const frames = this.#masks.masked(this.frames, masker, { pauses: this.#pauses, ends: this.result !== undefined });
    return new ChannelPart(frames, this.#masks, this.result === undefined ? {} : { result: this.result });
  }

  /** A piece of output is let go whole, or not at all. */
  cut(allow: (message: ReplyCount) => boolean): CutPart {
    const isAllowed = this.counts.every((count) => allow(count));
    return isAllowed ? { head: this, rest: undefined } : { head: undefined, rest: this };
  }
}

/** Counted for what a command changes, before it runs: nothing of it can be undone. */
export class ChangeAhead implements Part {
  readonly wire = Buffer.alloc(0);
  readonly counts: readonly ReplyCount[] = [{ statement: 0, rowsRead: 0, rowsChanged: 1, bytes: 0 }];

  rewrite(): this {
    return this;
  }

  cut(allow: (message: ReplyCount) => boolean): CutPart {
    return this.counts.every(allow) ? { head: this, rest: undefined } : { head: undefined, rest: this };
  }
}

/** The masks of one channel's two streams, which go on from part to part. */
export class StreamMasks {
  readonly #streams = new Map<'out' | 'err', BodyMasker>();
  /** True where somebody types: then all that is held back goes out at a pause, a word that is not finished as well. */
  readonly #isTyped: boolean;

  constructor(isTyped: boolean) {
    this.#isTyped = isTyped;
  }

  masked(
    frames: readonly SshFrame[],
    masker: FieldMasker,
    { pauses, ends }: { readonly pauses: boolean; readonly ends: boolean },
  ): readonly SshFrame[] {
    const seen: SshFrame[] = [];
    const atMs = frames.at(-1)?.atMs ?? 0;
    for (const frame of frames) {
      if (!isOutput(frame)) continue;
      push(seen, { ...frame, bytes: this.#of(frame.kind, masker).push(Buffer.from(frame.bytes)) });
    }
    for (const [kind, stream] of this.#streams) {
      if (pauses) push(seen, { kind, atMs, bytes: stream.pause?.(this.#isTyped) ?? NOTHING });
      if (ends) push(seen, { kind, atMs, bytes: stream.end() });
    }
    // How it ended stands behind all that it said.
    return [...seen, ...frames.filter((frame) => !isOutput(frame))];
  }

  #of(kind: 'out' | 'err', { messages }: FieldMasker): BodyMasker {
    const known = this.#streams.get(kind) ?? messages?.body('text');
    if (known === undefined) throw new Refused(UNMASKABLE);
    this.#streams.set(kind, known);
    return known;
  }
}

const NOTHING = Buffer.alloc(0);
const UNMASKABLE: Refusal = { code: 'mask-impossible', message: 'output of commands has no rows to be masked' };

function push(frames: SshFrame[], frame: SshFrame): void {
  if (frame.bytes.length > 0) frames.push(frame);
}

function isOutput(frame: SshFrame): frame is SshFrame & { readonly kind: 'out' | 'err' } {
  return frame.kind === 'out' || frame.kind === 'err';
}
