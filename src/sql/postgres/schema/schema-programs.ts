import type { Volatility } from '../catalogue.ts';
import { as, type Body, bodyOf, constantOf, isBody, listOf, namesOf, textOf } from '../nodes.ts';
import type { CatalogueFunction, CatalogueTrigger, FunctionReference, WriteEvent } from '../programs.ts';
import type { SchemaText } from './schema-text.ts';

/** CREATE FUNCTION and PROCEDURE; `text` is the whole statement, which is what a server tells of it. */
export function createFunction(schema: SchemaText, body: Body, text: string): undefined {
  const names = namesOf(body['funcname']);
  const options = new Map(
    listOf(body['options']).flatMap((one) => {
      const option = as(one, 'DefElem');
      return option?.defname === undefined ? [] : [[option.defname, constantOf(option.arg) ?? ''] as const];
    }),
  );
  const language = options.get('language') ?? 'sql';
  const parameters = listOf(body['parameters']).flatMap((one) => as(one, 'FunctionParameter') ?? []);
  const columns = resultColumns(schema, body, parameters);
  const isProcedure = body['is_procedure'] === true;
  schema.addFunction({
    schema: names.length > 1 ? (names.at(-2) ?? '') : schema.firstSchema,
    name: names.at(-1) ?? '',
    volatility: VOLATILITIES[options.get('volatility') ?? ''] ?? 'volatile',
    language,
    kind: isProcedure ? 'procedure' : 'function',
    ...(isProcedure ? {} : { arguments: argumentsOf(parameters) }),
    ...(options.get('security') === 'true' ? { securityDefiner: true } : {}),
    ...(bodyOf(body, 'returnType')['setof'] === true ? { returnsSet: true } : {}),
    ...(columns === undefined ? {} : { resultColumns: columns }),
    ...(language === 'sql' || language === 'plpgsql' ? { definition: text } : {}),
  });
  return undefined;
}

type Parameter = { readonly name?: string; readonly mode?: string; readonly defexpr?: unknown };

const IN: ReadonlySet<string> = new Set(['FUNC_PARAM_DEFAULT', 'FUNC_PARAM_IN', 'FUNC_PARAM_INOUT']);
const OUT: ReadonlySet<string> = new Set(['FUNC_PARAM_OUT', 'FUNC_PARAM_INOUT', 'FUNC_PARAM_TABLE']);

function argumentsOf(parameters: readonly Parameter[]): NonNullable<CatalogueFunction['arguments']> {
  const taken = parameters.filter(({ mode = '' }) => IN.has(mode));
  const isVariadic = parameters.some(({ mode }) => mode === 'FUNC_PARAM_VARIADIC');
  const optional = taken.filter(({ defexpr }) => defexpr !== undefined).length;
  return { min: taken.length - optional, max: isVariadic ? Infinity : taken.length };
}

/** Of parameters that come out or, where there are none, of the table that it returns rows of. */
function resultColumns(
  schema: SchemaText,
  body: Body,
  parameters: readonly Parameter[],
): readonly string[] | undefined {
  const out = parameters.filter(({ mode = '' }) => OUT.has(mode));
  if (out.length > 0) return out.map(({ name }) => name ?? '');
  const type = namesOf(bodyOf(body, 'returnType')['names']);
  const found = schema.find(type.length > 1 ? (type.at(-2) ?? '') : '', type.at(-1) ?? '');
  return found?.columns.map(({ name }) => name);
}

const VOLATILITIES: Readonly<Record<string, Volatility>> = {
  immutable: 'immutable',
  stable: 'stable',
  volatile: 'volatile',
};

