import { isUtf8 } from 'node:buffer';
import { ScalarType } from '@bufbuild/protobuf';
import type { ReflectMessage } from '@bufbuild/protobuf/reflect';

/**
 * Takes bytes out of a message while it is masked as JSON, where they would be base64, in which nothing is found, or what
 * nobody wrote: a few stand for them, by which the masks can tell that a place has a class. Those that are text are masked
 * as such.
 */
export class BytesAside {
  readonly #mask: { words(text: Buffer): Buffer | undefined };
  readonly #taken: Uint8Array[] = [];

  constructor(mask: { words(text: Buffer): Buffer | undefined }) {
    this.#mask = mask;
  }

  take(message: ReflectMessage): void {
    for (const field of message.fields) {
      if (!message.isSet(field)) continue;
      if (field.fieldKind === 'message') this.take(message.get(field));
      else if (field.fieldKind === 'scalar' && field.scalar === ScalarType.BYTES) {
        message.set(field, this.#standIn(message.get(field)));
      } else if (field.fieldKind === 'list') {
        const list = message.get(field);
        const values = [...list] as unknown[];
        if (field.listKind === 'message') for (const one of values) this.take(one as ReflectMessage);
        else if (field.scalar === ScalarType.BYTES) {
          for (const [index, one] of values.entries()) list.set(index, this.#standIn(one as Uint8Array));
        }
      } else if (field.fieldKind === 'map') {
        const map = message.get(field);
        const entries = [...map.entries()];
        for (const [key, one] of entries) {
          if (field.mapKind === 'message') this.take(one as ReflectMessage);
          else if (field.scalar === ScalarType.BYTES) map.set(key, this.#standIn(one as Uint8Array));
        }
      }
    }
  }

  /** What stands for the bytes that were taken, by what stood in their place. */
  original(standIn: Uint8Array): Uint8Array {
    const bytes = this.#taken[Buffer.from(standIn).readUIntBE(0, INDEX_BYTES)] ?? new Uint8Array();
    return (isUtf8(bytes) ? this.#mask.words(Buffer.from(bytes)) : undefined) ?? bytes;
  }

  #standIn(bytes: Uint8Array): Uint8Array {
    const standIn = Buffer.alloc(INDEX_BYTES);
    standIn.writeUIntBE(this.#taken.length, 0, INDEX_BYTES);
    this.#taken.push(bytes);
    return standIn;
  }
}

/** Four characters of base64: shorter than anything that a detector finds. */
const INDEX_BYTES = 3;
