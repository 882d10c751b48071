const MOST_CHARACTERS = 40;

/**
 * What a value looks like, without any letter or digit of it: a run of letters is `a***` or `A***`, of digits `9***`, one
 * alone `a`, `A` or `9`; of an e-mail address the top-level domain stays.
 */
export function maskedShape(value: string): string {
  const [, local = '', top = ''] = /^([^\s@]{1,64})@[^\s@]{1,190}\.([a-z]{2,24})$/i.exec(value) ?? [];
  if (top !== '') return `${shaped(local[0] ?? 'a')}***@***.${top}`;
  const shape = shaped(value);
  return shape.length <= MOST_CHARACTERS ? shape : `${shape.slice(0, MOST_CHARACTERS)}…`;
}

/** Only ASCII punctuation and blanks stay; control characters and anything else become a question mark. */
function shaped(value: string): string {
  // Of what is cut away here nothing would be shown: a run is at least one character of the shape.
  const start = value.slice(0, MOST_CHARACTERS * 40);
  return start.replaceAll(/\p{Lu}\p{L}*|\p{L}+|\p{N}+|[^\x20-\x7e]/gu, (run) => {
    if (/^\p{N}/u.test(run)) return run.length === 1 ? '9' : '9***';
    if (!/^\p{L}/u.test(run)) return '?';
    const first = /^\p{Lu}/u.test(run) ? 'A' : 'a';
    return run.length === 1 ? first : `${first}***`;
  });
}
