import { isUtf8 } from 'node:buffer';
import type { Analysis, AnalysisContext } from '../../sql/postgres/analysis.ts';
import type { Catalogue } from '../../sql/postgres/catalogue.ts';
import { isBuiltin } from '../../sql/postgres/functions.ts';
import { type Body, tagOf } from '../../sql/postgres/nodes.ts';
import { parseStatements } from '../../sql/postgres/parser.ts';
import { formatOf } from './batch-statements.ts';
import type { Portal } from './client-state.ts';
import type { Command } from './command.ts';
import type { PostgresRequest } from './request.ts';
import type { StatementAnalyser } from './statement-text.ts';

/** One statement of a held request. */
export interface HeldStatement {
  readonly text: string;
  readonly node: Body | undefined;
  readonly analysis: Analysis;
  /** What it was bound to; undefined where its parameters have not come yet. */
  readonly portal: Portal | undefined;
}

/** The statements that a request runs, in order; those it only prepares, where it runs none. */
export function heldStatements(
  request: PostgresRequest,
  context: AnalysisContext,
  analyser: StatementAnalyser,
): readonly HeldStatement[] {
  // What will run is planned: with the limit of rows that a rule puts to it.
  const text = request.forwardedText?.text ?? request.text;
  if (text !== undefined) {
    const parsed = parseStatements(text);
    if (!parsed.ok) return [];
    return parsed.statements.map((one) => {
      const own = one.text().trim();
      return { text: own, node: one.node, analysis: analyser.analyse(own, context), portal: undefined };
    });
  }
  const executed = request.actions.flatMap((action) => (action.kind === 'execute' ? [action.portal] : []));
  const prepared = request.actions.flatMap((action) => (action.kind === 'parse' ? [action.statement] : []));
  const bound = executed.map((portal) => ({ statement: portal.statement, portal }));
  const all = bound.length > 0 ? bound : prepared.map((statement) => ({ statement, portal: undefined }));
  return all.map(({ statement, portal }) => {
    const own = statement.forwarded?.text ?? statement.text;
    const parsed = parseStatements(own);
    const node = parsed.ok && parsed.statements.length === 1 ? parsed.statements[0]?.node : undefined;
    return { text: own, node, analysis: statement.analysis, portal };
  });
}

/** Why the server is not asked for a plan; undefined where it may be, because planning it runs nothing of a user's. */
export function whyNotPlanned(held: HeldStatement, catalogue: Catalogue | undefined): string | undefined {
  const { node, analysis, portal, text } = held;
  const [first] = analysis.operations;
  if (node === undefined || first === undefined || analysis.problem !== undefined) return 'it could not be read';
  if (!EXPLAINED.has(tagOf(node) ?? '')) return `a statement of this kind (${first.kind}) has no plan`;
  if (portal === undefined && /\$\d/.test(text)) return 'its parameters are not known yet';
  const unknown = analysis.operations.find(({ access }) => access === 'unknown');
  if (unknown !== undefined) return unknown.reason ?? 'what it does cannot be known';
  const code = usersFunction(analysis, catalogue);
  // The planner computes what calls of constants give, so it would run the function before anybody approved it.
  if (code !== undefined) return `it calls ${code}, which planning could run`;
  return portal !== undefined && !isReadable(portal) ? 'its parameters are not in UTF-8' : undefined;
}

/** A function that one of the operations names and that is, or may be, written for this database. */
export function usersFunction({ operations }: Analysis, catalogue: Catalogue | undefined): string | undefined {
  const named = new Set(operations.flatMap(({ functions }) => functions));
  if (catalogue === undefined) return [...named][0];
  // Operations name functions in lower case, whatever case they have.
  const users = [...catalogue.functions].filter(([, all]) => all.some(({ language }) => !COMPILED.has(language)));
  const written = new Set(users.map(([name]) => name.toLowerCase()));
  const known = new Set([...catalogue.functions.keys()].map((name) => name.toLowerCase()));
  return [...named].find((name) => {
    const plain = name.slice(name.lastIndexOf('.') + 1);
    if (name.startsWith('pg_catalog.')) return !isBuiltin(plain);
    return written.has(plain) || !(isBuiltin(plain) || known.has(plain));
  });
}

/** The statement behind a prefix (`EXPLAIN …`), with the parameters as they came. */
export function commandFor(prefix: string, { text, portal }: HeldStatement): Command {
  if (portal === undefined) return { text: prefix + text };
  const { statement, parameters, parameterFormats } = portal;
  return { text: prefix + text, parameterTypes: statement.parameterTypes, parameters, parameterFormats };
}

/** What EXPLAIN takes (PostgreSQL manual, EXPLAIN). EXECUTE is left out: the name means nothing on another connection. */
const EXPLAINED = new Set(
  'SelectStmt InsertStmt UpdateStmt DeleteStmt MergeStmt DeclareCursorStmt CreateTableAsStmt'.split(' '),
);
const COMPILED = new Set(['c', 'internal']);

/** The connection that plans speaks UTF-8, whatever the client speaks. */
function isReadable({ parameters, parameterFormats }: Portal): boolean {
  return parameters.every((value, i) => value === null || formatOf(parameterFormats, i) === 1 || isUtf8(value));
}
