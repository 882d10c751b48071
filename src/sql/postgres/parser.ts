import { loadModule, parseSync } from 'libpg-query';
import { LIMITS } from '../../model/limits.ts';
import { type Body, isBody, listOf } from './nodes.ts';

/** One statement of a text: its node, and the text that it was parsed from. */
export interface ParsedStatement {
  readonly node: Body;
  text(): string;
  /** Where it stands in the whole text, without the semicolon that ends it; what comes before it may be its own. */
  span(): { readonly start: number; readonly end: number };
}

export type Parsed =
  | { readonly ok: true; readonly statements: readonly ParsedStatement[] }
  | { readonly ok: false; readonly problem: string };

/** Loads PostgreSQL's own parser (WASM), once a process. Nothing here works before it resolves. */
export async function loadPostgresParser(): Promise<void> {
  await loadModule();
}

/** Parses a text into its statements. Never throws: whatever the parser cannot take is a problem. */
export function parseStatements(text: string): Parsed {
  if (text.includes('\0')) return { ok: false, problem: 'the text contains a NUL byte' };
  if (text.length > LIMITS.maxStatementBytes || Buffer.byteLength(text) > LIMITS.maxStatementBytes) {
    return { ok: false, problem: `the text is longer than ${LIMITS.maxStatementBytes} bytes` };
  }
  if (!text.isWellFormed()) return { ok: false, problem: 'the text is not well-formed Unicode' };
  if (text === '') return { ok: true, statements: [] };
  try {
    const raw = listOf(parseSync(text).stmts);
    if (raw.length === 1)
      return {
        ok: true,
        statements: [{ node: nodeOf(raw[0]), text: () => text, span: () => spanOf(raw[0], Buffer.from(text)) }],
      };
    const bytes = Buffer.from(text);
    const statementOf = (one: unknown): ParsedStatement => ({
      node: nodeOf(one),
      text: () => sliceOf(one, bytes),
      span: () => spanOf(one, bytes),
    });
    return { ok: true, statements: raw.map(statementOf) };
  } catch (error) {
    return { ok: false, problem: `the text cannot be parsed: ${error instanceof Error ? error.message : 'unknown'}` };
  }
}

function nodeOf(raw: unknown): Body {
  return isBody(raw) && isBody(raw['stmt']) ? raw['stmt'] : {};
}

/** The same as indices of the string. */
function spanOf(raw: unknown, bytes: Buffer): { readonly start: number; readonly end: number } {
  const before = isBody(raw) ? Number(raw['stmt_location'] ?? 0) : 0;
  const start = bytes.toString('utf8', 0, before).length;
  return { start, end: start + sliceOf(raw, bytes).length };
}

/** `stmt_location` and `stmt_len` count bytes of UTF-8; a length of 0 reaches to the end. */
function sliceOf(raw: unknown, bytes: Buffer): string {
  const body: Body = isBody(raw) ? raw : {};
  const start = Number(body['stmt_location'] ?? 0);
  const length = Number(body['stmt_len'] ?? 0);
  return bytes.toString('utf8', start, length === 0 ? bytes.length : start + length);
}
