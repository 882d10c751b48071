/**
 * What a terminal was told, without what reaches beyond its screen: colours and the cursor stay, titles, clipboards, devices
 * and questions that a terminal answers do not (ECMA-48, xterm's control sequences).
 */
export function screenText(text: string): string {
  return text.replaceAll(SEQUENCE, (found, parameters: string | undefined, final: string | undefined) => {
    if (final !== undefined) return SCREEN.has(final) && !/[<=>]/.test(parameters ?? '') ? found : '';
    return KEPT.has(found) ? found : '';
  });
}

// Strings to devices first (OSC, DCS, SOS, PM, APC, ended or not), then CSI, other escapes, and control characters.
const SEQUENCE = new RegExp(
  [
    '(?:\\u001b[\\]PX^_]|[\\u009d\\u0090\\u0098\\u009e\\u009f])[^\\u0007\\u001b\\u009c]*(?:\\u0007|\\u001b\\\\|\\u009c)?',
    '(?:\\u001b\\[|\\u009b)([0-9;:?<=>]*)[ -/]*([@-~])',
    '\\u001b[ -/]*[0-~]?',
    '[\\u0000-\\u001f\\u007f-\\u009f]',
  ].join('|'),
  'gu',
);

/** Cursor, erasing, scrolling, colours, and the modes of the screen. */
const SCREEN: ReadonlySet<string> = new Set('@ABCDEFGHJKLMPSTXZ`adefhlmrsu');
const KEPT: ReadonlySet<string> = new Set([
  '\b',
  '\t',
  '\n',
  '\r',
  '\u001b7',
  '\u001b8',
  '\u001bM',
  '\u001b(B',
  '\u001b(0',
]);
