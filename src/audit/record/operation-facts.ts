import type { ColumnSource, Operation, TableUse } from '../../model/request.ts';

/** What an operation does with tables and columns, by their names: what a person reads of it. */
export interface OperationFacts {
  /** Columns whose values can be read in the reply. */
  readonly reads: readonly string[];
  /** Columns that decide which rows or values come out. */
  readonly filters: readonly string[];
  readonly writes: readonly string[];
  readonly copies: readonly { readonly into: string; readonly from: readonly string[]; readonly temporary: boolean }[];
  /** The strongest lock on a table. */
  readonly lock?: string;
  /** True where its columns cannot be told, which counts as every column of its tables. */
  readonly unknown: boolean;
}

/** What the facts are of. Loose in what may be absent, for a reader of the log parses it. */
interface Judged {
  readonly columns?: Operation['columns'] | undefined;
  readonly copies?:
    | readonly {
        readonly into: ColumnSource;
        readonly from: readonly ColumnSource[] | 'unknown';
        readonly temporary?: true | undefined;
      }[]
    | undefined;
  readonly lock?: string | undefined;
}

/** Stands for the columns that cannot be told. */
const ANY = '?';

/** Of an operation as policy judged it, or as a reader of the log has it. */
export function operationFacts({ columns = [], copies = [], lock }: Judged): OperationFacts {
  const known = columns === 'unknown' ? [] : columns;
  const used = (use: string) => [...new Set(known.filter((column) => column.use === use).map(columnName))];
  return {
    reads: used('output'),
    filters: used('filter'),
    writes: used('write'),
    copies: copies.map(({ into, from, temporary }) => ({
      into: columnName(into),
      from: from === 'unknown' ? [ANY] : [...new Set(from.map(columnName))],
      temporary: temporary === true,
    })),
    ...(lock === undefined ? {} : { lock }),
    unknown: columns === 'unknown',
  };
}

/** In one line: `reads a.b; filters by a.c; copies a.b into d.e; locks row-exclusive`. Empty where there is nothing to tell. */
export function factsLine({ reads, filters, writes, copies, lock, unknown }: OperationFacts): string {
  const parts = [
    unknown ? 'may touch any column of its tables' : '',
    reads.length === 0 ? '' : `reads ${reads.join(', ')}`,
    filters.length === 0 ? '' : `filters by ${filters.join(', ')}`,
    writes.length === 0 ? '' : `writes ${writes.join(', ')}`,
    ...copies.map(
      ({ into, from, temporary }) =>
        `copies ${from.length === 0 ? 'nothing of a table' : from.join(', ')} into ${into}${temporary ? ' for this session' : ''}`,
    ),
    lock === undefined ? '' : `locks ${lock}`,
  ];
  return parts.filter((part) => part !== '').join('; ');
}

/** `public.customers.email`; without a schema where that is not known. */
export function columnName({ schema, table, column }: ColumnSource): string {
  return `${tableName({ schema, name: table })}.${column}`;
}

function tableName({ schema, name }: Pick<TableUse, 'schema' | 'name'>): string {
  return schema === '' ? name : `${schema}.${name}`;
}
