import { reachOf } from '../bodies/reach.ts';
import { type Catalogue, resolveRelation } from '../catalogue.ts';
import { effectOfReference, effectWithin } from '../functions.ts';
import { type Body, isBody, textOf } from '../nodes.ts';
import { OPAQUE } from '../operation-parts.ts';
import type { CatalogueTrigger, FunctionReference, WriteEvent } from '../programs.ts';
import { derived, NOTHING, type Origin, ofColumn, UNKNOWN } from './origin.ts';

/**
 * What triggers may put into a row before it is stored, whatever column of it: what their functions read. Where a
 * function reads no table, that is what the row holds already.
 */
export function triggeredOrigin(tag: string, body: Body, catalogue: Catalogue | undefined): Origin {
  const relation = body['relation'];
  if (catalogue === undefined || catalogue.programs.triggers.size === 0 || !isBody(relation)) return NOTHING;
  const found = resolveRelation(catalogue, textOf(relation['schemaname']), textOf(relation['relname']));
  const triggers = found === undefined ? [] : (catalogue.programs.triggers.get(found.oid) ?? []);
  const events = eventsOf(tag, body);
  return derived(triggers.filter((one) => changesRow(one, events)).map((one) => readBy(one.function, catalogue)));
}

function eventsOf(tag: string, body: Body): readonly WriteEvent[] {
  if (tag === 'UpdateStmt') return ['update'];
  if (tag === 'InsertStmt') return isBody(body['onConflictClause']) ? ['insert', 'update'] : ['insert'];
  return tag === 'MergeStmt' ? ['insert', 'update'] : [];
}

function changesRow(trigger: CatalogueTrigger, events: readonly WriteEvent[]): boolean {
  return trigger.timing !== 'after' && trigger.events.some((event) => events.includes(event));
}

/** The columns that a function's statements show to it; unknown where it calls others, or cannot be read. */
function readBy(called: FunctionReference, catalogue: Catalogue): Origin {
  const effect = effectOfReference(called, catalogue);
  if (effectWithin(effect, catalogue).result !== 'unknown') return NOTHING;
  const operations = (effect.programs ?? []).flatMap((program) => reachOf(program, catalogue).operations);
  if (operations.length === 0) return UNKNOWN;
  return derived(
    operations.map(({ columns = [], flags }) => {
      if (columns === 'unknown' || flags.includes(OPAQUE)) return UNKNOWN;
      const shown = columns.filter(({ use }) => use === 'output');
      return derived(shown.map(({ schema, table, column }) => ofColumn(schema, table, column)));
    }),
  );
}
