import { isDeepStrictEqual } from 'node:util';
import type { ApproveObligation, Budget, Decision, Obligation } from '../model/decision.ts';
import { outcomeOf } from './expectation.ts';

/** What is most different between two decisions; `same` where nothing is that a client or an approver would see. */
export type ChangeKind =
  | 'same'
  | 'now permitted'
  | 'now held'
  | 'now denied'
  | 'masks differ'
  | 'approvals differ'
  | 'limits differ'
  | 'session differs';

export interface DecisionChange {
  readonly kind: ChangeKind;
  /** It lets through, shows or asks for less care in something; may be true together with `tightened`. */
  readonly loosened: boolean;
  readonly tightened: boolean;
}

const SAME: DecisionChange = { kind: 'same', loosened: false, tightened: false };
const RANK = { permit: 0, hold: 1, deny: 2 } as const;
const NOW = { permit: 'now permitted', hold: 'now held', deny: 'now denied' } as const;

/** Compares what two decisions come to; which rules decided, and in which words, is no difference. */
export function decisionChange(before: Decision, after: Decision): DecisionChange {
  const [was, is] = [outcomeOf(before), outcomeOf(after)];
  const aspects = aspectsOf(before, after);
  const rank = RANK[is] - RANK[was];
  if (rank === 0 && aspects.length === 0) return SAME;
  const kind = rank === 0 ? (aspects[0]?.kind ?? 'same') : NOW[is];
  return {
    kind,
    loosened: rank < 0 || aspects.some(({ loosened }) => loosened),
    tightened: rank > 0 || aspects.some(({ tightened }) => tightened),
  };
}

function aspectsOf(before: Decision, after: Decision): readonly DecisionChange[] {
  if (before.effect === 'deny' || after.effect === 'deny') return [];
  const [was, is] = [before.obligations, after.obligations];
  return [
    aspect('masks differ', masksOf(was), masksOf(is)),
    aspect('approvals differ', approvalsOf(was), approvalsOf(is)),
    aspect('limits differ', budgetsOf(was), budgetsOf(is)),
    aspect('session differs', sessionOf(was), sessionOf(is)),
  ].filter(({ kind }) => kind !== 'same');
}

/** Demands by name, each with how demanding it is: more of a number is more demanding. */
type Demands = ReadonlyMap<string, readonly number[]>;

function aspect(kind: ChangeKind, was: Demands, is: Demands): DecisionChange {
  if (isDeepStrictEqual(was, is)) return SAME;
  return { kind, loosened: isLess(was, is), tightened: isLess(is, was) };
}

/** True where something that the first demands the second does not, or not so much. */
function isLess(first: Demands, second: Demands): boolean {
  return [...first].some(([name, values]) => {
    const others = second.get(name);
    return others === undefined || values.some((value, index) => value > (others[index] ?? 0));
  });
}

function masksOf(obligations: readonly Obligation[]): Demands {
  return new Map(obligations.flatMap((one) => (one.kind === 'mask' ? one.classes.map((name) => [name, []]) : [])));
}

function approvalsOf(obligations: readonly Obligation[]): Demands {
  return new Map(obligations.flatMap((one) => (one.kind === 'approve' ? [[one.group, demandsOf(one)]] : [])));
}

function demandsOf({ quorum, withinMs, allowActor, showText }: Omit<ApproveObligation, 'kind'>): readonly number[] {
  return [quorum, -withinMs, Number(!allowActor), Number(!showText)];
}

/** Whose rule a budget is makes no difference to who reads this; of several of a measure the smallest counts. */
function budgetsOf(obligations: readonly Obligation[]): Demands {
  const found = new Map<string, readonly number[]>();
  const budgets = obligations.flatMap((one) => (one.kind === 'limit' ? one.budgets : []));
  for (const budget of budgets) {
    const name = nameOf(budget);
    const [most = Number.NEGATIVE_INFINITY] = found.get(name) ?? [];
    found.set(name, [Math.max(most, -budget.most)]);
  }
  return found;
}

function nameOf({ measure, per, withinMs, exceeded }: Budget): string {
  return `${measure} ${per} ${withinMs ?? ''} ${exceeded?.group ?? ''}`;
}

function sessionOf(obligations: readonly Obligation[]): Demands {
  return new Map(
    obligations.flatMap((one) => {
      if (one.kind !== 'session') return [];
      const { kind: _kind, ...told } = one;
      return Object.entries(told).map(([name, value]) => [name, [value === true ? 1 : -value]] as const);
    }),
  );
}
