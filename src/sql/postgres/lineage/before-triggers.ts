import type { Operation, TableUse } from '../../../model/request.ts';
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

/** The columns that a function's statements show to it, and those of what it calls; unknown where it cannot be read. */
function readBy(called: FunctionReference, catalogue: Catalogue): Origin {
  const effect = effectOfReference(called, catalogue);
  if (effectWithin(effect, catalogue).result !== 'unknown') return NOTHING;
  const operations = (effect.programs ?? []).flatMap((program) => reachOf(program, catalogue).operations);
  if (operations.length === 0) return UNKNOWN;
  return derived(
    operations.map((operation) => {
      const { columns = [], flags } = operation;
      if (columns === 'unknown' || flags.includes(OPAQUE)) return readAtMost(operation, operations, catalogue);
      const shown = columns.filter(({ use }) => use === 'output');
      return derived(shown.map(({ schema, table, column }) => ofColumn(schema, table, column)));
    }),
  );
}

/**
 * What shows an operation that is not known column by column: any column of the tables that are read around it. Of a view
 * nobody knows then what is behind it.
 */
function readAtMost({ access }: Operation, around: readonly Operation[], catalogue: Catalogue): Origin {
  if (access === 'unknown') return UNKNOWN;
  const tables = around.flatMap((one) => one.tables);
  const isPlain = ({ schema, name }: TableUse): boolean => {
    const found = catalogue.relations.get(schema)?.get(name);
    return found?.kind === 'table' && found.parents === undefined;
  };
  if (tables.length === 0 || !tables.every(isPlain)) return UNKNOWN;
  return derived(tables.map(({ schema, name }) => ofColumn(schema, name, '*')));
}
