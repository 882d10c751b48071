import { LIMITS } from '../../model/limits.ts';
import type { Operation, TableUse } from '../../model/request.ts';
import type { Program } from './bodies/program.ts';
import { reachOf } from './bodies/reach.ts';
import type { Catalogue } from './catalogue.ts';
import type { EffectfulCall, Facts } from './facts.ts';
import { tableKey } from './operation-parts.ts';

/** A program that a statement runs, where its names are looked up, and the functions that it is known by. */
export interface RunProgram {
  readonly program: Program;
  readonly catalogue: Catalogue;
  readonly functions: readonly string[];
}

export function programsRun(facts: Facts, catalogue: Catalogue | undefined): readonly RunProgram[] {
  if (catalogue === undefined) return [];
  return Array.from(facts.programs, ([program, functions]) => ({ program, catalogue, functions }));
}

/** An operation of its own for each call that does more than read, so that a rule for reads alone permits no call. */
export function callOperations(facts: Facts, catalogue: Catalogue | undefined): readonly Operation[] {
  return Array.from(facts.calls, ([name, call]) => callOperation(name, call, catalogue));
}

/** The tables that programs touch at any distance. */
export function tablesOf(programs: readonly Program[], catalogue: Catalogue | undefined): readonly TableUse[] {
  if (catalogue === undefined) return [];
  const tables = programs.flatMap((program) => reachOf(program, catalogue).tables);
  return [...new Map(tables.map((table) => [tableKey(table), table])).values()];
}

/**
 * What the programs of a statement run, as operations that bear the names they were called by, so that a rule about a
 * function covers what stands in it.
 */
export function operationsWithin(run: readonly RunProgram[]): readonly Operation[] {
  const found = new Map<string, Operation>();
  for (const { program, catalogue, functions } of run) {
    for (const one of reachOf(program, catalogue).operations) {
      const names = [...new Set([...functions, ...one.functions])];
      const operation = { ...one, functions: names, flags: [...one.flags, program.place] };
      found.set(
        JSON.stringify([operation.kind, operation.access, operation.tables, names, operation.flags]),
        operation,
      );
    }
    if (found.size > LIMITS.maxFunctionOperations)
      throw new RangeError('what it calls does more than is looked through');
  }
  return [...found.values()];
}

function callOperation(
  name: string,
  { functions, effect }: EffectfulCall,
  catalogue: Catalogue | undefined,
): Operation {
  const reason = effect.reason === undefined ? {} : { reason: `${name}: ${effect.reason}` };
  const programs = effect.programs ?? [];
  const places = programs.some((one) => one.place === 'in-trigger') ? ['in-trigger'] : [];
  return {
    kind: 'function',
    access: effect.access,
    tables: tablesOf(programs, catalogue),
    functions: [...functions],
    hasWhere: true,
    flags: [...effect.flags, ...places],
    ...(effect.access === 'unknown' || programs.length > 0 ? { columns: 'unknown' } : {}),
    ...reason,
  };
}
