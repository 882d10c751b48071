/**
 * What must not reach a reader as it is: controls, characters that turn or hide text (bidirectional, zero-width, tags,
 * fillers), lone surrogates, and separators that end a line.
 */
const HOSTILE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;

/** One line of text in which every hostile character is written out: `<U+202E>`. Cut to `most` characters. */
export function visibleText(text: string, most = Number.POSITIVE_INFINITY): string {
  const visible = text.replace(HOSTILE, spelled);
  return visible.length > most ? `${visible.slice(0, most - 1)}…` : visible;
}

/** As `visibleText`, but line feeds and tabs stay: for statements, which have lines of their own. Never cut. */
export function visibleLines(text: string): string {
  return text
    .replaceAll('\r\n', '\n')
    .replace(HOSTILE, (character) => (character === '\n' || character === '\t' ? character : spelled(character)));
}

function spelled(character: string): string {
  return `<U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}>`;
}
