import type { Statement } from '../../sql/postgres/analysis.ts';
import type { Portal, PreparedStatement } from './client-state.ts';
import type { Action } from './request.ts';

/** The statements that a request's actions parse or run. */
export function statementsOf(actions: readonly Action[]): readonly Statement[] {
  const found: Statement[] = [];
  for (const action of actions) {
    if (action.kind === 'statement' && action.statement !== undefined) found.push(action.statement);
  }
  for (const { analysis } of preparedOf(actions)) found.push(...analysis.statements);
  return found;
}

/** The statements that a request runs, in order. */
export function statementsRun({ actions }: { readonly actions: readonly Action[] }): readonly Statement[] {
  const found: Statement[] = [];
  for (const action of actions) {
    if (action.kind === 'statement' && action.statement !== undefined) found.push(action.statement);
    else if (action.kind === 'execute') found.push(...action.portal.statement.analysis.statements);
  }
  return found;
}

/** Kinds that end a transaction or a part of it, and may bring settings back that were before it. */
export const ENDING_KINDS: ReadonlySet<string> = new Set([
  'commit',
  'rollback',
  'rollback-to',
  'release',
  'prepare-transaction',
]);

/** What its batch parses, binds or executes, once for each action. */
export function preparedOf(actions: readonly Action[]): readonly PreparedStatement[] {
  const found: PreparedStatement[] = [];
  for (const action of actions) {
    if (action.kind === 'parse') found.push(action.statement);
    else if (action.kind === 'bind' || action.kind === 'execute') found.push(action.portal.statement);
  }
  return found;
}

/**
 * What is recorded of a batch: the text and the parameters of each statement that it parsed or ran. Two batches that mean
 * different things are described differently, for an approval is bound to this. `decode` reads what is sent as text.
 */
export function describeBatch(actions: readonly Action[], decode: TextDecoding): readonly unknown[] {
  return described(actions).map((action) => {
    if (action.kind === 'parse') return { text: action.statement.text };
    const { statement, parameters } = action.portal;
    if (action.kind === 'bind') return { text: statement.text, parameters: parametersOf(action.portal, decode) };
    const values = parameters.length === 0 ? {} : { parameters: parametersOf(action.portal, decode) };
    return { text: statement.text, again: true, ...values };
  });
}

/** The statement of each thing that is recorded of a batch, in the same order. */
export function describedStatements(actions: readonly Action[]): readonly PreparedStatement[] {
  return described(actions).map((action) => (action.kind === 'parse' ? action.statement : action.portal.statement));
}

type Described = Extract<Action, { kind: 'parse' | 'bind' | 'execute' }>;

function described(actions: readonly Action[]): readonly Described[] {
  const bound = new Set<PreparedStatement>();
  for (const action of actions) if (action.kind === 'bind') bound.add(action.portal.statement);
  return actions.filter((action): action is Described => {
    if (action.kind === 'bind') return true;
    if (action.kind === 'parse') return !bound.has(action.statement);
    return action.kind === 'execute' && !bound.has(action.portal.statement);
  });
}

/** Formats of Bind: none means text for all, one counts for all (manual, 55.7, Bind). */
export function formatOf(formats: readonly number[], index: number): number {
  return formats.length === 0 ? 0 : formats.length === 1 ? (formats[0] ?? 0) : (formats[index] ?? 0);
}

/** The text that the server will read in these bytes; undefined where that cannot be told. */
export type TextDecoding = (bytes: Buffer) => string | undefined;

function parametersOf({ statement, parameters, parameterFormats }: Portal, decode: TextDecoding): readonly unknown[] {
  return parameters.map((value, i) => {
    if (value === null) return null;
    const base64 = value.toString('base64');
    // What no encoding explains keeps its bytes: replacement characters would make different values one.
    if (formatOf(parameterFormats, i) === 0) return decode(value) ?? { bytes: base64 };
    // The same bytes are another value where the client named another type for them.
    const type = statement.parameterTypes[i] ?? 0;
    return type === 0 ? { binary: base64 } : { binary: base64, type };
  });
}
