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
      const [strict, others] = [rows.filter(({ mask }) => mask === 'null'), rows.filter(({ mask }) => mask === null)];
      for (const some of inChunks(others)) {
        const insert = trx.insertInto('inherited_classes').values([...some]);
        await insert.onConflict((conflict) => conflict.columns(SAME).doNothing()).execute();
      }
      for (const some of inChunks(strict)) {
        const insert = trx.insertInto('inherited_classes').values([...some]);
        await insert.onConflict((conflict) => conflict.columns(SAME).doUpdateSet({ mask: 'null' })).execute();
      }
      return 'kept';
    },
    [TOPIC],
  );
}

const SAME = ['target', 'schema_name', 'table_name', 'column_name', 'class'] as const;
/** Rows of one statement: what it binds is limited. */
const CHUNK_ROWS = 500;

function inChunks(rows: readonly InheritedClassRow[]): readonly (readonly InheritedClassRow[])[] {
  const count = Math.ceil(rows.length / CHUNK_ROWS);
  return Array.from({ length: count }, (_, i) => rows.slice(i * CHUNK_ROWS, (i + 1) * CHUNK_ROWS));
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
