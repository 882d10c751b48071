/**
 * Compiles an anchored pattern: `*` stands for any characters but the separator, `**` for any characters at all;
 * everything else stands for itself. Case counts.
 */
export function compileGlob(pattern: string, separator: string): (text: string) => boolean {
  if (!pattern.includes('*')) return (text) => text === pattern;
  const within = separator === '' ? '[^]*' : `[^${escape(separator)}]*`;
  const source = pattern
    .split(/(\*+)/)
    .map((part) => (part === '*' ? within : part.startsWith('**') ? '[^]*' : escape(part)))
    .join('');
  const expression = new RegExp(`^${source}$`);
  return (text) => expression.test(text);
}

/** How many stars a pattern may have: what they cost multiplies. */
export const MAX_STARS = 4;

export function starsOf(pattern: string): number {
  return pattern.split('*').length - 1;
}

function escape(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}