export function createTrigger(schema: SchemaText, body: Body, text: string): string | undefined {
  const relation = isBody(body['relation']) ? body['relation'] : {};
  const table = schema.find(textOf(relation['schemaname']), textOf(relation['relname']));
  const called = functionAt(schema, namesOf(body['funcname']));
  const name = textOf(body['trigname']);
  if (table === undefined || called === undefined)
    return `the table or the function of the trigger ${name} is not known`;
  const bits = Number(body['events'] ?? 0);
  schema.triggers.push({
    table: table.oid,
    name,
    events: EVENTS.filter(([bit]) => (bits & bit) !== 0).map(([, event]) => event),
    timing: TIMINGS[Number(body['timing'] ?? 0)] ?? 'after',
    enabled: 'origin',
    function: called,
    ...(body['whenClause'] === undefined ? {} : { definition: text }),
  });
  return undefined;
}

/** pg_trigger.tgtype (catalog/pg_trigger.h). */
const EVENTS: readonly (readonly [number, WriteEvent])[] = [
  [4, 'insert'],
  [8, 'delete'],
  [16, 'update'],
  [32, 'truncate'],
];
const TIMINGS: Readonly<Record<number, CatalogueTrigger['timing']>> = { 0: 'after', 2: 'before', 64: 'instead' };

function functionAt(schema: SchemaText, names: readonly string[]): FunctionReference | undefined {
  const [name = '', of] = [names.at(-1), names.length > 1 ? names.at(-2) : undefined];
  const found = schema.functions.findLast((one) => one.name === name && (of === undefined || one.schema === of));
  return found?.oid === undefined ? undefined : { oid: found.oid, schema: found.schema, name };
}

/** A foreign key of a table, wherever it is written. `columns` are those that refer. */
export function addReference(schema: SchemaText, from: number, constraint: unknown): string | undefined {
  const key = as(constraint, 'Constraint');
  if (key?.contype !== 'CONSTR_FOREIGN') return undefined;
  const range = isBody(key.pktable) ? key.pktable : {};
  const to = schema.find(textOf(range['schemaname']), textOf(range['relname']));
  if (to === undefined) return 'the table that a foreign key refers to is not known';
  const deleted = DELETED[key.fk_del_action ?? ''];
  const updated = key.fk_upd_action !== undefined && 'cnd'.includes(key.fk_upd_action);
  schema.references.push({
    from,
    to: to.oid,
    columns: namesOf(key.pk_attrs),
    ...(deleted === undefined ? {} : { onDelete: deleted }),
    ...(updated ? { onUpdate: 'update' } : {}),
  });
  return undefined;
}

/** What becomes of the rows that refer (pg_constraint.confdeltype). */
const DELETED: Readonly<Record<string, 'delete' | 'update'>> = { c: 'delete', n: 'update', d: 'update' };

export function createRule(schema: SchemaText, body: Body, text: string): string | undefined {
  const relation = isBody(body['relation']) ? body['relation'] : {};
  const table = schema.find(textOf(relation['schemaname']), textOf(relation['relname']));
  if (table === undefined) return `the table of the rule ${textOf(body['rulename'])} is not known`;
  schema.rules.push({ table: table.oid, definition: text });
  return undefined;
}

/** DROP FUNCTION, PROCEDURE, ROUTINE, TRIGGER. Of overloads all go: which was meant hangs on types. */
export function dropProgram(schema: SchemaText, kind: string, object: unknown): void {
  if (kind === 'OBJECT_TRIGGER') {
    const names = namesOf(as(object, 'List')?.items);
    const table = schema.find(names.length > 2 ? (names.at(-3) ?? '') : '', names.at(-2) ?? '');
    remove(schema.triggers, (one) => one.table === table?.oid && one.name === names.at(-1));
    return;
  }
  const names = namesOf(as(object, 'ObjectWithArgs')?.objname);
  const of = names.length > 1 ? names.at(-2) : undefined;
  remove(schema.functions, (one) => one.name === names.at(-1) && (of === undefined || one.schema === of));
}

function remove<Item>(items: Item[], isGone: (item: Item) => boolean): void {
  const kept = items.filter((item) => !isGone(item));
  items.splice(0, items.length, ...kept);
}
