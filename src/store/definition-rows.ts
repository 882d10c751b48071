import type { Selectable } from 'kysely';
import type { DefinitionVersionsTable } from './definition-tables.ts';
import type { StoreTransaction } from './schema.ts';
import type { Store } from './store.ts';

export type DefinitionRow = Selectable<DefinitionVersionsTable>;
/** What is known of a form without reading it: texts are large. */
export type KnownDefinitionRow = Pick<DefinitionRow, (typeof KNOWN)[number]>;

const TOPIC = 'definitions';
const KNOWN = [
  'id',
  'definition',
  'digest',
  'kind',
  'name',
  'standing',
  'listed',
  'first_met_at',
  'met_at',
  'decided_at',
  'decided_by',
  'logged',
] as const;
/** Rows of one statement: what it binds is limited. */
const CHUNK_ROWS = 400;

export interface KnownDefinitions {
  readonly rows: readonly KnownDefinitionRow[];
  /** The kinds that were ever asked for. */
  readonly kinds: ReadonlySet<string>;
}

export function readKnownDefinitions(store: Store, target: string): Promise<KnownDefinitions> {
  return store.read(async (db) => {
    const of = db.selectFrom('definition_versions').where('target', '=', target);
    const rows = await of.select(KNOWN).orderBy('first_met_at').orderBy('digest').execute();
    const lists = await db.selectFrom('definition_lists').select('kind').where('target', '=', target).execute();
    return { rows, kinds: new Set(lists.map(({ kind }) => kind)) };
  });
}

/** The tools that other targets tell of: what stands beside a target's own in an agent's list. */
export async function listOtherTools(store: Store, target: string, most: number): Promise<readonly NamedTool[]> {
  const rows = await store.read((db) =>
    db
      .selectFrom('definition_versions')
      .select(['target', 'name'])
      .distinct()
      .where('kind', '=', 'tool')
      .where('listed', '=', 1)
      .where('target', '<>', target)
      .orderBy('target')
      .orderBy('name')
      .limit(most)
      .execute(),
  );
  return rows.map(({ target: of, name }) => ({ target: of, name: JSON.parse(name) as string }));
}

export interface NamedTool {
  readonly target: string;
  readonly name: string;
}

/** What a gateway met: all of it or nothing is kept. */
export interface MetRows {
  readonly target: string;
  readonly kind: string;
  readonly run: string;
  /** RFC 3339. */
  readonly at: string;
  /** Forms that this gateway did not know; another may have kept them a moment ago. */
  readonly fresh: readonly DefinitionRow[];
  /** Accept what is fresh where nobody ever asked for this kind before. */
  readonly acceptFirst: boolean;
  /** Ids of known forms that are there again, or whose time is too old. */
  readonly met: readonly string[];
  /** Ids of known forms that the target tells of no more. */
  readonly gone: readonly string[];
  /** How many forms a target may have, and how many of one definition may wait. */
  readonly most: number;
  readonly mostWaiting: number;
}

/** Keeps what was met. `full` where the target had as many as it may have: then nothing was kept. */
export function keepMetDefinitions(store: Store, met: MetRows): Promise<'kept' | 'full'> {
  return store.write(
    async (trx) => {
      const { target, kind, at } = met;
      const first = await trx
        .insertInto('definition_lists')
        .values({ target, kind, first_met_at: at })
        .onConflict((conflict) => conflict.columns(['target', 'kind']).doNothing())
        .returning('kind')
        .execute();
      if (!(await insertFresh(trx, met, first.length > 0 && met.acceptFirst))) return 'full';
      for (const some of inChunks(met.met)) {
        const set = { listed: 1, met_at: at, met_run: met.run };
        await trx.updateTable('definition_versions').set(set).where('id', 'in', some).execute();
      }
      for (const some of inChunks(met.gone)) {
        await trx.updateTable('definition_versions').set({ listed: 0 }).where('id', 'in', some).execute();
      }
      return 'kept';
    },
    [TOPIC],
  );
}

async function insertFresh(trx: StoreTransaction, met: MetRows, isAccepted: boolean): Promise<boolean> {
  if (met.fresh.length === 0) return true;
  const { count } = await trx
    .selectFrom('definition_versions')
    .select((select) => select.fn.countAll<number | string>().as('count'))
    .where('target', '=', met.target)
    .executeTakeFirstOrThrow();
  if (Number(count) + met.fresh.length > met.most) return false;
  const decided = { standing: 'accepted', decided_at: met.at, decided_by: 'gateway' } as const;
  for (const some of inChunks(met.fresh)) {
    const rows = some.map((row) => (isAccepted ? { ...row, ...decided } : row));
    const insert = trx.insertInto('definition_versions').values(rows);
    await insert.onConflict((conflict) => conflict.column('id').doUpdateSet({ listed: 1 })).execute();
  }
  await forgetWaiting(trx, met);
  return true;
}

/** A server that says something else each time fills no store: of what nobody decided the newest forms stay. */
async function forgetWaiting(trx: StoreTransaction, { fresh, mostWaiting }: MetRows): Promise<void> {
  const definitions = [...new Set(fresh.map(({ definition }) => definition))];
  for (let start = 0; start < definitions.length; start += CHUNK_ROWS) {
    const waiting = await trx
      .selectFrom('definition_versions')
      .select(['id', 'definition'])
      .where('definition', 'in', definitions.slice(start, start + CHUNK_ROWS))
      .where('standing', '=', 'waiting')
      .orderBy('listed', 'desc')
      .orderBy('first_met_at', 'desc')
      .orderBy('digest')
      .execute();
    const byDefinition = Map.groupBy(waiting, ({ definition }) => definition);
    const old = [...byDefinition.values()].flatMap((of) => of.slice(mostWaiting).map(({ id }) => id));
    for (const some of inChunks(old)) await trx.deleteFrom('definition_versions').where('id', 'in', some).execute();
  }
}

