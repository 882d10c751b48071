import { Fault } from '../model/fault.ts';
import type { Workload } from '../model/principal.ts';
import { Refused } from '../model/refusal.ts';
import { findLiveGrant } from '../store/access-rows.ts';
import type { ApprovalRow } from '../store/approval-rows.ts';
import { insertGivenTarget } from '../store/given-target-rows.ts';
import type { StoreTransaction } from '../store/schema.ts';
import type { AskedAccess } from './ask-access.ts';

/** A run as trust rules know it. */
export interface AskingRun {
  readonly kind: 'ci' | 'human';
  readonly workload: Workload;
  /** The names of the rules that gave its grant. */
  readonly rules: readonly string[];
}

/** What trust rules say now of a target that a run asks for: SHA-256, hex; undefined where it may not ask for it. */
export type Requestable = (run: AskingRun, target: string) => string | undefined;

/** Throws `Refused` where nothing could be given by now: the run is over, or the trust rules changed since it asked. */
export async function checkAsked(
  trx: StoreTransaction,
  row: ApprovalRow,
  now: string,
  requestable: Requestable,
): Promise<void> {
  const found = await findLiveGrant(trx, accessOf(row).grant, now);
  if (found === undefined) {
    throw new Refused({ code: 'approval-over', message: 'The run that asked is over, so there is nothing to give.' });
  }
  const { kind, workload, rules } = found;
  const run = { kind, workload: JSON.parse(workload) as Workload, rules: JSON.parse(rules) as readonly string[] };
  if (requestable(run, row.target) === row.policy) return;
  throw new Refused({
    code: 'approval-void',
    message: 'The trust rules have changed since this was asked, so it cannot be approved.',
    hint: 'The run may ask again.',
  });
}

/** Gives the grant its target, within the transaction that decided; until when, RFC 3339, where that is not its end. */
export async function giveAccess(trx: StoreTransaction, row: ApprovalRow, nowMs: number): Promise<string | undefined> {
  const { grant, forMs } = accessOf(row);
  const expires = forMs === undefined ? undefined : new Date(nowMs + forMs).toISOString();
  await insertGivenTarget(trx, {
    approval: row.id,
    grant_id: grant,
    target: row.target,
    given_at: new Date(nowMs).toISOString(),
    expires_at: expires ?? null,
    revoked_at: null,
  });
  return expires;
}

export function accessOf({ access }: Pick<ApprovalRow, 'access'>): AskedAccess {
  if (access === null) throw new Fault('internal', 'an approval that is for a target does not say of which grant');
  return JSON.parse(access) as AskedAccess;
}
