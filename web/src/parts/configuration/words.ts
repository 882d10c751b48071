import { placeAt } from './yaml-place.ts';

export interface Word {
  readonly label: string;
  /** One line about it. */
  readonly info?: string;
  /** Said behind it: `group`, `3 targets`. */
  readonly detail?: string;
}

/** What may stand under a key: keys of its own, values, or both. */
export interface WordTree {
  readonly info?: string;
  readonly keys?: Readonly<Record<string, WordTree>>;
  /** Keys that only the world knows: names of labels, of claims. */
  readonly moreKeys?: readonly Word[];
  readonly values?: readonly Word[];
}

export interface Completion {
  /** Where what is typed begins. */
  readonly from: number;
  readonly words: readonly Word[];
  /** True where a key is completed: it wants a colon. */
  readonly isKey: boolean;
}

/** What could be typed at an offset; undefined where nobody knows. */
export function completeAt(text: string, offset: number, tree: WordTree): Completion | undefined {
  const place = placeAt(text, offset);
  let node: WordTree | undefined = tree;
  for (const step of place.path) node = node?.keys?.[step];
  if (node === undefined) return undefined;
  const keys = Object.entries(node.keys ?? {}).map(([label, { info }]) =>
    info === undefined ? { label } : { label, info },
  );
  if (place.kind === 'value') {
    const { values = [] } = node;
    return values.length === 0 ? undefined : { from: place.from, words: values, isKey: false };
  }
  const words = [...keys, ...(node.moreKeys ?? [])].filter(({ label }) => !place.siblings.includes(label));
  if (words.length > 0) return { from: place.from, words, isKey: true };
  // An item of a list that stands on a line of its own.
  const { values = [] } = node;
  return values.length === 0 ? undefined : { from: place.from, words: values, isKey: false };
}
