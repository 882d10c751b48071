import { parsePlPgSQLSync } from 'libpg-query';
import { type Body, isBody, tagOf, textOf } from '../nodes.ts';

/** What stands in a body: texts of statements, of expressions, and expressions that give a statement's text. */
export interface BodyTexts {
  readonly statements: readonly string[];
  readonly expressions: readonly string[];
  readonly dynamic: readonly string[];
  /** COMMIT and ROLLBACK of a procedure or a DO block. */
  readonly endsTransactions: boolean;
}

export type ReadBody =
  | { readonly ok: true; readonly texts: BodyTexts }
  | { readonly ok: false; readonly problem: string };

/** Takes a CREATE FUNCTION or DO in PL/pgSQL apart, by PostgreSQL's own parser of it. Never throws. */
export function readPlpgsql(text: string): ReadBody {
  try {
    const collector = new Collector();
    const parsed: unknown = parsePlPgSQLSync(text);
    const functions: unknown = isBody(parsed) ? parsed['plpgsql_funcs'] : undefined;
    if (!Array.isArray(functions) || functions.length !== 1) return { ok: false, problem: 'its body cannot be read' };
    collector.walk(functions[0], undefined);
    return { ok: true, texts: collector };
  } catch (error) {
    return {
      ok: false,
      problem: `its body cannot be read: ${error instanceof Error ? error.message : 'unknown'}`,
    };
  }
}

/** Throws on what it does not know, so that nothing in a body is passed over. */
class Collector implements BodyTexts {
  readonly statements: string[] = [];
  readonly expressions: string[] = [];
  readonly dynamic: string[] = [];
  endsTransactions = false;

  /** `role` is the member that the value stands in, and the node that this is a member of. */
  walk(value: unknown, role: string | undefined): void {
    if (Array.isArray(value)) {
      for (const item of value) this.walk(item, role);
      return;
    }
    if (!isBody(value)) return;
    const tag = value['PLpgSQL_expr'] === undefined ? nodeTag(value) : 'PLpgSQL_expr';
    if (tag === undefined) {
      for (const key in value) this.walk(value[key], key);
      return;
    }
    if (!NODES.has(tag)) throw new Error(`a body with a ${tag}`);
    if (tag === 'PLpgSQL_stmt_commit' || tag === 'PLpgSQL_stmt_rollback') this.endsTransactions = true;
    const body = value[tag];
    if (!isBody(body)) return;
    if (tag === 'PLpgSQL_expr') this.#expression(body, role);
    else for (const key in body) this.walk(body[key], `${tag}.${key}`);
  }

  #expression(body: Body, role: string | undefined): void {
    const query = textOf(body['query']);
    if (role !== undefined && DYNAMIC.has(role)) {
      this.dynamic.push(query);
      return;
    }
    const mode = body['parseMode'] ?? 0;
    if (mode === 0) this.statements.push(query);
    else if (mode === 2) this.expressions.push(query);
    else if (mode === 3 || mode === 4 || mode === 5) this.expressions.push(...partsOfAssignment(query));
    else throw new Error(`an expression of mode ${typeof mode === 'number' ? mode : 'unknown'}`);
  }
}

function nodeTag(value: Body): string | undefined {
  const tag = tagOf(value);
  return tag?.startsWith('PLpgSQL_') === true ? tag : undefined;
}

/** The members that hold an expression whose value is executed as a statement. */
const DYNAMIC = new Set([
  'PLpgSQL_stmt_dynexecute.query',
  'PLpgSQL_stmt_dynfors.query',
  'PLpgSQL_stmt_return_query.dynquery',
  'PLpgSQL_stmt_open.dynquery',
]);

/** Everything that the parser makes of a body (pl_funcs.c); what is not here is not understood. */
const NODES = new Set(
  `expr function var row rec recfield type stmt_block exception_block exception condition stmt_assign stmt_if if_elsif
   stmt_case case_when stmt_loop stmt_while stmt_fori stmt_fors stmt_forc stmt_foreach_a stmt_exit stmt_return
   stmt_return_next stmt_return_query stmt_raise raise_option stmt_assert stmt_execsql stmt_dynexecute stmt_dynfors
   stmt_getdiag diag_item stmt_open stmt_fetch stmt_close stmt_perform stmt_call stmt_commit stmt_rollback`
    .split(/\s+/)
    .map((name) => `PLpgSQL_${name}`),
);

/** `x.y[f(i)] := value`: the value, and what stands in the brackets. Throws where it is not of that form. */
function partsOfAssignment(text: string): readonly string[] {
  const [name = ''] = TARGET.exec(text) ?? [];
  const parts: string[] = [];
  let at = name.length;
  if (at === 0) throw new Error('an assignment that cannot be read');
  while (text[at] === '[') {
    const end = endOfBrackets(text, at);
    // a slice has its bounds on both sides of a colon, a cast has two
    for (const bound of text.slice(at + 1, end).split(/(?<!:):(?!:)/)) if (bound.trim() !== '') parts.push(bound);
    at = end + 1;
    at += /^\s*/.exec(text.slice(at))?.[0].length ?? 0;
    const [field = ''] = FIELDS.exec(text.slice(at)) ?? [];
    at += field.length;
  }
  const [sign] = /^:?=/.exec(text.slice(at)) ?? [];
  if (sign === undefined) throw new Error('an assignment that cannot be read');
  return [...parts, text.slice(at + sign.length)];
}

const NAME = String.raw`(?:[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*|"(?:[^"]|"")+")`;
const TARGET = new RegExp(String.raw`^\s*(?:${NAME}|\$\d+)\s*(?:\.\s*${NAME}\s*)*`);
const FIELDS = new RegExp(String.raw`^(?:\.\s*${NAME}\s*)*`);

/** The bracket that closes the one at `start`. A quote in between is too much for this: it throws. */
function endOfBrackets(text: string, start: number): number {
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    if (text[at] === '[') depth++;
    else if (text[at] === ']') depth--;
    else if (/['"$]|--|\/\*/.test(text.slice(at, at + 2))) break;
    if (depth === 0) return at;
  }
  throw new Error('an assignment that cannot be read');
}
