import type { Operation } from '../model/request.ts';
import type { ClassifiedColumn } from '../model/target.ts';
import { isColumn, touches } from './column-match.ts';

/**
 * The function through which a request takes classified values to where no mask is: a setting, a notification, a lock, a
 * sequence, a large object; or a default that reads them, into the table. Undefined where it calls none, or shows none of `classified`. Calls that nobody can look into
 * are not here: a policy that permits them says so.
 */
export function carrierIn(
  operations: readonly Operation[],
  classified: readonly ClassifiedColumn[],
): string | undefined {
  const carrier = operations.find((operation) => isCarrier(operation) && !isLookedInto(operation, operations));
  if (carrier !== undefined && shows(operations, classified)) return carrier.functions[0];
  const within = carrierWithin(operations, classified);
  if (within !== undefined) return within;
  const unnamed = operations.filter(({ functions, flags }) => functions.length === 0 && flags.includes('in-function'));
  const storing = operations.find(({ kind }) => STORING.has(kind));
  return storing !== undefined && shows(unnamed, classified) ? 'a default of the table' : undefined;
}

/** The same in a function's body: of what goes into a lock or a sequence nobody could say later where it came from. */
function carrierWithin(operations: readonly Operation[], classified: readonly ClassifiedColumn[]): string | undefined {
  const inner = operations.filter(({ kind, flags }) => kind !== 'function' && flags.some((flag) => WITHIN.has(flag)));
  const reads = inner.some((one) => classified.some((column) => touches(one, column)));
  const carrying = inner.find(
    (one) =>
      one.functions.some((name) => KEEPS.test(name)) && (one.columns === 'unknown' ? reads : shows([one], classified)),
  );
  return carrying?.functions.find((name) => KEEPS.test(name));
}

/** Functions of the server that keep a number or a text where no column is. */
const KEEPS =
  /^(?:pg_catalog\.)?(?:setval|setseed|pg_(?:try_)?advisory_(?:xact_)?lock(?:_shared)?|lo_(?:create|creat|from_bytea|put)|lowrite)$/;

function isCarrier({ kind, access, flags, functions }: Operation): boolean {
  const carries = CARRYING.has(access) || flags.includes('dynamic-setting');
  return kind === 'function' && carries && !functions.every((name) => HARMLESS.test(name));
}

/** Of a function whose body is known it is known where it stores what: those are copies. */
function isLookedInto({ functions }: Operation, operations: readonly Operation[]): boolean {
  return operations.some(
    (inner) =>
      inner.kind !== 'function' &&
      inner.flags.some((flag) => WITHIN.has(flag)) &&
      functions.some((name) => inner.functions.includes(name)),
  );
}

const WITHIN: ReadonlySet<string> = new Set(['in-function', 'in-trigger', 'in-rule', 'in-view']);
/** What a default that calls a function would be kept by. */
const STORING: ReadonlySet<string> = new Set(['insert', 'update', 'merge', 'copy-in']);
const CARRYING: ReadonlySet<string> = new Set(['write', 'session', 'ddl', 'admin']);
/** They take nothing that could be a value and keep it; a sequence that is named by data is an error that is masked. */
const HARMLESS = /^(?:pg_catalog\.)?(?:nextval|currval|lastval|pg_export_snapshot|pg_stat_clear_snapshot)$/;

function shows(operations: readonly Operation[], classified: readonly ClassifiedColumn[]): boolean {
  return classified.some((column) => operations.some((operation) => isShown(operation, column)));
}

function isShown({ columns }: Operation, column: ClassifiedColumn): boolean {
  if (columns === 'unknown') return true;
  return columns?.some((use) => use.use === 'output' && isColumn(use, column)) ?? false;
}
