import { Fault } from '../model/fault.ts';
import { mintId, type TargetName } from '../model/ids.ts';
import { LIMITS } from '../model/limits.ts';
import type { ClassifiedColumn, InheritedColumn, Target } from '../model/target.ts';
import {
  deleteInheritedClass,
  type InheritedClassRow,
  keepInheritedClasses,
  readInheritedClasses,
} from '../store/class-rows.ts';
import { reloadOn } from '../store/reload-on.ts';
import type { Store } from '../store/store.ts';
import type { TargetDirectory } from './target-directory.ts';

/** What is told of a column that inherited its class. */
export interface InheritedClass extends InheritedColumn {
  readonly id: string;
  readonly target: string;
  readonly run: string;
  readonly session: string;
  readonly exchange: number;
  /** RFC 3339. */
  readonly at: string;
}

/** Columns and the exchange that copies into them. */
export interface Copied {
  readonly target: TargetName;
  readonly run: string;
  readonly session: string;
  readonly exchange: number;
  readonly columns: readonly InheritedColumn[];
}

/** Which columns are classified, as declared and as inherited by copies. */
export interface InheritedClasses extends Disposable {
  /** The same array while nothing changed. The target's own where it was removed meanwhile. */
  of(target: Target): readonly ClassifiedColumn[];
  list(target: string): readonly InheritedClass[];
  /** In the store, in the log and in force before it resolves. Throws a `Fault`; then it may be kept all the same. */
  keep(copied: Copied): Promise<void>;
  /** Takes one back that is not right; false where there is no such. In force before it resolves. */
  remove(target: string, id: string): Promise<boolean>;
}

export interface InheritedClassesParts {
  readonly store: Store;
  readonly targets: Pick<TargetDirectory, 'get'>;
  readonly note: (copied: Copied) => Promise<void>;
  readonly now: () => number;
  readonly random: (bytes: number) => Uint8Array;
  readonly onFault: (fault: unknown) => void;
}

export async function openInheritedClasses(parts: InheritedClassesParts): Promise<InheritedClasses> {
  const { store, targets, note, now, random, onFault } = parts;
  let byTarget: ReadonlyMap<string, readonly InheritedClass[]> = new Map();
  const combined = new Map<string, Combined>();
  const load = async (): Promise<void> => {
    const rows = await readInheritedClasses(store);
    byTarget = Map.groupBy(rows.map(read), ({ target }) => target);
  };
  const { reload, stop } = reloading(load, onFault);
  const unwatch = reloadOn(store, 'classes', reload, onFault);
  await reload();
  return {
    of: (target) => {
      const { classified } = targets.get(target.name) ?? target;
      const inherited = byTarget.get(target.name) ?? [];
      const known = combined.get(target.name);
      if (known?.classified === classified && known.inherited === inherited) return known.all;
      const all = inherited.length === 0 ? classified : [...classified, ...inherited];
      combined.set(target.name, { classified, inherited, all });
      return all;
    },
    list: (target) => byTarget.get(target) ?? [],
    async keep(copied) {
      const at = new Date(now()).toISOString();
      const rows = copied.columns.map((column) => rowOf(copied, column, mintId('cls', now(), random), at));
      const kept = await keepInheritedClasses(store, copied.target, rows, LIMITS.maxInheritedClasses);
      if (kept === 'full') {
        throw new Fault('internal', `the target ${copied.target} has ${LIMITS.maxInheritedClasses} inherited classes`);
      }
      await note(copied);
      await reload();
    },
    async remove(target, id) {
      const isGone = await deleteInheritedClass(store, target, id);
      await reload();
      return isGone;
    },
    [Symbol.dispose]: () => {
      stop();
      unwatch();
    },
  };
}

interface Combined {
  readonly classified: readonly ClassifiedColumn[];
  readonly inherited: readonly InheritedClass[];
  readonly all: readonly ClassifiedColumn[];
}

/** One reading at a time, so that an older one never replaces a newer; one that failed is tried again by itself. */
function reloading(load: () => Promise<void>, onFault: (fault: unknown) => void) {
  let loading = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;
  let isOver = false;
  const reload = (): Promise<void> => {
    const after = loading.catch(() => undefined /* Whoever asked for that one was told. */).then(load);
    loading = after;
    after.then(
      () => clearTimeout(timer),
      () => {
        clearTimeout(timer);
        // A reading that was under way at the end finds the store closed, and tries no more.
        if (!isOver) timer = setTimeout(() => void reload().catch(onFault), LIMITS.inheritedRetryMs).unref();
      },
    );
    return after;
  };
  const stop = () => {
    isOver = true;
    clearTimeout(timer);
  };
  return { reload, stop };
}

function read(row: InheritedClassRow): InheritedClass {
  return {
    id: row.id,
    target: row.target,
    schema: row.schema_name,
    table: row.table_name,
    column: row.column_name,
    class: row.class,
    ...(row.mask === null ? {} : { mask: row.mask }),
    from: JSON.parse(row.sources) as readonly string[],
    run: row.run_id,
    session: row.session_id,
    exchange: row.exchange,
    at: row.created_at,
  };
}

function rowOf(
  { target, run, session, exchange }: Copied,
  { schema, table, column, class: of, mask, from }: InheritedColumn,
  id: string,
  at: string,
): InheritedClassRow {
  return {
    id,
    target,
    schema_name: schema,
    table_name: table,
    column_name: column,
    class: of,
    mask: mask === 'null' ? 'null' : null,
    sources: JSON.stringify(from),
    run_id: run,
    session_id: session,
    exchange,
    created_at: at,
  };
}
