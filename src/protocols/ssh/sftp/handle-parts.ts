import type { FieldMasker, Part, ReplyCount } from '../../../model/reply.ts';
import type { Frames } from '../files/frames.ts';
import type { FileWindow, MaskedFile } from './masked-file.ts';
import { REPLY } from './numbers.ts';
import { packetOf } from './packets.ts';
import { allowed, DataPart, type SftpPart, UNCOUNTED } from './parts.ts';
import type { SftpRequest } from './requests.ts';

/** What a client asks of something that it has open. */
export type HandleRequest = Extract<SftpRequest, { readonly handle: Buffer }>;

/** What a client asks of a handle: what is to be written is its content. */
export class AskedPart implements Part {
  readonly asked: HandleRequest | undefined;
  readonly packet: Buffer;
  readonly work: (() => Promise<void>) | undefined;
  readonly #frames: Frames;

  constructor(asked: HandleRequest | undefined, packet: Buffer, frames: Frames, work?: () => Promise<void>) {
    this.asked = asked;
    this.packet = packet;
    this.work = work;
    this.#frames = frames;
  }

  get wire(): Buffer {
    return this.#frames.written('in', this.#data);
  }

  /** What it holds in memory. */
  get weight(): number {
    return this.#data.length;
  }

  get #data(): Buffer {
    return this.asked?.kind === 'write' ? this.asked.data : NOTHING;
  }

  rewrite(_masker: FieldMasker): this {
    return this;
  }
}

interface WindowParts {
  readonly id: number;
  readonly window: FileWindow;
  readonly file: MaskedFile;
  readonly frames: Frames;
}

/** What stands somewhere in a file that is masked; it becomes data once it was. */
export class WindowPart implements SftpPart {
  readonly id: number;
  readonly wire = NOTHING;
  readonly packet = undefined;
  readonly counts: readonly ReplyCount[];
  readonly #parts: WindowParts;
  readonly #shown: (data: Buffer) => void;

  constructor(parts: WindowParts, shown: (data: Buffer) => void) {
    this.id = parts.id;
    this.#parts = parts;
    this.#shown = shown;
    this.counts = [{ ...UNCOUNTED, bytes: parts.window.end - parts.window.at }];
  }

  rewrite(masker: FieldMasker): SftpPart {
    const { id, window, file, frames } = this.#parts;
    const data = file.shown(window, masker);
    return new DataPart(packetOf(REPLY.data, [id, data]), data, frames, this.#shown);
  }

  cut(allow: (message: ReplyCount) => boolean) {
    return allowed(this, allow);
  }
}

const NOTHING = Buffer.alloc(0);
