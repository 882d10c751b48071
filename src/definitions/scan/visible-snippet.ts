/** A piece of hostile text in characters that show: at most 200, on one line; what does not show is named `U+200B`. */
export function visibleSnippet(text: string): string {
  let shown = '';
  for (const character of text) {
    if (shown.length >= MOST_CHARACTERS) return `${shown}…`;
    if (/[\t\n\r]/.test(character)) shown += ' ';
    else if (HIDDEN.test(character)) shown += `⟨U+${hex(character)}⟩`;
    else shown += character;
  }
  return shown;
}

const MOST_CHARACTERS = 200;

/** Characters that do not show, or change how others do: controls, formats, fillers, what has no meaning, lone surrogates. */
const HIDDEN = /[\p{C}\p{DI}\p{Zl}\p{Zp}\u{2800}]/u;

function hex(character: string): string {
  return (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
}
