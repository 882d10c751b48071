/**
 * What came from an agent or a database is shown as what it is: characters that reorder, hide or imitate (controls,
 * bidirectional marks, zero-width and unusual spaces, private and unassigned code points, lone surrogates) stand as
 * `⟨U+202E⟩`, and are never rendered. Line feed, tab and space stay as they are.
 */
export type Piece = { readonly text: string } | { readonly hidden: string; readonly text: string };

const HIDDEN = /[[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}\u2800]--[ \n\t]]/v;
const HIDDEN_RUN = new RegExp(`(${HIDDEN.source})`, 'v');

/** The text in pieces: what may be rendered, and what is named instead. */
export function pieces(text: string): readonly Piece[] {
  const plain = text.replaceAll('\r\n', '\n');
  return plain
    .split(HIDDEN_RUN)
    .filter((piece) => piece !== '')
    .map((piece) => (HIDDEN.test(piece) ? { hidden: nameOf(piece), text: piece } : { text: piece }));
}

/** The text with every such character named, for titles, labels and the clipboard of a chat. */
export function visible(text: string): string {
  return pieces(text)
    .map((piece) => ('hidden' in piece ? `⟨${piece.hidden}⟩` : piece.text))
    .join('');
}

/** True where something in the text would not be seen, or would move what is seen. */
export function isHostile(text: string): boolean {
  return HIDDEN.test(text.replaceAll('\r\n', '\n'));
}

function nameOf(character: string): string {
  const point = character.codePointAt(0) ?? 0;
  return `U+${point.toString(16).toUpperCase().padStart(4, '0')}`;
}
