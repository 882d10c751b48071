import type { Refusal } from '../../model/refusal.ts';
import type { Statement } from '../../sql/postgres/analysis.ts';
import type { SessionBounds } from '../protocol.ts';
import { ENDING_KINDS, preparedOf, statementsRun } from './batch-statements.ts';
import { type BoundSettings, exceeds } from './bound-settings.ts';
import type { ClientState } from './client-state.ts';
import { limitRequest } from './limit-request.ts';
import type { PostgresRequest } from './request.ts';

/**
 * Takes on what rules ask of the session while a request runs. What the client sets beyond that by itself is held down
 * before its next request; a refusal where it would come into force within this one.
 */
export function bindRequest(
  bounds: SessionBounds,
  request: PostgresRequest,
  state: ClientState,
  isIdle: boolean,
): Refusal | undefined {
  const settings = state.bind();
  if (!isRead(request)) return UNREAD;
  const statements = statementsRun(request);
  for (const [i, statement] of statements.entries()) {
    const isLast = i === statements.length - 1;
    const refusal = unmetBy(statement, { isLast, request }, bounds, isIdle ? undefined : settings);
    if (refusal !== undefined) return refusal;
  }
  state.rowLimit = bounds.rows;
  return bounds.rows === undefined ? undefined : limitRequest(request, bounds.rows, state);
}

const NOTHING: readonly never[] = [];

/** `open` are the settings where a transaction is open, whose end may bring back what was before it. */
function unmetBy(
  statement: Statement,
  { isLast, request }: { readonly isLast: boolean; readonly request: PostgresRequest },
  bounds: SessionBounds,
  open: BoundSettings | undefined,
): Refusal | undefined {
  const beyond = statement.effects.settings?.filter((change) => exceeds(change, bounds)) ?? NOTHING;
  const writing = beyond.find(({ name, value }) => name.endsWith('read_only') && value !== undefined);
  if (writing !== undefined) return READ_WRITE;
  const [raised] = beyond;
  // Alone it comes into force when the request is over, and is held down before the next one; so it need not fail.
  if (raised !== undefined && !(isLast && (SETTING.has(statement.kind) || callsSetConfigAlone(request))))
    return tooMuch(raised.name);
  // What it does nobody knows: it may set what the next one runs under.
  if (!isLast && statement.effects.opaque === true && !isHarmless(bounds)) return UNFORESEEN;
  if (!isLast && open !== undefined && ENDING_KINDS.has(statement.kind) && !open.holdOutside(bounds)) return BY_ITSELF;
  return undefined;
}

/** False where a text was not understood: it might set anything. */
function isRead({ actions, operations }: PostgresRequest): boolean {
  if (actions.length === 0) return operations.every(({ kind }) => kind !== 'unknown');
  return preparedOf(actions).every(({ analysis }) => analysis.problem === undefined);
}

/** Bounds that nothing within a request can take back. */
function isHarmless({ rows: _rows, mark: _mark, ...others }: SessionBounds): boolean {
  return Object.keys(others).length === 0;
}

/** SELECT set_config(…) and nothing that could run under what it sets. */
function callsSetConfigAlone({ operations }: PostgresRequest): boolean {
  return operations.every(
    ({ tables, functions }) => tables.length === 0 && functions.every((name) => name.endsWith('set_config')),
  );
}

const SETTING: ReadonlySet<string> = new Set(['set', 'reset', 'discard']);

const UNREAD: Refusal = {
  code: 'obligation-unmet',
  message: 'the policy bounds the session, and what cannot be read could go beyond',
  hint: 'Say it as plain statements that the gateway can read.',
};

const UNFORESEEN: Refusal = {
  code: 'obligation-unmet',
  message: 'the policy bounds the session, and one of these statements could change that for those behind it',
  hint: 'Send what calls functions of unknown effect by itself.',
};

const READ_WRITE: Refusal = {
  code: 'obligation-unmet',
  message: 'the policy lets this session read only, so its transactions stay read-only',
  hint: 'Leave READ WRITE out.',
};

const BY_ITSELF: Refusal = {
  code: 'obligation-unmet',
  message: 'the end of the transaction would bring back settings that the policy bounds, before the next statement',
  hint: 'Send what ends the transaction by itself.',
};

function tooMuch(name: string): Refusal {
  return {
    code: 'obligation-unmet',
    message: `the policy bounds ${name}, and this request could run with more`,
    hint: 'Leave it out, or set it to less. A SET that is sent by itself is taken, and held down.',
  };
}
