import { printable } from '../../printable.ts';

/** As one line for people, at most so many characters; what is left out is said. */
export function shortened(text: string, maxCharacters: number): string {
  const line = text.replace(/\s+/g, ' ').trim();
  const characters = Array.from(line);
  if (characters.length <= maxCharacters) return line;
  return `${characters.slice(0, maxCharacters).join('')} … (${characters.length - maxCharacters} more)`;
}

/**
 * Text that others wrote, for a log that a CI system reads: nothing in it is a control, turns or hides text, or is a
 * command to the system (GitHub's and Azure's `##[…]` and `##vso[…]` count anywhere in a line, `::…::` at its start).
 */
export function logText(text: string): string {
  return printable(text)
    .replaceAll('##', '# #')
    .replace(/^\s*::/, (start) => start.replace('::', ': :'));
}

/**
 * Text that others wrote, for Markdown that is shown as HTML: a character that could mean something to either is its
 * number, which neither takes for structure (CommonMark 0.31, 2.5). What means something at the start of a line alone is
 * so there, and what makes a link of a bare word. Controls and what turns or hides text are written out.
 */
export function markdownText(text: string): string {
  return printable(text)
    .trim()
    .replace(/[^\p{L}\p{N}\p{M} \-/.,=+()%;'"]/gu, numbered)
    .replace(/^(\p{N}*)([-/.,=+()%;'"])/u, (_, digits: string, mark: string) => digits + numbered(mark))
    .replace(/(www)\./giu, (_, word: string) => word + numbered('.'));
}

function numbered(character: string): string {
  return `&#${character.codePointAt(0)};`;
}

/** As `markdownText`, in the face of code. */
export function markdownCode(text: string): string {
  return text.trim() === '' ? '' : `<code>${markdownText(text)}</code>`;
}

/** A link to a page of https or http; the words alone where the address is no such one. */
export function markdownLink(words: string, address: string): string {
  const url = URL.parse(address);
  if (url === null || !['https:', 'http:'].includes(url.protocol)) return markdownText(words);
  // Between angle brackets nothing ends it but one of them and a line's end, which no href of a URL has.
  return `[${markdownText(words)}](<${url.href.replace(/[<>\\]/g, encodeURIComponent)}>)`;
}
