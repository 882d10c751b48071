import { LIMITS } from '../../../model/limits.ts';
import type { Access, Operation, TableUse } from '../../../model/request.ts';
import type { CallEffect } from '../builtin-effects.ts';
import type { Catalogue } from '../catalogue.ts';
import { isBuiltin, RANK } from '../functions.ts';
import { CHANGES_PROGRAMS, isMark, OPAQUE, tableKey } from '../operation-parts.ts';
import { type DirectBody, directBody } from './direct-body.ts';
import type { Program } from './program.ts';

/** All that running a program can do: what it does itself, and all that it calls or sets off, at any distance. */
export interface Reach {
  readonly effect: CallEffect;
  /** The statements that it runs, as operations, marks included; those that only compute are left out. */
  readonly operations: readonly Operation[];
  readonly tables: readonly TableUse[];
}

/** Remembered for each catalogue. Where a program is asked about while it is being read, its result is unknown. */
export function reachOf(program: Program, catalogue: Catalogue): Reach {
  const known = reaches.get(catalogue)?.get(program);
  if (known !== undefined) return known;
  const running = underWay.get(catalogue) ?? new Set<Program>();
  underWay.set(catalogue, running);
  if (running.has(program) || depth >= LIMITS.maxFunctionDepth) return PARTIAL;
  running.add(program);
  depth++;
  try {
    const reach = follow(program, catalogue);
    const kept = reaches.get(catalogue) ?? new Map<Program, Reach>();
    reaches.set(catalogue, kept.set(program, reach));
    return reach;
  } finally {
    depth--;
    running.delete(program);
  }
}

const reaches = new WeakMap<Catalogue, Map<Program, Reach>>();
const underWay = new WeakMap<Catalogue, Set<Program>>();
let depth = 0;

const PARTIAL: Reach = { effect: { access: 'read', flags: [], result: 'unknown' }, operations: [], tables: [] };

function follow(entry: Program, catalogue: Catalogue): Reach {
  const queue: { readonly program: Program; readonly catalogue: Catalogue }[] = [{ program: entry, catalogue }];
  const seen = new Map<Program, Set<Catalogue>>([[entry, new Set([catalogue])]]);
  const operations = new Map<string, Operation>();
  const flags = new Set<string>();
  let hidden = false;
  // whoever calls the program says itself what of it is not known
  let own: Operation | undefined;
  for (let at = queue.shift(); at !== undefined; at = queue.shift()) {
    const direct = directBody(at.program, at.catalogue);
    for (const flag of at.program.flags) flags.add(flag);
    hidden ||= direct.isOpaque;
    if (direct.problem !== undefined) {
      for (const flag of direct.problem.flags) flags.add(flag);
      if (at.program === entry) own = direct.problem;
      else operations.set(keyOf(direct.problem), direct.problem);
    }
    for (const one of kept(at.program, direct)) {
      for (const flag of one.flags) if (!OWN_FLAGS.has(flag) && !isMark(flag)) flags.add(flag);
      if (!computesOnly(one)) operations.set(keyOf(one), one);
    }
    if (operations.size > LIMITS.maxFunctionOperations) return tooMuch(entry);
    for (const next of direct.reached) {
      const places = seen.get(next.program) ?? new Set();
      if (places.has(next.catalogue)) continue;
      seen.set(next.program, places.add(next.catalogue));
      queue.push(next);
    }
  }
  return summed(entry, [...operations.values()], own, flags, hidden);
}

function summed(
  entry: Program,
  found: readonly Operation[],
  own: Operation | undefined,
  flags: ReadonlySet<string>,
  hidden: boolean,
): Reach {
  const operations = found.some((one) => one.flags.includes(CHANGES_PROGRAMS))
    ? [...found, unknownOperation(entry, 'it changes definitions while it runs')]
    : found;
  let access: Access = own === undefined ? 'read' : 'unknown';
  for (const one of operations) if (RANK[one.access] > RANK[access]) access = one.access;
  const tables = new Map(operations.flatMap((one) => one.tables).map((table) => [tableKey(table), table]));
  const reason = (own ?? operations.find((one) => one.access === 'unknown'))?.reason;
  const isKnown = !hidden && tables.size === 0 && access !== 'unknown' && !operations.some(tellsMore);
  return {
    effect: {
      access,
      flags: [...flags],
      result: isKnown ? 'arguments' : 'unknown',
      ...(access === 'unknown' && reason !== undefined ? { reason } : {}),
    },
    operations,
    tables: [...tables.values()],
  };
}

/** What a view or a check reads is a matter of who defined it; what it changes is not. */
function kept(program: Program, direct: DirectBody): readonly Operation[] {
  return program.isQuiet ? direct.operations.filter((one) => one.access !== 'read') : direct.operations;
}

/** A SELECT that reads no table and calls nothing but what the server brings. */
function computesOnly({ kind, access, tables, flags, functions }: Operation): boolean {
  if (kind !== 'select' || access !== 'read' || tables.length > 0 || flags.length > 0) return false;
  return functions.every((name) => isBuiltin(name.startsWith('pg_catalog.') ? name.slice(11) : name));
}

/** It may show what is in no column: large objects, files, other sessions' statements. */
function tellsMore({ flags }: Operation): boolean {
  return flags.some((flag) => flag === OPAQUE || flag === 'large-object' || flag === 'sensitive-catalog');
}

function tooMuch(entry: Program): Reach {
  const operation = unknownOperation(entry, 'it does more than is looked through');
  const { reason = '' } = operation;
  return { effect: { access: 'unknown', flags: [], result: 'unknown', reason }, operations: [operation], tables: [] };
}

function unknownOperation(entry: Program, why: string): Operation {
  return {
    kind: 'function',
    access: 'unknown',
    tables: [],
    functions: [],
    hasWhere: true,
    flags: [],
    columns: 'unknown',
    reason: `${entry.title}: ${why}`,
  };
}

/** Flags of a clause, which say nothing of whoever runs the statement. */
const OWN_FLAGS = new Set([OPAQUE, 'for-update', 'into', 'temporary', 'returning']);

function keyOf({ outputs: _outputs, ...operation }: Operation): string {
  return JSON.stringify(operation);
}
