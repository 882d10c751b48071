/**
 * What must not reach a reader as it is: controls, characters that turn or hide text, lone surrogates, and separators
 * that end a line. Names and messages come from clients and servers.
 */
const HOSTILE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;

/** Nearly every text is this, and needs no look at what Unicode says of each character. */
const PLAIN = /^[\x20-\x7e]*$/;

/** One line of text in which every hostile character is written out: `<U+202E>`. */
export function visible(text: string): string {
  if (PLAIN.test(text)) return text;
  return text.replace(HOSTILE, (one) => `<U+${(one.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}>`);
}

/** The same for every text in a value, at any depth; names of members are ours. */
export function visibleThroughout<Value>(value: Value): Value {
  if (typeof value === 'string') return visible(value) as Value;
  if (Array.isArray(value)) return value.map(visibleThroughout) as Value;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, visibleThroughout(one)])) as Value;
}
