import type { Operation } from '../src/model/request.ts';
import type { Target } from '../src/model/target.ts';
import { compilePolicies } from '../src/policy/compile-policies.ts';
import type { Policy } from '../src/policy/policy.ts';
import { askedPrincipal } from '../src/trials/asked-principal.ts';
import { askedTarget } from '../src/trials/asked-target.ts';

/** What a decision costs, without a gateway around it. */
export interface DecisionCost {
  readonly rules: string;
  /** Microseconds of CPU. */
  readonly cached: number;
  readonly fresh: number;
}

const ROUNDS = 1_000_000;

const classified = Array.from({ length: 500 }, (_, index) => ({
  schema: 'public',
  table: `t${index % 50}`,
  column: `c${index}`,
  class: `class-${index % 10}`,
}));
const target: Target = askedTarget({ name: 'shop', labels: { tier: 'prod' }, classified });
const principal = askedPrincipal({ 'run.sourceRepositoryId': '74' });

/** A select of a column that is shown, and of one that it filters by. */
function operationsOf(index: number): readonly Operation[] {
  const table = `t${index % 50}`;
  return [
    {
      kind: 'select',
      access: 'read',
      tables: [{ schema: 'public', name: table, use: 'read' }],
      functions: [],
      hasWhere: true,
      flags: [],
      lock: 'access-share',
      columns: [
        { schema: 'public', table, column: `c${index % 500}`, use: 'output' },
        { schema: 'public', table, column: `c${(index + 50) % 500}`, use: 'filter' },
      ],
    },
  ];
}

const plain: readonly Policy[] = Array.from({ length: 50 }, (_, index) => ({
  name: `rule ${index}`,
  principals: [{ 'run.sourceRepositoryId': ['74'] }],
  targets: { names: ['shop'] },
  operations: ['read'],
  tables: [{ table: `public.t${index}`, use: 'read' as const }],
  effect: 'permit' as const,
  mask: ['class-1'],
}));
const columns = plain.map((rule): Policy => ({ ...rule, filters: ['class-2'], when: '"class-3" in operation.reads' }));
const timed = plain.map((rule): Policy => ({ ...rule, timezone: 'Europe/Berlin', when: 'time.hour < 25' }));

const sets: readonly (readonly [string, readonly Policy[]])[] = [
  ['50 rules about tables', plain],
  ['50 rules about columns, with conditions', columns],
  ['50 rules about the time', timed],
];

export function measureDecisions(): readonly DecisionCost[] {
  return sets.map(([rules, policies]) => {
    const decide = compilePolicies(policies, { nowMs: Date.now }).decider(principal, target);
    const known = operationsOf(7);
    decide({ operations: known });
    const cached = cpuUs(ROUNDS, () => void decide({ operations: known }));
    const fresh = Array.from({ length: 5_500 }, (_, index) => operationsOf(index));
    let next = 0;
    return { rules, cached, fresh: cpuUs(5_000, () => void decide({ operations: fresh[next++] ?? known })) };
  });
}

/** Of one call, measured over all of them after a tenth of them as a warm-up. */
export function cpuUs(rounds: number, work: () => void): number {
  for (let round = 0; round < rounds / 10; round++) work();
  const before = process.cpuUsage();
  for (let round = 0; round < rounds; round++) work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / rounds;
}
