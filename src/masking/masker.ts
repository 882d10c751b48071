import type { FieldMasker, MaskCount } from '../model/reply.ts';

/** The masks of one exchange: the walker's side (`FieldMasker`), and what it did. */
export interface Masker extends FieldMasker {
  counts(): readonly MaskCount[];
}
