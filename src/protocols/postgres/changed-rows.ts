import type { Operation } from '../../model/request.ts';
import type { PostgresRequest } from './request.ts';

/** Kinds whose command tag tells how many rows they changed. */
const TOLD: ReadonlySet<string> = new Set(['insert', 'update', 'delete', 'merge', 'copy-in']);

/** Whether a request changes rows, and may leave that to be final only once its reply was taken. */
export function changesRows({ operations }: Pick<PostgresRequest, 'operations'>): boolean {
  const changes = operations.some(({ kind, copies }) => TOLD.has(kind) || (kind === 'create' && copies !== undefined));
  return changes && !operations.some(({ access }) => access === 'transaction');
}

/**
 * Why the rows that a request changes cannot be counted before the change is final, for whom a budget of changed rows
 * binds: the server says a number for each statement alone, and none for what a statement does beside its own kind.
 */
export function uncountable({ operations, actions }: PostgresRequest): string | undefined {
  const hidden = operations.find(({ kind, access }) => kind === 'truncate' || access === 'unknown');
  if (hidden !== undefined) return `the server does not say how many rows a ${hidden.kind} changes`;
  const changes = operations.filter(({ kind }) => TOLD.has(kind)).map(({ kind }) => kind);
  if (changes.length === 0) return undefined;
  const final = operations.find(({ kind, access }) => access === 'transaction' && ENDING.has(kind));
  if (final !== undefined) return `a ${final.kind} in the same request makes them final`;
  const said = new Set<string>();
  const statements = actions.flatMap((action) => {
    if (action.kind === 'statement') return action.statement === undefined ? [] : [action.statement];
    // One that is prepared and not run now is judged as if it were; it counts once, as its operations do.
    if (action.kind !== 'parse' && action.kind !== 'bind' && action.kind !== 'execute') return [];
    const { text, analysis } = action.kind === 'parse' ? action.statement : action.portal.statement;
    if (said.has(text)) return [];
    said.add(text);
    return analysis.statements;
  });
  const told = statements.map(({ kind }) => kind);
  if (told.length === 1 && isToldLater(told[0] ?? '', operations)) return undefined;
  if (told.length === 1 && told[0] === 'execute') {
    // Its tag is that of the statement that it names, which comes next.
    const top = operations[operations.findIndex(({ kind }) => kind === 'execute') + 1];
    if (changes.length === 1 && top !== undefined && TOLD.has(top.kind)) return undefined;
  }
  const left = [...changes];
  for (const kind of told) {
    const at = left.indexOf(kind);
    if (at >= 0) left.splice(at, 1);
  }
  return left.length === 0 ? undefined : `the server does not say how many rows the inner ${left[0]} changes`;
}

/** Whether nothing is run now: a statement is prepared, or a plan is shown. */
function isToldLater(kind: string, operations: readonly Operation[]): boolean {
  return (
    kind === 'prepare' || (kind === 'explain' && !operations.some(({ flags }) => flags.includes('explain-analyze')))
  );
}

const ENDING: ReadonlySet<string> = new Set(['commit', 'prepare-transaction', 'commit-prepared']);
