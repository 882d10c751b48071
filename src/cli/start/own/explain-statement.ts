import { grantOf, principalOf } from '../../../grants/grant-records.ts';
import type { Target } from '../../../model/target.ts';
import { obligationWords } from '../../../policy/obligation-words.ts';
import type { Answered, Asker } from '../../../protocols/mcp/own/own-tools.ts';
import { analyseOnce } from '../../../sql/postgres/analyser.ts';
import type { Catalogue } from '../../../sql/postgres/catalogue.ts';
import { findGrant } from '../../../store/grant-rows.ts';
import type { Control } from '../open-control.ts';

export interface ExplainParts extends Pick<Control, 'store' | 'grants' | 'targets' | 'classes' | 'policies' | 'nowMs'> {
  /** The database as a session last read it; undefined where none was there yet. */
  readonly catalogue: (target: Target) => Catalogue | undefined;
}

/** How the policies in force would decide a statement of this run. Of rules it tells those that decided, and no others. */
export async function explainStatement(
  asker: Asker,
  { target: name, sql }: { readonly target: string; readonly sql: string },
  { store, targets, classes, policies, catalogue, nowMs }: ExplainParts,
): Promise<Answered> {
  const found = await findGrant(store, asker.grant);
  const grant = found && grantOf(found.grant, new Date(nowMs()).toISOString());
  const known = grant?.targets.some((one) => one === name) ? targets.get(name) : undefined;
  if (found === undefined || grant === undefined || known === undefined) {
    return { kind: 'refused', why: `the grant of this run is for no target of the name ${name}` };
  }
  if (known.protocol !== 'postgres')
    return { kind: 'refused', why: `${name} is no database: there is no SQL to explain` };
  const target = { ...known, classified: classes.of(known) };
  const read = catalogue(known);
  const asking = { catalogue: read, prepared: () => undefined, cursor: () => undefined };
  const { operations } = analyseOnce(sql, asking);
  const decision = policies.current().decider(principalOf(found.run, grant), target, { nowMs })({ operations });
  const data = {
    target: name,
    effect: decision.effect,
    rules: decision.rules,
    operations: operations.map(({ kind, access }) => ({ kind, access })),
    // What views and functions of the database do is known once a session has read it.
    analysis: read === undefined ? 'text' : 'catalogue',
  };
  if (decision.effect === 'permit') {
    const needsApproval = decision.obligations.some(({ kind }) => kind === 'approve');
    return { kind: 'data', data: { ...data, needsApproval, obligations: decision.obligations.map(obligationWords) } };
  }
  const { code, reason, hint } = decision;
  return { kind: 'data', data: { ...data, code, reason, ...(hint === undefined ? {} : { hint }) } };
}
