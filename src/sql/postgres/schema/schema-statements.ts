import type { CatalogueColumn, CatalogueRelation } from '../catalogue.ts';
import { as, type Body, constantOf, isBody, listOf, namesOf, tagOf, textOf } from '../nodes.ts';
import { builtinType } from './builtin-type.ts';
import { generatedBy } from './generated-by.ts';
import { addReference, createFunction, createRule, createTrigger, dropProgram } from './schema-programs.ts';
import type { NewColumn, SchemaText } from './schema-text.ts';
import { definitionOf } from './view-definition.ts';

/** Takes one statement into the schema; says what of it cannot be. What is not in this table changes no catalogue. */
type Reader = (schema: SchemaText, body: Body, text: string) => string | undefined;

export const STATEMENTS: Readonly<Record<string, Reader>> = {
  CreateSchemaStmt: (schema, body, text) => {
    for (const element of listOf(body['schemaElts'])) {
      const tag = tagOf(element);
      if (!isBody(element) || tag === undefined) continue;
      const problem = STATEMENTS[tag]?.(schema, within(element[tag], textOf(body['schemaname'])), text);
      if (problem !== undefined) return problem;
    }
    return undefined;
  },
  CreateStmt: (schema, body, text) =>
    createTable(schema, body, isBody(body['partspec']) ? 'partitioned' : 'table', text),
  CreateForeignTableStmt: (schema, body, text) => createTable(schema, bodyAt(body, 'base'), 'foreign', text),
  CreateSeqStmt: (schema, body) => {
    schema.put({ ...nameOf(schema, body['sequence']), kind: 'sequence', columns: SEQUENCE });
    return undefined;
  },
  ViewStmt: (schema, body, text) => createView(schema, body['view'], body, 'view', text, listOf(body['aliases'])),
  CreateTableAsStmt: (schema, body, text) => {
    const into = bodyAt(body, 'into');
    const isView = body['objtype'] === 'OBJECT_MATVIEW';
    return createView(schema, into['rel'], body, isView ? 'matview' : 'table', text, listOf(into['colNames']));
  },
  CreateFunctionStmt: createFunction,
  CreateTrigStmt: createTrigger,
  RuleStmt: createRule,
  AlterTableStmt: alterTable,
  RenameStmt: rename,
  AlterObjectSchemaStmt: (schema, body) => {
    const found = relationAt(schema, body['relation']);
    if (found === undefined) return undefined;
    schema.drop(found);
    schema.put({ ...found, schema: textOf(body['newschema']) });
    return undefined;
  },
  DropStmt: drop,
  VariableSetStmt: (schema, body) => {
    if (body['name'] !== 'search_path') return undefined;
    const names = listOf(body['args']).map((one) => constantOf(one) ?? '');
    schema.searchPath = names.filter((name) => name !== '$user' && name !== '');
    return undefined;
  },
  SelectStmt: (schema, body) => setPath(schema, body),
  DefineStmt: (_schema, body) =>
    HARMLESS_DEFINITIONS.has(textOf(body['kind']))
      ? undefined
      : 'what an operator or an aggregate runs is not known here',
  CreateCastStmt: () => 'what a cast runs is not known here',
  CreateEventTrigStmt: () => 'what an event trigger runs is not known here',
  CreatePolicyStmt: () => 'what a policy of row security runs is not known here',
  DoStmt: () => 'what a DO block makes is not known here',
};

const HARMLESS_DEFINITIONS: ReadonlySet<string> = new Set(['OBJECT_TYPE', 'OBJECT_COLLATION']);

