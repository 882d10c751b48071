import type { ColumnSource, Operation, OutputColumn } from '../../src/model/request.ts';
import type { AnalysisContext } from '../../src/sql/postgres/analysis.ts';
import {
  buildCatalogue,
  type Catalogue,
  type CatalogueColumn,
  type CatalogueRelation,
  type Volatility,
} from '../../src/sql/postgres/catalogue.ts';
import type { CatalogueFunction } from '../../src/sql/postgres/programs.ts';

/** A small database: a shop, a schema apart, a view of each kind, a partition, and some of pg_catalog. */
export function shopCatalogue(searchPath: readonly string[] = ['public']): Catalogue {
  return buildCatalogue({
    version: 1,
    searchPath,
    relations: [
      table(1, 'public', 'users', 'id name email phone meta tags'),
      table(2, 'public', 'orders', 'id user_id total note'),
      table(3, 'public', 'notes', 'id body author'),
      table(4, 'app', 'secret', 'k v'),
      table(11, 'app', 'notes', 'id body'),
      { ...table(5, 'public', 'v_users', 'id mail'), kind: 'view', definition: V_USERS },
      { ...table(6, 'public', 'v_broken', 'id mail'), kind: 'view', definition: 'SELECT FROM' },
      {
        ...table(7, 'public', 'm_users', 'email'),
        kind: 'matview',
        definition: 'SELECT v.mail FROM public.v_users v;',
      },
      { ...table(8, 'public', 'events', 'id who'), kind: 'partitioned' },
      { ...table(9, 'public', 'events_2026', 'id who'), parents: [8] },
      generated(table(10, 'public', 'priced', 'net gross'), 'gross'),
      table(20, 'pg_catalog', 'pg_class', 'oid relname relkind relnamespace relowner'),
      table(21, 'pg_catalog', 'pg_namespace', 'oid nspname'),
      table(22, 'pg_catalog', 'pg_authid', 'oid rolname rolpassword'),
      { ...table(23, 'pg_catalog', 'pg_settings', 'name setting'), kind: 'view' },
      { ...table(24, 'pg_catalog', 'pg_stats', 'tablename most_common_vals'), kind: 'view' },
    ],
    functions: [
      routine('public', 'tidy', 'immutable', 'sql', 'SELECT trim($1)'),
      routine('public', 'look_up', 'stable', 'plpgsql', 'BEGIN RETURN (SELECT body FROM public.notes LIMIT 1); END'),
      { schema: 'public', name: 'wipe', volatility: 'volatile', language: 'plpgsql' },
      { schema: 'public', name: 'gen_salt', volatility: 'volatile', language: 'c' },
      { schema: 'app', name: 'lower', volatility: 'volatile', language: 'plpgsql' },
      { schema: 'public', name: 'status', volatility: 'volatile', language: 'sql' },
    ],
  });
}

const V_USERS = ' SELECT u.id,\n    lower(u.email) AS mail\n   FROM public.users u;';

/** A context with this catalogue, prepared statements and cursors. */
export function contextOf(
  catalogue: Catalogue | undefined,
  prepared: Readonly<Record<string, string>> = {},
  cursors: Readonly<Record<string, string>> = {},
): AnalysisContext {
  return { catalogue, prepared: (name) => prepared[name], cursor: (name) => cursors[name] };
}

/** `delete write w:public.users fn:now [returning] unrestrained`: an operation on one line. */
export function lineOf(operation: Operation): string {
  const tables = operation.tables.map(({ schema, name, use }) => `${use === 'read' ? 'r' : 'w'}:${schema}.${name}`);
  const functions = operation.functions.length > 0 ? [`fn:${operation.functions.join(',')}`] : [];
  const flags = operation.flags.length > 0 ? [`[${operation.flags.join(' ')}]`] : [];
  const where = operation.hasWhere ? [] : ['unrestrained'];
  return [operation.kind, operation.access, ...tables, ...functions, ...flags, ...where].join(' ');
}

/** `email=users.email! n=users.id+users.name x=?`: names, sources (`public` left out), `!` for plain. */
export function outputsLine(outputs: readonly OutputColumn[] | undefined): string {
  if (outputs === undefined) return 'not known';
  return outputs.map(outputText).join(' ');
}

function outputText({ name, sources, plain }: OutputColumn): string {
  if (sources === 'unknown') return `${name}=?`;
  const texts = sources.map(({ schema, table, column }) =>
    [...(schema === 'public' ? [] : [schema]), table, column].join('.'),
  );
  return `${name}=${texts.join('+')}${plain ? '!' : ''}`;
}

function routine(
  schema: string,
  name: string,
  volatility: Volatility,
  language: string,
  body: string,
): CatalogueFunction {
  const definition = `CREATE FUNCTION ${schema}.${name}(text) RETURNS text LANGUAGE ${language} AS $_$${body}$_$`;
  return { schema, name, volatility, language, definition };
}

function table(oid: number, schema: string, name: string, columns: string): CatalogueRelation {
  const listed = columns.split(' ').map((column, index) => ({ attnum: index + 1, name: column, type: 25 }));
  return { oid, schema, name, kind: 'table', columns: listed };
}

function generated(relation: CatalogueRelation, name: string): CatalogueRelation {
  const mark = (column: string): Partial<CatalogueColumn> =>
    column === name ? { generated: true, expression: 'net * 2' } : {};
  return { ...relation, columns: relation.columns.map((column) => Object.assign({}, column, mark(column.name))) };
}

/** `o:users.email f:users.id w:notes.body | notes.body<users.email`: columns by use, then what is copied into what. */
export function columnsLine({ columns, copies = [] }: Pick<Operation, 'columns' | 'copies'>): string {
  const uses = columns === 'unknown' ? ['?'] : (columns ?? []).map((one) => `${one.use.charAt(0)}:${columnText(one)}`);
  const copied = copies.map(({ into, from, temporary }) => {
    const sources = from === 'unknown' ? '?' : from.map(columnText).join('+');
    return `${columnText(into)}${temporary === true ? '~' : ''}<${sources}`;
  });
  return [...uses, ...(copied.length === 0 ? [] : ['|', ...copied])].join(' ');
}

function columnText({ schema, table, column }: ColumnSource): string {
  return [...(schema === 'public' ? [] : [schema]), table, column].join('.');
}
