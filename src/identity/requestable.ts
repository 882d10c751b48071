import type { ApproveObligation } from '../model/decision.ts';
import type { TargetName } from '../model/ids.ts';
import { digestOf } from '../policy/canonical-json.ts';

/** Targets that a run may ask people for while it goes on, beside those that its rule gives. */
export interface Requestable {
  readonly targets: readonly TargetName[];
  /** Whom it asks. */
  readonly approve: ApproveObligation;
  /** How long the target is given, in milliseconds; as long as the grant lasts where absent. */
  readonly forMs?: number;
}

/** What a run may ask for in one target. */
export interface RequestableTarget {
  readonly target: TargetName;
  /** Each must be met: rules add up in what they give, and in whom they ask. */
  readonly obligations: readonly ApproveObligation[];
  /** The shortest that a rule says. */
  readonly forMs?: number;
  /** The trust rules that let it be asked for. */
  readonly rules: readonly string[];
  /** SHA-256 of those rules' say in it, hex: what people approve under another one is void. */
  readonly digest: string;
}

interface Asking {
  readonly name: string;
  readonly requestable?: readonly Requestable[];
}

/** What the rules let a run ask for, by the names of the targets. */
export function requestableOf(rules: readonly Asking[]): readonly RequestableTarget[] {
  const named = rules.flatMap(({ name, requestable = [] }) => requestable.map((one) => ({ name, one })));
  const targets = [...new Set(named.flatMap(({ one }) => one.targets))].sort();
  return targets.map((target) => {
    const asking = named.filter(({ one }) => one.targets.includes(target));
    const obligations = asking.map(({ one }) => one.approve);
    const times = asking.flatMap(({ one }) => (one.forMs === undefined ? [] : [one.forMs]));
    const forMs = times.length === 0 ? undefined : Math.min(...times);
    const digest = digestOf({
      v: 1,
      target,
      asking: asking.map(({ name, one: { approve, forMs: ms = null } }) => [name, approve, ms]),
    });
    return {
      target,
      obligations: byGroup(obligations),
      ...(forMs === undefined ? {} : { forMs }),
      rules: [...new Set(asking.map(({ name }) => name))],
      digest,
    };
  });
}

/** One of each group, the strictest of what is said of it. */
function byGroup(obligations: readonly ApproveObligation[]): readonly ApproveObligation[] {
  const groups = Map.groupBy(obligations, ({ group }) => group);
  return [...groups].map(([group, all]) => ({
    kind: 'approve',
    group,
    quorum: Math.max(...all.map(({ quorum }) => quorum)),
    withinMs: Math.min(...all.map(({ withinMs }) => withinMs)),
    allowActor: all.every(({ allowActor }) => allowActor),
    measureRows: false,
    showText: all.every(({ showText }) => showText),
  }));
}
