/**
 * What may reach a terminal as it is. C0 and C1 controls (ANSI escapes begin with one), characters that turn or hide
 * text (bidirectional, zero-width, tags) and separators that end a line are hostile in text that others wrote.
 */
// oxlint-disable-next-line no-control-regex -- controls are what this is about
const HOSTILE =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\ud800-\udfff]|[\u{e0000}-\u{e0fff}]/gu;

const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\u001b': '\\e' };

/** One line of text, every hostile character written out (`\e`, `\x07`, `<U+202E>`). */
export function printable(text: string): string {
  return text.replace(HOSTILE, (character) => SHORT[character] ?? spelled(character));
}

/** As `printable`, but line feeds and tabs stay: for statements, which have lines of their own. */
export function printableLines(text: string): string {
  return text.replaceAll('\r\n', '\n').split('\n').map(printableExceptTab).join('\n');
}

function printableExceptTab(line: string): string {
  return line.split('\t').map(printable).join('    ');
}

function spelled(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const hex = code.toString(16);
  return code < 0x100 ? `\\x${hex.padStart(2, '0')}` : `<U+${hex.toUpperCase().padStart(4, '0')}>`;
}
