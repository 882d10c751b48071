import type { ResultColumn } from '../../model/reply.ts';
import type { ColumnSource, OutputColumn } from '../../model/request.ts';
import { type Catalogue, type CatalogueRelation, columnOf } from '../../sql/postgres/catalogue.ts';
import { ancestorsOf, descendantsOf } from '../../sql/postgres/inheritance.ts';
import { BodyReader } from './codec.ts';
import { valueType } from './value-types.ts';

/**
 * The columns of a RowDescription (manual, 55.7), each with what its value derives from. The server names the source
 * of a plain column reference; the statement's own tree says the rest; where neither does, it is unknown.
 */
export function resultColumns(
  body: Buffer,
  outputs: readonly OutputColumn[] | undefined,
  catalogue: Catalogue | undefined,
): readonly ResultColumn[] {
  const reader = new BodyReader(body);
  const count = reader.int16();
  const told = outputs?.length === count ? outputs : undefined;
  const columns: ResultColumn[] = [];
  for (let i = 0; i < count; i++) {
    const name = reader.cstring().toString('utf8');
    const table = reader.uint32();
    const attribute = reader.int16();
    const type = valueType(reader.uint32());
    reader.bytes(6);
    const format = reader.int16() === 1 ? 'binary' : 'text';
    const { sources, plain, json } = sourcesOf(table, attribute, told?.[i], catalogue);
    columns.push({ name, type, format, sources, plain, ...(json && { json }) });
  }
  reader.end();
  return columns;
}

type Sources = Pick<ResultColumn, 'sources' | 'plain' | 'json'>;

function sourcesOf(
  table: number,
  attribute: number,
  output: OutputColumn | undefined,
  catalogue: Catalogue | undefined,
): Sources {
  // A whole row has the number 0; the server says of it whose it is, and the statement's tree what is in it.
  if (table === 0 || attribute === 0) return output === undefined ? { sources: 'unknown', plain: false } : output;
  const relation = catalogue?.relationsByOid.get(table);
  const named = catalogue === undefined ? undefined : columnOf(catalogue, table, attribute);
  if (relation === undefined || named === undefined) return { sources: 'unknown', plain: false };
  if (relation.kind === 'view' || relation.kind === 'matview') {
    return output === undefined || output.sources === 'unknown'
      ? { sources: 'unknown', plain: false }
      : { sources: [...output.sources, named], plain: output.plain };
  }
  const columns = [named, ...inherited(named, relation, catalogue)];
  // What RETURNING gives as a column of the table may just have been written from another.
  if (output === undefined) return { sources: columns, plain: true };
  return { sources: output.sources === 'unknown' ? 'unknown' : [...columns, ...output.sources], plain: output.plain };
}

/**
 * A column of a partition or a child table is also the column of that name of its parents; a parent's rows come with
 * those of its children, of which the statement's own tree knows more where it is known.
 */
function inherited(
  column: ColumnSource,
  relation: CatalogueRelation,
  catalogue: Catalogue | undefined,
): ColumnSource[] {
  if (catalogue === undefined) return [];
  const relatives = [...ancestorsOf(relation, catalogue), ...descendantsOf(relation, catalogue)];
  return relatives.map(({ schema, name }) => ({ schema, table: name, column: column.column }));
}
