import type { TextEdit } from '../../model/request.ts';
import { as, type Body, bodyOf, isBody, listOf, tagOf, textOf } from './nodes.ts';
import { type ParsedStatement, parseStatements } from './parser.ts';
import { editText } from './text-edits.ts';
import { isSameTree, treeAround, treeWithLimit } from './tree-edits.ts';

/** A text whose reads return no more than so many rows, or why there can be none. */
export type LimitedText =
  | {
      readonly kind: 'limited';
      readonly text: string;
      readonly edits: readonly TextEdit[];
      /** Of each statement, whether it was limited. */
      readonly statements: readonly boolean[];
    }
  /** No statement of it returns more rows than that: there are none, or the limit that it has is as small. */
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'refused'; readonly why: string };

/**
 * Puts a LIMIT of `most` rows to each statement of a text that returns rows it reads. What comes out is parsed again, and
 * is used only where its tree is that of the original but for the limit.
 */
export function limitRows(text: string, most: number): LimitedText {
  const parsed = parseStatements(text);
  if (!parsed.ok) return refused('what cannot be parsed cannot be limited');
  const limited: (readonly TextEdit[])[] = [];
  for (const statement of parsed.statements) {
    const edits = limitSafely(text, statement, most);
    if (typeof edits === 'string') return refused(edits);
    limited.push(edits);
  }
  const edits = limited.flat();
  if (edits.length === 0) return { kind: 'unchanged' };
  const statements = limited.map((own) => own.length > 0);
  return { kind: 'limited', text: editText(text, edits), edits, statements };
}

function limitSafely(text: string, statement: ParsedStatement, most: number): readonly TextEdit[] | string {
  try {
    return limitStatement(text, statement, most);
  } catch (error) {
    if (error instanceof RangeError) return 'it is nested too deeply';
    throw error;
  }
}

function refused(why: string): LimitedText {
  return { kind: 'refused', why };
}

/** The edits that limit a statement, in order; why it cannot be limited, where it cannot. */
function limitStatement(text: string, { node, span }: ParsedStatement, most: number): readonly TextEdit[] | string {
  const place = queryOf(node);
  if (place === undefined) return [];
  if (typeof place === 'string') return place;
  const existing = limitOf(place.query, most);
  if (existing === 'small') return [];
  if (existing === 'ties') return 'WITH TIES may return more rows than it says';
  const { start, end } = span();
  const own = text.slice(start, end);
  const numberAt = existing === 'constant' ? placeOf(text, place.query) - start : -1;
  for (const { edits, tree } of attempts(own, node, place, numberAt, most)) {
    const limited = onlyStatement(editText(own, edits));
    if (limited !== undefined && isSameTree(limited, tree)) return edits.map((one) => ({ ...one, at: one.at + start }));
  }
  return existing === 'none' ? 'a LIMIT cannot be put to it' : 'its LIMIT is an expression; write a number';
}

function* attempts(
  own: string,
  node: Body,
  { query, isWhole, isInParentheses }: QueryPlace,
  numberAt: number,
  most: number,
): Iterable<Attempt> {
  const reference = onlyStatement(`SELECT 1 LIMIT ${most}`) ?? {};
  const tree = treeWithLimit(node, query, bodyOf(reference, 'SelectStmt'));
  if (!isBody(query['limitCount'])) {
    yield* isInParentheses ? insideParentheses(own, most, tree) : atTheEnd(own, most, tree, isWhole);
    return;
  }
  const number = numberAt < 0 ? null : /^(?:\d+|all|null)\b/i.exec(own.slice(numberAt));
  if (number !== null) {
    yield { edits: [{ at: numberAt, removed: number[0].length, inserted: String(most) }], tree };
  }
  // A WITH clause that changes rows may only stand at the top.
  if (isWhole && !changesRows(query)) yield around(own, most, node);
}

interface QueryPlace {
  readonly query: Body;
  /** The query is the whole statement. */
  readonly isWhole: boolean;
  readonly isInParentheses: boolean;
}

const RETURNING = 'rows that RETURNING gives cannot be limited';
const WHOLE_TABLE = 'COPY of a table cannot be limited; copy a query: COPY (SELECT …) TO';

