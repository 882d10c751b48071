/**
 * What must not reach a terminal as it is: controls (C0, C1; ANSI escapes begin with one), characters that turn or
 * hide text (bidirectional, zero-width, tags, fillers), lone surrogates, and separators that end a line.
 */
const HOSTILE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;

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