function createTable(
  schema: SchemaText,
  body: Body,
  kind: 'table' | 'partitioned' | 'foreign',
  text: string,
): string | undefined {
  const name = nameOf(schema, body['relation']);
  if (body['if_not_exists'] === true && schema.find(name.schema, name.name) !== undefined) return undefined;
  const parents = listOf(body['inhRelations']).map((one) => relationAt(schema, rangeOf(one)));
  const columns: NewColumn[] = parents.flatMap((parent) => parent?.columns.map(unplaced) ?? []);
  const problems: string[] = parents.includes(undefined) ? ['what it inherits from is not known'] : [];
  if (body['ofTypename'] !== undefined) problems.push('the columns of a typed table are not known');
  for (const element of listOf(body['tableElts'])) {
    const column = as(element, 'ColumnDef');
    const like = as(element, 'TableLikeClause');
    if (column !== undefined) merge(columns, columnOf(column as unknown as Body, text));
    if (like === undefined) continue;
    const copied = relationAt(schema, like.relation);
    if (copied === undefined) problems.push('what it is like is not known');
    else for (const one of copied.columns) merge(columns, { name: one.name, type: one.type });
  }
  const oids = parents.flatMap((parent) => parent?.oid ?? []);
  const made = schema.put({ ...name, kind, columns, ...(oids.length === 0 ? {} : { parents: oids }) });
  for (const element of listOf(body['tableElts'])) {
    for (const constraint of [element, ...listOf(as(element, 'ColumnDef')?.constraints)]) {
      const problem = made === undefined ? undefined : addReference(schema, made.oid, constraint);
      if (problem !== undefined) problems.push(problem);
    }
  }
  return problems[0];
}

/** A view, or a table that a query fills: its columns are those of the query. */
function createView(
  schema: SchemaText,
  range: unknown,
  body: Body,
  kind: 'view' | 'matview' | 'table',
  text: string,
  aliases: readonly unknown[],
): string | undefined {
  const name = nameOf(schema, range);
  const definition = definitionOf(text, body['query'], schema);
  const found = definition === undefined ? undefined : schema.columnsOf(definition);
  const named = namesOf(aliases);
  const names = found?.map((one, index) => named[index] ?? one) ?? named;
  const columns = names.map((one) => ({ name: one, type: 0 }));
  schema.put({ ...name, kind, columns, ...(kind === 'table' || definition === undefined ? {} : { definition }) });
  return found === undefined ? `the columns of ${name.schema}.${name.name} cannot be told` : undefined;
}

function alterTable(schema: SchemaText, body: Body, text: string): string | undefined {
  const found = relationAt(schema, body['relation']);
  if (found === undefined) return undefined;
  const columns: NewColumn[] = found.columns.map(unplaced);
  const parents = [...(found.parents ?? [])];
  const problems: string[] = [];
  let isSecured = found.rowSecurity === true;
  for (const one of listOf(body['cmds'])) {
    const command = as(one, 'AlterTableCmd');
    if (command === undefined) continue;
    const { subtype, name, def } = command;
    const column = as(def, 'ColumnDef');
    const partition = as(def, 'PartitionCmd');
    const parent = subtype === 'AT_AddInherit' ? relationAt(schema, rangeOf(def)) : undefined;
    if (subtype === 'AT_AddColumn' && column !== undefined) columns.push(columnOf(column as unknown as Body, text));
    const dropped = subtype === 'AT_DropColumn' ? columns.findIndex((existing) => existing.name === name) : -1;
    if (dropped >= 0) columns.splice(dropped, 1);
    if (parent !== undefined) parents.push(parent.oid);
    if (subtype === 'AT_EnableRowSecurity') isSecured = true;
    const problem = subtype === 'AT_AddConstraint' ? addReference(schema, found.oid, def) : undefined;
    if (problem !== undefined) problems.push(problem);
    const attached = subtype === 'AT_AttachPartition' ? relationAt(schema, partition?.name) : undefined;
    if (attached !== undefined) schema.put({ ...attached, parents: [...(attached.parents ?? []), found.oid] });
  }
  schema.put({
    ...found,
    columns,
    ...(parents.length === 0 ? {} : { parents }),
    ...(isSecured ? { rowSecurity: true as const } : {}),
  });
  return problems[0];
}

function rename(schema: SchemaText, body: Body): string | undefined {
  const to = textOf(body['newname']);
  if (body['renameType'] === 'OBJECT_SCHEMA') {
    const from = textOf(body['subname']);
    for (const one of [...schema.relations.values()].filter((relation) => relation.schema === from)) {
      schema.drop(one);
      schema.put({ ...one, schema: to });
    }
    return undefined;
  }
  const found = relationAt(schema, body['relation']);
  if (found === undefined) return undefined;
  if (body['renameType'] === 'OBJECT_COLUMN') {
    const from = textOf(body['subname']);
    schema.put({ ...found, columns: found.columns.map((one) => (one.name === from ? { ...one, name: to } : one)) });
    return undefined;
  }
  schema.drop(found);
  schema.put({ ...found, name: to });
  return undefined;
}

