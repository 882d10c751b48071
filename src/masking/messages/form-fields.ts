import { Refused } from '../../model/refusal.ts';
import type { BodyMasker } from '../../model/reply.ts';
import { cannotMask } from './cannot-mask.ts';
import { type MaskText, placeIn } from './csv-fields.ts';
import type { FieldTree } from './field-tree.ts';

/** One name and its value are held whole. */
const MOST_HELD_BYTES = 64 * 1024;
const AND = 38;

/** Masks the classified fields of a form (WHATWG URL, application/x-www-form-urlencoded) as it streams. */
export class FormFields implements BodyMasker {
  readonly #tree: FieldTree;
  readonly #mask: MaskText;
  #held: Buffer[] = [];
  #heldBytes = 0;

  constructor(tree: FieldTree, mask: MaskText) {
    this.#tree = tree;
    this.#mask = mask;
  }

  push(bytes: Buffer): Buffer {
    const out: Buffer[] = [];
    let from = 0;
    for (let and = bytes.indexOf(AND); and >= 0; and = bytes.indexOf(AND, from)) {
      this.#hold(bytes.subarray(from, and));
      out.push(this.#pair(), bytes.subarray(and, and + 1));
      from = and + 1;
    }
    this.#hold(bytes.subarray(from));
    return Buffer.concat(out);
  }

  end(): Buffer {
    return this.#pair();
  }

  #hold(bytes: Buffer): void {
    this.#heldBytes += bytes.length;
    if (this.#heldBytes > MOST_HELD_BYTES) throw new Refused(cannotMask('a field of the form is too long'));
    this.#held.push(Buffer.from(bytes));
  }

  #pair(): Buffer {
    const pair = Buffer.concat(this.#held);
    this.#held = [];
    this.#heldBytes = 0;
    const equals = pair.indexOf('=');
    const rule = equals < 0 ? undefined : placeIn(this.#tree, decoded(pair.subarray(0, equals)));
    if (rule === undefined) return pair;
    const masked = this.#mask(rule, Buffer.from(decoded(pair.subarray(equals + 1))));
    return Buffer.concat([pair.subarray(0, equals + 1), Buffer.from(encodeURIComponent(masked.toString('utf8')))]);
  }
}

function decoded(bytes: Buffer): string {
  const text = bytes.toString('utf8').replaceAll('+', ' ');
  try {
    return decodeURIComponent(text);
  } catch {
    throw new Refused(cannotMask('a percent code in the form is none'));
  }
}
