import type { Effects } from '../analysis.ts';
import { as, type Body, bodyOf, constantOf, isBody, listOf, namesOf, tagOf } from '../nodes.ts';
import { type ParsedStatement, parseStatements } from '../parser.ts';
import { effectsOf } from '../session-effects.ts';
import { readPlpgsql } from './plpgsql.ts';

/** What runs when a function is called, as far as it can be read. */
export interface ProgramBody {
  /** Its statements, and its expressions as SELECT statements. */
  readonly statements: readonly ParsedStatement[];
  /** Why a part of it cannot be known. */
  readonly problem?: string;
  readonly flags: readonly string[];
  /** The search path that it sets for itself. */
  readonly searchPath?: Effects['searchPath'];
}

/** The body of `CREATE FUNCTION …` or `CREATE PROCEDURE …` in SQL or PL/pgSQL. */
export function readRoutine(definition: string): ProgramBody {
  const parsed = parseStatements(definition);
  const only = parsed.ok && parsed.statements.length === 1 ? parsed.statements[0]?.node : undefined;
  if (only === undefined || tagOf(only) !== 'CreateFunctionStmt') return unread('its body cannot be read');
  const statement = bodyOf(only, 'CreateFunctionStmt');
  const options = optionsOf(statement['options']);
  const language = languageOf(options) ?? 'sql';
  const body = language === 'plpgsql' ? inPlpgsql(definition) : inSql(language, statement, options);
  return withSettings(withDefaults(body, statement), (options.get('set') ?? []).filter(isBody));
}

/** What stands for the arguments that a call leaves out. */
export function argumentDefaults(statement: Body): readonly Body[] {
  return listOf(statement['parameters']).flatMap((item) => {
    const value: unknown = as(item, 'FunctionParameter')?.defexpr;
    return isBody(value) ? [value] : [];
  });
}

/** They are computed with the call; the body's own last statement stays the last. */
function withDefaults(body: ProgramBody, statement: Body): ProgramBody {
  const defaults = argumentDefaults(statement).map((value) => statementOf({ SelectStmt: selectOf(value) }));
  return defaults.length === 0 ? body : { ...body, statements: [...defaults, ...body.statements] };
}

/** The block of a DO statement, given the statement's body. */
export function readDo(statement: Body): ProgramBody {
  const options = optionsOf(statement['args']);
  const language = languageOf(options) ?? 'plpgsql';
  if (language !== 'plpgsql') return unread(`it is written in ${language}, which is not looked into`);
  const code = constantOf(options.get('as')?.[0]) ?? '';
  return inPlpgsql(`DO LANGUAGE plpgsql '${code.replaceAll("'", "''")}'`);
}

function languageOf(options: ReadonlyMap<string, unknown[]>): string | undefined {
  return constantOf(options.get('language')?.[0])?.toLowerCase();
}

/** Statements that stand in a text: a rule's, a view's, one that was put together of constants. */
export function readStatements(text: string): ProgramBody {
  const parsed = parseStatements(text);
  return parsed.ok ? { statements: parsed.statements, flags: [] } : unread(parsed.problem);
}

/** The actions of a CREATE RULE, and its condition. */
export function readRule(definition: string): ProgramBody {
  const parsed = parseStatements(definition);
  const rule = parsed.ok ? as(parsed.statements[0]?.node, 'RuleStmt') : undefined;
  if (rule === undefined) return unread('it cannot be read');
  const condition = rule.whereClause === undefined ? [] : [statementOf({ SelectStmt: selectOf(rule.whereClause) })];
  return { statements: [...condition, ...listOf(rule.actions).filter(isBody).map(statementOf)], flags: [] };
}

export function readExpressions(texts: readonly string[]): ProgramBody {
  return joined(texts.map((text) => readStatements(`SELECT ${text}`)));
}

export function unread(problem: string, flags: readonly string[] = []): ProgramBody {
  return { statements: [], problem, flags };
}

function inPlpgsql(text: string): ProgramBody {
  if (VARIABLES_FIRST.test(text)) return unread('its variables come before the columns of its statements');
  const read = readPlpgsql(text);
  if (!read.ok) return unread(read.problem);
  const { statements, expressions, dynamic, endsTransactions } = read.texts;
  // a variable or a constant by itself does nothing
  const telling = [...expressions, ...dynamic].filter((expression) => !/^\s*\w*\s*$/.test(expression));
  return joined([
    ...statements.map(readStatements),
    readExpressions(telling),
    ...dynamic.map(readDynamic),
    ...(endsTransactions ? [readStatements('COMMIT')] : []),
  ]);
}