/** The query whose rows a statement returns, or keeps for a later one; undefined where there is none. */
function queryOf(node: Body): QueryPlace | string | undefined {
  const tag = tagOf(node) ?? '';
  const body = bodyOf(node, tag);
  switch (tag) {
    case 'SelectStmt':
      return storesRows(body) ? undefined : { query: body, isWhole: true, isInParentheses: false };
    case 'InsertStmt':
    case 'UpdateStmt':
    case 'DeleteStmt':
    case 'MergeStmt':
      return isBody(body['returningClause']) || listOf(body['returningList']).length > 0 ? RETURNING : undefined;
    case 'DeclareCursorStmt':
    case 'PrepareStmt':
      return within(body['query'], false);
    case 'CopyStmt':
      if (body['is_from'] === true || textOf(body['filename']) !== '') return undefined;
      return isBody(body['query']) ? within(body['query'], true) : WHOLE_TABLE;
    default:
      return undefined;
  }
}

function within(query: unknown, isInParentheses: boolean): QueryPlace | string | undefined {
  if (!isBody(query)) return undefined;
  const place = queryOf(query);
  return place === undefined || typeof place === 'string' ? place : { ...place, isWhole: false, isInParentheses };
}

/** SELECT INTO: the clause stands in the leftmost query of a set operation. */
function storesRows(select: Body): boolean {
  if (isBody(select['intoClause'])) return true;
  return isBody(select['larg']) && storesRows(select['larg']);
}

/** The limit that a query has: none; one that is small enough; a number that is larger, or ALL; an expression. */
function limitOf(select: Body, most: number): 'none' | 'small' | 'ties' | 'constant' | 'expression' {
  const count = select['limitCount'];
  if (!isBody(count)) return 'none';
  if (select['limitOption'] === 'LIMIT_OPTION_WITH_TIES') return 'ties';
  const constant = as(count, 'A_Const');
  if (constant === undefined) return 'expression';
  return constant.ival !== undefined && (constant.ival.ival ?? 0) <= most ? 'small' : 'constant';
}

/** Where the number of a LIMIT stands, as an index of the text; its location counts bytes of UTF-8. */
function placeOf(text: string, select: Body): number {
  const { location = -1 } = bodyOf(select['limitCount'] as Body, 'A_Const') as { readonly location?: number };
  return location < 0 ? -1 : Buffer.from(text).toString('utf8', 0, location).length;
}

function changesRows(select: Body): boolean {
  const clause = select['withClause'];
  return listOf(isBody(clause) ? clause['ctes'] : undefined).some(
    (cte) => as((as(cte, 'CommonTableExpr') as Body | undefined)?.['ctequery'], 'SelectStmt') === undefined,
  );
}

/** What might limit a statement: edits of its text, and the tree that must come of them. */
interface Attempt {
  readonly edits: readonly TextEdit[];
  readonly tree: unknown;
}

/** Behind everything; in parentheses where something stands at the end that no LIMIT may follow (OFFSET … FOR UPDATE). */
function* atTheEnd(own: string, most: number, tree: unknown, isWhole: boolean): Iterable<Attempt> {
  const limit = `\nLIMIT ${most}`;
  yield { edits: [insertion(own.length, limit)], tree };
  if (isWhole) yield { edits: [insertion(0, '('), insertion(own.length, `\n)${limit}`)], tree };
}

/** Behind the right one there are options alone. */
const MAX_PARENTHESES = 10;

/** Before a parenthesis that closes, from the last one on: the right one is where the tree comes out. */
function* insideParentheses(own: string, most: number, tree: unknown): Iterable<Attempt> {
  let at = own.lastIndexOf(')');
  for (let tries = 0; at >= 0 && tries < MAX_PARENTHESES; tries++) {
    yield { edits: [insertion(at, `\nLIMIT ${most}`)], tree };
    at = at === 0 ? -1 : own.lastIndexOf(')', at - 1);
  }
}

/** The statement as it is, and a query around it that takes its first rows. */
function around(own: string, most: number, node: Body): Attempt {
  const [before, after] = ['SELECT * FROM (', `\n) AS limited LIMIT ${most}`];
  const edits = [insertion(0, before), insertion(own.length, after)];
  return { edits, tree: treeAround(onlyStatement(`${before}SELECT 1${after}`), node) };
}

function insertion(at: number, inserted: string): TextEdit {
  return { at, removed: 0, inserted };
}

function onlyStatement(text: string): Body | undefined {
  const parsed = parseStatements(text);
  return parsed.ok && parsed.statements.length === 1 ? parsed.statements[0]?.node : undefined;
}
