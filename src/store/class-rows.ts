import type { Selectable } from 'kysely';
import type { InheritedClassesTable } from './class-tables.ts';
import type { Store } from './store.ts';

export type InheritedClassRow = Selectable<InheritedClassesTable>;

const TOPIC = 'classes';

/** Of all targets, oldest first. */
export function readInheritedClasses(store: Store): Promise<readonly InheritedClassRow[]> {
  return store.read((db) => db.selectFrom('inherited_classes').selectAll().orderBy('id').execute());
}

/**
 * Keeps what is not kept yet: all or nothing, and nothing where the target had more than `most` then. Another gateway
 * may have kept the same a moment ago; where the masks differ, the stricter one stays.
 */
export function keepInheritedClasses(
  store: Store,
  target: string,
  rows: readonly InheritedClassRow[],
  most: number,
): Promise<'kept' | 'full'> {
  return store.write(
    async (trx) => {
      const { count } = await trx
        .selectFrom('inherited_classes')
        .select((select) => select.fn.countAll<number | string>().as('count'))
        .where('target', '=', target)
        .executeTakeFirstOrThrow();
      if (Number(count) + rows.length > most) return 'full';
      for (const row of rows) {
        const same = ['target', 'schema_name', 'table_name', 'column_name', 'class'] as const;
        await trx
          .insertInto('inherited_classes')
          .values(row)
          .onConflict((conflict) =>
            row.mask === 'null'
              ? conflict.columns(same).doUpdateSet({ mask: row.mask })
              : conflict.columns(same).doNothing(),
          )
          .execute();
      }
      return 'kept';
    },
    [TOPIC],
  );
}

/** False where there is none of this id. */
export function deleteInheritedClass(store: Store, target: string, id: string): Promise<boolean> {
  return store.write(
    async (trx) => {
      const gone = await trx
        .deleteFrom('inherited_classes')
        .where('target', '=', target)
        .where('id', '=', id)
        .returning('id')
        .execute();
      return gone.length > 0;
    },
    [TOPIC],
  );
}
