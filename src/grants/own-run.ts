import type { TargetName } from '../model/ids.ts';
import type { Principal, Run } from '../model/principal.ts';
import { insertGrant } from '../store/grant-rows.ts';
import type { Store } from '../store/store.ts';
import { grantOf, principalOf, runOf } from './grant-records.ts';
import { type Circumstances, newGrantRows, personHolder } from './new-grant.ts';

/** Whoever asked for it, a person or a token: who stands in the record. */
export interface Operator {
  readonly id: string;
  /** As people know them. */
  readonly display: string;
  /** Who vouches for them. */
  readonly issuer: string;
}

export interface OwnRun {
  readonly run: Run;
  readonly principal: Principal;
}

/**
 * A run for what the gateway itself does in one target because an operator asked. Its grant is like any, for lists and
 * for its end; nobody gets its secret. `purpose` stands where a trust rule does.
 */
export async function insertOwnRun(
  { store, now, random }: Circumstances & { readonly store: Store },
  operator: Operator,
  { target, purpose, seconds }: { readonly target: TargetName; readonly purpose: string; readonly seconds: number },
): Promise<OwnRun> {
  const { id, display, issuer } = operator;
  const holder = personHolder({ id, login: display, issuer, groups: [], until: '' });
  const given = { targets: [target], rules: [purpose], lifetimeSeconds: seconds, renewableSeconds: seconds };
  const secret = Buffer.from(random(32)).toString('base64url');
  const rows = await newGrantRows({ request: { asserted: { purpose } }, holder, given, secret }, { now, random });
  const at = new Date(now()).toISOString();
  await insertGrant(store, { ...rows, now: at });
  const run = runOf(rows.run);
  return { run, principal: principalOf(rows.run, grantOf(rows.grant, at)) };
}
