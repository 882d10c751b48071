import type { FieldMasker } from '../../../model/reply.ts';
import type { SftpHost } from './host.ts';
import { STATUS } from './numbers.ts';
import type { SftpReply } from './replies.ts';

/**
 * So much is read together, and masked with as much before and behind it: what is found within that is found wherever a
 * read begins. As long as what is held of a stream for the same reason.
 */
export const BLOCK_BYTES = 64 * 1024;
/** How far is read ahead of a client, and how much is kept behind it. */
const AHEAD_BLOCKS = 8;
const KEPT_BLOCKS = 24;

/** What stands in a file from `at` on, up to `end`, with the blocks that it lies in. */
export interface FileWindow {
  readonly at: number;
  readonly end: number;
  /** The index of the first of `blocks`. */
  readonly first: number;
  /** One before what is shown and one behind it, where there are. */
  readonly blocks: readonly Buffer[];
}

/** What the host said in place of a file's bytes. */
export class ReadFailed extends Error {
  readonly reply: SftpReply & { readonly kind: 'status' };

  constructor(reply: SftpReply & { readonly kind: 'status' }) {
    super('the host did not read');
    this.reply = reply;
  }
}

/** Reads one open file by blocks, so that what is masked of it hangs on the file alone and not on how it is read. */
export class MaskedFile {
  readonly #host: SftpHost;
  readonly #handle: Buffer;
  readonly #raw = new Map<number, Promise<Buffer>>();
  readonly #masked = new Map<number, Buffer>();
  /** The first block that was not whole when it was read last; the file may have grown since. */
  #end = Number.POSITIVE_INFINITY;

  constructor(host: SftpHost, handle: Buffer) {
    this.#host = host;
    this.#handle = handle;
  }

  /** Rejects with `ReadFailed`. The window is empty at the end of the file. */
  async read(offset: bigint, length: number): Promise<FileWindow> {
    const at = Number(offset);
    const first = Math.max(0, Math.floor(at / BLOCK_BYTES) - 1);
    const last = Math.floor((at + Math.max(1, length) - 1) / BLOCK_BYTES) + 1;
    const blocks: Buffer[] = [];
    let end = first * BLOCK_BYTES;
    for (let index = first; index <= last; index++) void this.#ask(index);
    for (let index = first; index <= last; index++) {
      const block = await this.#ask(index);
      blocks.push(block);
      end += block.length;
      if (block.length < BLOCK_BYTES) break;
    }
    for (let index = last + 1; index <= Math.min(last + AHEAD_BLOCKS, this.#end - 1); index++) void this.#ask(index);
    this.#forget();
    return { at, end: Math.min(at + length, end), first, blocks };
  }

  /** What the client is shown of a window. */
  shown({ at, end, first, blocks }: FileWindow, { messages }: FieldMasker): Buffer {
    if (end <= at) return NOTHING;
    const pieces: Buffer[] = [];
    for (let index = Math.floor(at / BLOCK_BYTES); index * BLOCK_BYTES < end; index++) {
      const place = index - first;
      const block = blocks[place] ?? NOTHING;
      const known = this.#masked.get(index);
      const shown = known ?? level(blocks, place, messages) ?? block;
      // One that is not whole, or has none behind it, may be another when it is read again.
      if (known === undefined && blocks[place + 1]?.length === BLOCK_BYTES) this.#masked.set(index, shown);
      pieces.push(shown.subarray(Math.max(0, at - index * BLOCK_BYTES), end - index * BLOCK_BYTES));
    }
    return pieces.length === 1 ? (pieces[0] ?? NOTHING) : Buffer.concat(pieces);
  }

  /** It was written to. */
  changed(): void {
    this.#raw.clear();
    this.#masked.clear();
    this.#end = Number.POSITIVE_INFINITY;
  }

  #ask(index: number): Promise<Buffer> {
    const known = this.#raw.get(index);
    if (known !== undefined) return known;
    const asked = this.#block(index);
    // Whoever needs it hears of it; one that was read ahead may be needed by nobody.
    asked.catch(heardWhereNeeded);
    this.#raw.set(index, asked);
    void asked.then(
      (block) => {
        if (block.length === BLOCK_BYTES) return;
        this.#end = Math.min(this.#end, index);
        this.#drop(index, asked);
      },
      () => this.#drop(index, asked),
    );
    return asked;
  }

  /** As much of a block as there is: hosts may give less than they are asked for. */
  async #block(index: number): Promise<Buffer> {
    const pieces: Buffer[] = [];
    let length = 0;
    while (length < BLOCK_BYTES) {
      const offset = BigInt(index) * BigInt(BLOCK_BYTES) + BigInt(length);
      const asked = { kind: 'read', handle: this.#handle, offset, length: BLOCK_BYTES - length } as const;
      const reply = await this.#host.ask(asked);
      if (reply.kind === 'status' && reply.code !== STATUS.eof) throw new ReadFailed(reply);
      if (reply.kind !== 'data' || reply.data.length === 0) break;
      pieces.push(reply.data);
      length += reply.data.length;
    }
    return Buffer.concat(pieces).subarray(0, BLOCK_BYTES);
  }

  #drop(index: number, asked: Promise<Buffer>): void {
    if (this.#raw.get(index) === asked) this.#raw.delete(index);
  }

  #forget(): void {
    for (const kept of [this.#raw, this.#masked]) {
      for (const index of kept.keys()) {
        if (kept.size <= KEPT_BLOCKS) break;
        kept.delete(index);
      }
    }
  }
}

const NOTHING = Buffer.alloc(0);

/** A block with what stands around it masked by as many bytes; undefined where nothing of it changes. */
function level(blocks: readonly Buffer[], place: number, messages: FieldMasker['messages']): Buffer | undefined {
  const before = blocks[place - 1] ?? NOTHING;
  const block = blocks[place] ?? NOTHING;
  const window = Buffer.concat([before, block, blocks[place + 1] ?? NOTHING]);
  return messages?.level(window, before.length, before.length + block.length);
}

function heardWhereNeeded(): void {}