const PROGRAMS: ReadonlySet<string> = new Set([
  'OBJECT_FUNCTION',
  'OBJECT_PROCEDURE',
  'OBJECT_ROUTINE',
  'OBJECT_TRIGGER',
]);

function drop(schema: SchemaText, body: Body): string | undefined {
  const kind = textOf(body['removeType']);
  for (const object of listOf(body['objects'])) {
    if (PROGRAMS.has(kind)) {
      dropProgram(schema, kind, object);
      continue;
    }
    if (kind === 'OBJECT_SCHEMA') {
      const name = constantOf(object);
      for (const one of schema.relations.values()) if (one.schema === name) schema.drop(one);
      continue;
    }
    const names = namesOf(as(object, 'List')?.items);
    const found = schema.find(names.length > 1 ? (names.at(-2) ?? '') : '', names.at(-1) ?? '');
    if (found !== undefined) schema.drop(found);
  }
  return undefined;
}

/** `SELECT pg_catalog.set_config('search_path', '', false)`, which pg_dump begins with. */
function setPath(schema: SchemaText, body: Body): string | undefined {
  const [target] = listOf(body['targetList']);
  const call = as(as(target, 'ResTarget')?.val, 'FuncCall');
  if (namesOf(call?.funcname).at(-1) !== 'set_config') return undefined;
  const [name, value = ''] = listOf(call?.args).map(constantOf);
  if (name === 'search_path') schema.searchPath = value.split(',').flatMap((one) => one.trim() || []);
  return undefined;
}

/** A column of a name that is there already is the same column. */
function merge(columns: NewColumn[], column: NewColumn): void {
  const at = columns.findIndex(({ name }) => name === column.name);
  if (at < 0) columns.push(column);
  else columns[at] = column;
}

function columnOf(body: Body, text: string): NewColumn {
  const generated = listOf(body['constraints'])
    .map((one) => as(one, 'Constraint'))
    .find((one) => one?.contype === 'CONSTR_GENERATED');
  const column = { name: textOf(body['colname']), type: builtinType(body['typeName']) };
  if (generated === undefined) return column;
  const expression = generatedBy(text, generated.location ?? 0);
  return { ...column, generated: true, ...(expression === undefined ? {} : { expression }) };
}

function unplaced({ attnum: _attnum, ...column }: CatalogueColumn): NewColumn {
  return column;
}

/** The columns of every sequence. */
const SEQUENCE: readonly NewColumn[] = [
  { name: 'last_value', type: 20 },
  { name: 'log_cnt', type: 20 },
  { name: 'is_called', type: 16 },
];

function bodyAt(body: Body, key: string): Body {
  const inner = body[key];
  return isBody(inner) ? inner : {};
}

/** A RangeVar stands without its tag where only one can be, and with it in lists. */
function rangeOf(value: unknown): unknown {
  return as(value, 'RangeVar') ?? value;
}

function nameOf(schema: SchemaText, range: unknown): { readonly schema: string; readonly name: string } {
  const body = isBody(range) ? range : {};
  const isTemporary = body['relpersistence'] === 't';
  return {
    schema: textOf(body['schemaname']) || (isTemporary ? 'pg_temp' : schema.firstSchema),
    name: textOf(body['relname']),
  };
}

function relationAt(schema: SchemaText, range: unknown): CatalogueRelation | undefined {
  const body = isBody(range) ? range : {};
  return schema.find(textOf(body['schemaname']), textOf(body['relname']));
}

/** The statement of a schema element, whose name without a schema is in that schema. */
function within(element: unknown, name: string): Body {
  const body = isBody(element) ? element : {};
  const key = ['relation', 'view', 'sequence'].find((one) => isBody(body[one]));
  if (key === undefined) return body;
  return { ...body, [key]: { schemaname: name, ...bodyAt(body, key) } };
}
