import type { Decision, SessionObligation } from '../model/decision.ts';
import type { RunId } from '../model/ids.ts';
import type { Exchange, SessionBounds } from '../protocols/protocol.ts';

/**
 * Hands what rules ask of the target's session to the exchange, before anything is recorded: the permit as it is, or a
 * denial where the protocol cannot meet it.
 */
export function bound<Upstream>(
  decision: Decision,
  exchange: Pick<Exchange<Upstream>, 'bind'>,
  upstream: Upstream,
  run: RunId,
): Decision {
  if (decision.effect === 'deny') return decision;
  const obligation = decision.obligations.find((one) => one.kind === 'session');
  if (obligation === undefined) return decision;
  const refusal = exchange.bind === undefined ? NO_SESSION : exchange.bind(boundsOf(obligation, run), upstream);
  if (refusal === undefined) return decision;
  const hint = refusal.hint === undefined ? {} : { hint: refusal.hint };
  const { rules, policy } = decision;
  return { effect: 'deny', code: refusal.code, rules, reason: refusal.message, policy, ...hint };
}

function boundsOf(obligation: SessionObligation, run: RunId): SessionBounds {
  const known = BOUNDS.get(obligation);
  if (known !== undefined) return known;
  const { kind: _kind, name, ...bounds } = obligation;
  if (name === true) return { ...bounds, mark: `run=${run}` };
  BOUNDS.set(obligation, bounds);
  return bounds;
}

/** Of obligations that say the same for every run: a decision that was made before has the same ones. */
const BOUNDS = new WeakMap<SessionObligation, SessionBounds>();

const NO_SESSION = {
  code: 'obligation-unmet',
  message: 'the policy asks for settings of the session, which this protocol does not have',
  hint: undefined,
} as const;
