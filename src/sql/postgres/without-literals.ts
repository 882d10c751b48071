import { scanSync } from 'libpg-query';

/**
 * A statement as PostgreSQL's own lexer reads it, every literal a `?`, without comments; undefined where it does not
 * read it. Kept is what is on a list (words, quoted names, operators, parameters), so that what nobody thought of goes.
 */
export function withoutLiterals(text: string): string | undefined {
  if (text.includes('\0') || !text.isWellFormed()) return undefined;
  let shown = '';
  let last = 0;
  try {
    for (const { start, end, text: token, tokenName } of scanSync(text).tokens) {
      if (tokenName.endsWith('COMMENT')) continue;
      if (start > last && shown !== '') shown += ' ';
      shown += isKept(token, tokenName) ? token : '?';
      last = end;
    }
  } catch {
    return undefined; // PostgreSQL would refuse it as well: where a literal ends cannot be told
  }
  return shown;
}

const WORD = /^[\p{L}_][\p{L}\p{N}_$]*$/u;
const OPERATOR = /^[^\p{L}\p{N}\s'"$]+$/u;

function isKept(token: string, name: string): boolean {
  return WORD.test(token) || name === 'PARAM' || OPERATOR.test(token) || (name === 'IDENT' && token.startsWith('"'));
}