/** What looks like a column in such a body may be a variable, which may hold anything (PostgreSQL manual, 41.11.1). */
const VARIABLES_FIRST = /#\s*variable_conflict\s+use_variable/i;

/** `EXECUTE`: a constant is a statement like others, anything else is not known. */
function readDynamic(expression: string): ProgramBody {
  const parsed = parseStatements(`SELECT ${expression}`);
  const [only] = parsed.ok ? parsed.statements : [];
  const [target] = only === undefined ? [] : listOf(as(only.node, 'SelectStmt')?.targetList);
  const text = constantText(as(target, 'ResTarget')?.val);
  if (text !== undefined) return readStatements(text);
  return unread('it executes a text that it puts together', ['dynamic-sql']);
}

/** A constant, or constants put together. */
function constantText(node: unknown): string | undefined {
  const joining = as(node, 'A_Expr');
  if (joining?.kind !== 'AEXPR_OP' || namesOf(joining.name).join('.') !== '||') return constantOf(node);
  const left = constantText(joining.lexpr);
  const right = constantText(joining.rexpr);
  return left === undefined || right === undefined ? undefined : left + right;
}

function inSql(language: string, statement: Body, options: ReadonlyMap<string, unknown[]>): ProgramBody {
  if (language !== 'sql') return unread(`it is written in ${language}, which is not looked into`);
  const standard = statement['sql_body'];
  if (standard !== undefined) return { statements: standardBody(standard), flags: [] };
  const [code] = options.get('as') ?? [];
  const text = constantOf(as(code, 'List')?.items?.[0] ?? code);
  return text === undefined ? unread('its body cannot be read') : readStatements(text);
}

/** `RETURN expression`, or the statements of `BEGIN ATOMIC … END`. */
function standardBody(node: unknown): readonly ParsedStatement[] {
  const value = as(node, 'ReturnStmt')?.returnval;
  if (value !== undefined) return [statementOf({ SelectStmt: selectOf(value) })];
  const nodes = listOf(as(node, 'List')?.items).flatMap((item) => listOf(as(item, 'List')?.items));
  return nodes.filter(isBody).map((item) => {
    const returned = as(item, 'ReturnStmt')?.returnval;
    return statementOf(returned === undefined ? item : { SelectStmt: selectOf(returned) });
  });
}

function selectOf(value: unknown): Body {
  return { targetList: [{ ResTarget: { val: value } }], limitOption: 'LIMIT_OPTION_DEFAULT', op: 'SETOP_NONE' };
}

function statementOf(node: Body): ParsedStatement {
  return { node, text: () => '', span: () => ({ start: 0, end: 0 }) };
}

/** `SET name TO value` in the head of a function holds while it runs; all but the search path are statements of it. */
function withSettings(body: ProgramBody, settings: readonly Body[]): ProgramBody {
  let { searchPath } = body;
  const others: ParsedStatement[] = [];
  for (const node of settings) {
    const statement = statementOf(node);
    const path = effectsOf('VariableSetStmt', bodyOf(node, 'VariableSetStmt'), statement, false).searchPath;
    if (path === undefined) others.push(statement);
    else searchPath = path;
  }
  const statements = others.length === 0 ? body.statements : [...others, ...body.statements];
  return { ...body, statements, ...(searchPath === undefined ? {} : { searchPath }) };
}

function joined(bodies: readonly ProgramBody[]): ProgramBody {
  const problem = bodies.find((body) => body.problem !== undefined)?.problem;
  return {
    statements: bodies.flatMap((body) => body.statements),
    flags: [...new Set(bodies.flatMap((body) => body.flags))],
    ...(problem === undefined ? {} : { problem }),
  };
}

function optionsOf(list: unknown): ReadonlyMap<string, unknown[]> {
  const options = new Map<string, unknown[]>();
  for (const item of listOf(list)) {
    const option = as(item, 'DefElem');
    if (option?.defname === undefined) continue;
    const known = options.get(option.defname);
    if (known === undefined) options.set(option.defname, [option.arg]);
    else known.push(option.arg);
  }
  return options;
}
