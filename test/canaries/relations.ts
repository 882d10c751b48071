import type { Catalogue } from '../../src/sql/postgres/catalogue.ts';

/** The types that generated expressions know. */
export const KINDS = ['text', 'int', 'big', 'num', 'date', 'bool', 'json', 'texts', 'contact'] as const;
export type Kind = (typeof KINDS)[number];

export interface TypedColumn {
  readonly name: string;
  readonly kind: Kind;
}

/** A table or view that queries are made of. */
export interface BaseRelation {
  readonly schema: string;
  readonly name: string;
  readonly isTable: boolean;
  readonly columns: readonly TypedColumn[];
}

/** The relations of the three schemas, as the catalogue has them; columns of other types are left out. */
export function baseRelations(catalogue: Catalogue, typeNames: ReadonlyMap<number, string>): readonly BaseRelation[] {
  return ['rental', 'orders', 'bank'].flatMap((schema) =>
    [...(catalogue.relations.get(schema)?.values() ?? [])]
      .filter(({ kind }) => kind !== 'sequence')
      .map(({ name, kind, columns }) => ({
        schema,
        name,
        isTable: kind === 'table' || kind === 'partitioned',
        columns: columns.flatMap((column) => {
          const known = KIND_OF[typeNames.get(column.type) ?? ''];
          return known === undefined ? [] : [{ name: column.name, kind: known }];
        }),
      })),
  );
}

const KIND_OF: Readonly<Record<string, Kind>> = {
  text: 'text',
  integer: 'int',
  'rental.year': 'int',
  bigint: 'big',
  numeric: 'num',
  date: 'date',
  boolean: 'bool',
  jsonb: 'json',
  'text[]': 'texts',
  'rental.contact': 'contact',
};
