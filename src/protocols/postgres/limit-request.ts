import type { Refusal } from '../../model/refusal.ts';
import type { TextEdit } from '../../model/request.ts';
import { preparedOf, statementsRun } from './batch-statements.ts';
import type { ClientState, PreparedStatement } from './client-state.ts';
import { FRONTEND, message as frame } from './messages.ts';
import type { Action, PostgresRequest } from './request.ts';
import type { RowLimiter } from './row-limiter.ts';

/** A text with limits put to its reads, as it is forwarded. */
export interface ForwardedText {
  /** The most rows that each of its statements returns. */
  readonly most: number;
  readonly text: string;
  readonly edits: readonly TextEdit[];
  /** Of each statement, whether it was limited; none where none had to be. */
  readonly statements: readonly boolean[];
}

/**
 * Makes the reads of a request return at most so many rows: its texts are forwarded with limits put to them. A refusal
 * where that cannot be, or where it runs what was prepared, bound or declared without.
 */
export function limitRequest(request: PostgresRequest, most: number, state: ClientState): Refusal | undefined {
  const { limiter } = state;
  for (const statement of statementsRun(request)) {
    const named = (statement.names ?? []).find(({ of, name }) => !isWithin(state.limitOf(of, name), most));
    if (named !== undefined) return unmet(`the ${named.of === 'cursor' ? 'cursor' : 'statement'} was made without it`);
  }
  if (request.text !== undefined) {
    if (!request.actions.some(returnsRows)) return undefined;
    const forwarded = limiter.limit(request.text, most);
    if (typeof forwarded === 'string') return unmet(forwarded);
    if (forwarded.edits.length > 0) request.limited(forwarded);
    return undefined;
  }
  return limitBatch(request, most, limiter);
}

function limitBatch(request: PostgresRequest, most: number, limiter: RowLimiter): Refusal | undefined {
  const parsed = new Set<PreparedStatement>();
  for (const action of request.actions) {
    if (action.kind === 'parse') {
      const { statement } = action;
      const forwarded = limiter.limit(statement.text, most);
      if (typeof forwarded === 'string') return unmet(forwarded);
      statement.forwarded = forwarded;
      parsed.add(statement);
    } else if (action.kind === 'execute') {
      const { statement } = action.portal;
      if (parsed.has(statement) || isWithin(statement.forwarded?.most, most)) continue;
      // Prepared when no rule, or another one, limited it: what the server has may be the text as it came.
      const needs = isEdited(statement) ? undefined : limiter.limit(statement.text, most);
      if (needs === undefined || typeof needs === 'string' || needs.edits.length > 0) return unmet(WITHOUT);
    }
  }
  if (preparedOf(request.actions).some(isEdited)) request.limited(undefined);
  return undefined;
}

/** The messages of a batch, with the texts that are forwarded. */
export function forwardedWire(
  wire: readonly Buffer[],
  actions: readonly Action[],
  encode: (text: string) => Buffer,
): readonly Buffer[] {
  return wire.map((message, i) => {
    const action = actions[i];
    if (action?.kind !== 'parse' || !isEdited(action.statement)) return message;
    const nameEnd = message.indexOf(0, HEADER_BYTES) + 1;
    const textEnd = message.indexOf(0, nameEnd);
    const text = encode(action.statement.forwarded.text);
    return frame(FRONTEND.parse, message.subarray(HEADER_BYTES, nameEnd), text, message.subarray(textEnd));
  });
}

export function isEdited(
  statement: PreparedStatement,
): statement is PreparedStatement & { readonly forwarded: ForwardedText } {
  return statement.forwarded !== undefined && statement.forwarded.edits.length > 0;
}

const HEADER_BYTES = 5;
const WITHOUT = 'it was prepared without';

function isWithin(has: number | undefined, most: number): boolean {
  return has !== undefined && has <= most;
}

/** Whether a statement of a text may return rows, now or by its name later; what was not understood may. */
function returnsRows(action: Action): boolean {
  if (action.kind !== 'statement' || action.statement === undefined) return true;
  return action.statement.returnsRows || KEEPING.has(action.statement.kind);
}

const KEEPING: ReadonlySet<string> = new Set(['declare', 'prepare', 'copy-out']);

function unmet(why: string): Refusal {
  return {
    code: 'obligation-unmet',
    message: `the policy limits how many rows a read returns, and this cannot be limited: ${why}`,
    hint:
      why === WITHOUT || why.endsWith('without it')
        ? 'Prepare or declare it again.'
        : 'Write it as a SELECT that a LIMIT can be put to.',
  };
}