/** What a person or a token says of one form. */
export interface DefinitionDecision {
  /** Of the form. */
  readonly id: string;
  readonly target: string;
  readonly standing: 'accepted' | 'rejected';
  readonly decided_at: string;
  readonly decided_by: string;
  readonly decided_name: string;
  readonly reason: string | null;
}

/** False where the target has no such form. The log does not have it yet when this resolves: `markLogged` comes after. */
export function decideDefinition(store: Store, decision: DefinitionDecision): Promise<boolean> {
  const { target, id, ...set } = decision;
  return store.write(
    async (trx) => {
      const decided = await trx
        .updateTable('definition_versions')
        .set({ ...set, logged: 0 })
        .where('id', '=', id)
        .where('target', '=', target)
        .returning('id')
        .execute();
      return decided.length > 0;
    },
    [TOPIC],
  );
}

/** The log says of these forms what the store says. */
export function markLogged(store: Store, forms: readonly Pick<DefinitionRow, 'id' | 'standing'>[]): Promise<void> {
  return store.write(
    async (trx) => {
      for (const [standing, of] of Map.groupBy(forms, (form) => form.standing)) {
        for (const some of inChunks(of.map(({ id }) => id))) {
          const update = trx.updateTable('definition_versions').set({ logged: 1 });
          await update.where('id', 'in', some).where('standing', '=', standing).execute();
        }
      }
    },
    [TOPIC],
  );
}

/** Of all targets or of one, by target, kind and name; the forms of one definition oldest first. Without their texts. */
export function listDefinitionRows(
  store: Store,
  target: string | undefined,
): Promise<readonly Omit<DefinitionRow, 'text'>[]> {
  return store.read((db) => {
    const query = db.selectFrom('definition_versions').select([...KNOWN, ...LISTED]);
    const of = target === undefined ? query : query.where('target', '=', target);
    return of.orderBy('target').orderBy('kind').orderBy('name').orderBy('first_met_at').orderBy('digest').execute();
  });
}

const LISTED = ['target', 'findings', 'first_run', 'first_session', 'met_run', 'decided_name', 'reason'] as const;

/** All forms of one definition, oldest first. */
export function readDefinitionRows(store: Store, definition: string): Promise<readonly DefinitionRow[]> {
  return store.read((db) =>
    db
      .selectFrom('definition_versions')
      .selectAll()
      .where('definition', '=', definition)
      .orderBy('first_met_at')
      .orderBy('digest')
      .execute(),
  );
}

/** Targets of which something was met since a time (RFC 3339) that nobody decided on, with when that was last. */
export function newestListings(store: Store, since: string): Promise<readonly { target: string; at: string }[]> {
  return store.read((db) =>
    db
      .selectFrom('definition_versions')
      .select((select) => ['target', select.fn.max('first_met_at').as('at')])
      .where('standing', '=', 'waiting')
      .where('listed', '=', 1)
      .where('logged', '=', 1)
      .where('first_met_at', '>=', since)
      .groupBy('target')
      .orderBy('target')
      .execute(),
  );
}

export type NewDefinition = Pick<DefinitionRow, 'kind' | 'name' | 'findings'> & { readonly hasAccepted: boolean };

/** What a target tells of now and nobody decided on; those of which another form was accepted come first. */
export function listNewDefinitions(store: Store, target: string): Promise<readonly NewDefinition[]> {
  return store.read(async (db) => {
    const of = db.selectFrom('definition_versions').where('target', '=', target);
    const accepted = await of.select('definition').distinct().where('standing', '=', 'accepted').execute();
    const known = new Set(accepted.map(({ definition }) => definition));
    const rows = await of
      .select(['definition', 'kind', 'name', 'findings'])
      .where('standing', '=', 'waiting')
      .where('listed', '=', 1)
      .orderBy('kind')
      .orderBy('name')
      .execute();
    return rows
      .map(({ definition, ...row }) => ({ ...row, hasAccepted: known.has(definition) }))
      .toSorted((one, other) => Number(other.hasAccepted) - Number(one.hasAccepted));
  });
}

/** How many definitions are there now in a form that nobody decided on, by target. */
export async function countWaitingDefinitions(store: Store): Promise<ReadonlyMap<string, number>> {
  const rows = await store.read((db) =>
    db
      .selectFrom('definition_versions')
      .select((select) => ['target', select.fn.countAll<number | string>().as('count')])
      .where('standing', '=', 'waiting')
      .where('listed', '=', 1)
      .groupBy('target')
      .execute(),
  );
  return new Map(rows.map(({ target, count }) => [target, Number(count)]));
}

function inChunks<Item>(items: readonly Item[]): readonly (readonly Item[])[] {
  const count = Math.ceil(items.length / CHUNK_ROWS);
  return Array.from({ length: count }, (_, i) => items.slice(i * CHUNK_ROWS, (i + 1) * CHUNK_ROWS));
}
