/** A tokenizer for showing SQL, not for judging it: it never fails, and its tokens joined are the text. */
export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
}

export type TokenKind = 'keyword' | 'name' | 'quoted-name' | 'string' | 'number' | 'parameter' | 'comment' | 'other';

const KEYWORDS = new Set(
  `add all alter analyze and any array as asc authorization begin between both by call cascade case cast check cluster
  collate column comment commit concurrently conflict constraint copy create cross current_date current_time
  current_timestamp current_user database declare default deferrable delete desc distinct do drop else end except execute
  exists explain false fetch filter for force foreign from full function grant group having if ilike in index inherit
  inner insert intersect interval into is isolation join key lateral leading left like limit listen lock materialized
  merge natural no not nothing notify null nulls of off offset on only or order outer over overlaps owner partition
  prepare primary privileges procedure recursive references refresh reindex release rename replace reset restrict
  returning revoke right role rollback row rows savepoint schema security select sequence session set share show similar
  some start table tablespace temp temporary then to trailing transaction trigger true truncate type union unique
  unlogged update user using vacuum values verbose view when where window with work`.split(/\s+/),
);

const PATTERNS: readonly (readonly [TokenKind, RegExp])[] = [
  ['comment', /--[^\n]*/y],
  ['string', /[eE]'(?:[^'\\]|\\[\s\S]|'')*(?:'|$)/y],
  ['string', /(?:[bBxXnN]|[uU]&)?'(?:[^']|'')*(?:'|$)/y],
  ['quoted-name', /(?:[uU]&)?"(?:[^"]|"")*(?:"|$)/y],
  ['parameter', /\$\d+/y],
  ['number', /(?:\d[\d_]*\.?[\d_]*|\.\d+)(?:[eE][+-]?\d+)?/y],
  ['name', /[\p{L}_][\p{L}\p{N}_$]*/uy],
  ['other', /\s+|[^\s]/uy],
];
const DOLLAR_QUOTE = /\$(?:[\p{L}_][\p{L}\p{N}_]*)?\$/uy;

export function tokens(text: string): readonly Token[] {
  const found: Token[] = [];
  for (let at = 0; at < text.length; ) {
    const token = tokenAt(text, at);
    const last = found.at(-1);
    if (token.kind === 'other' && last?.kind === 'other') found[found.length - 1] = joined(last, token);
    else found.push(token);
    at += token.text.length;
  }
  return found;
}

function tokenAt(text: string, at: number): Token {
  const long = blockComment(text, at) ?? dollarQuoted(text, at);
  if (long !== undefined) return long;
  for (const [kind, pattern] of PATTERNS) {
    pattern.lastIndex = at;
    const match = pattern.exec(text)?.[0];
    if (match === undefined || match === '') continue;
    return { kind: kind === 'name' && KEYWORDS.has(match.toLowerCase()) ? 'keyword' : kind, text: match };
  }
  return { kind: 'other', text: text.charAt(at) };
}

/** Block comments nest in PostgreSQL. */
function blockComment(text: string, at: number): Token | undefined {
  if (!text.startsWith('/*', at)) return undefined;
  const edge = /\/\*|\*\//g;
  edge.lastIndex = at;
  let depth = 0;
  for (let match = edge.exec(text); match !== null; match = edge.exec(text)) {
    depth += match[0] === '/*' ? 1 : -1;
    if (depth === 0) return { kind: 'comment', text: text.slice(at, edge.lastIndex) };
  }
  return { kind: 'comment', text: text.slice(at) };
}

function dollarQuoted(text: string, at: number): Token | undefined {
  DOLLAR_QUOTE.lastIndex = at;
  const tag = DOLLAR_QUOTE.exec(text)?.[0];
  if (tag === undefined) return undefined;
  const end = text.indexOf(tag, at + tag.length);
  return { kind: 'string', text: text.slice(at, end < 0 ? undefined : end + tag.length) };
}

function joined(one: Token, other: Token): Token {
  return { kind: 'other', text: one.text + other.text };
}
