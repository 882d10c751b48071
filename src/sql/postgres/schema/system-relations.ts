import type { CatalogueRelation } from '../catalogue.ts';
import listed from './pg-catalog-relations.json' with { type: 'json' };

let made: readonly CatalogueRelation[] | undefined;

/** The relations of pg_catalog and information_schema, as PostgreSQL 18 has them; their columns' types are left out. */
export function systemRelations(): readonly CatalogueRelation[] {
  made ??= Object.entries(listed).flatMap(([schema, relations], part) =>
    Object.entries(relations).map(([name, columns], index): CatalogueRelation => {
      const isView = columns.startsWith(VIEW);
      return {
        // Below the first OID of a database's own objects, as theirs are.
        oid: 1 + part * 1_000 + index,
        schema,
        name,
        kind: isView ? 'view' : 'table',
        columns: (isView ? columns.slice(VIEW.length) : columns)
          .split(' ')
          .map((column, at) => ({ attnum: at + 1, name: column, type: 0 })),
      };
    }),
  );
  return made;
}

const VIEW = 'view: ';
