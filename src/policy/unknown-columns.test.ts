import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { jobOf, operationOf, targetNamed } from '../../test/support/subjects.ts';
import type { Decision } from '../model/decision.ts';
import type { ColumnUse, Operation } from '../model/request.ts';
import { COLUMN_KEYS } from './column-facts.ts';
import { compilePolicies } from './compile-policies.ts';
import type { Policy } from './policy.ts';

/** Rules, and one operation of which the columns are or are not known: not knowing must never permit more, or ask for less. */
const CLASSES = ['email', 'card', 'salary'] as const;
const TARGET = {
  ...targetNamed('shop'),
  classified: CLASSES.map((name) => ({ schema: 'public', table: 'users', column: name, class: name })),
};

const CONDITIONS = [
  '"email" in operation.reads',
  '!("email" in operation.reads)',
  'operation.filters.size() == 0',
  'operation.columns.exists(c, c.column == "card" && c.use == "filter")',
  'operation.columns.all(c, c.use == "output")',
  '"email" in operation.reads && !("card" in operation.filters)',
  'operation.hasWhere',
  'operation.kind == "update" && operation.writes.size() > 0',
];

const classes = fc.subarray([...CLASSES, 'any'], { minLength: 1 });
const someKeys = fc.record(Object.fromEntries(COLUMN_KEYS.map((key) => [key, classes])), { requiredKeys: [] });
const keys = fc.oneof({ weight: 2, arbitrary: fc.constant({}) }, { weight: 1, arbitrary: someKeys });
const rules: fc.Arbitrary<readonly Policy[]> = fc
  .array(
    fc.tuple(
      fc.constantFrom('permit', 'deny'),
      keys,
      fc.option(fc.constantFrom(...CONDITIONS), { freq: 2 }),
      fc.constantFrom(0, 1, 2),
    ),
    {
      minLength: 1,
      maxLength: 5,
    },
  )
  .map((list) =>
    list.map(([effect, columns, when, obligation], index): Policy => {
      const binds = effect === 'permit';
      const approve = { quorum: 1, withinMs: 1, allowActor: false, measureRows: false, showText: false };
      return {
        name: `rule ${index}`,
        principals: 'any',
        targets: 'any',
        operations: ['read', 'write'],
        effect,
        ...columns,
        ...(when === null ? {} : { when }),
        ...(binds && obligation === 1 ? { mask: [`mask-${index}`] } : {}),
        ...(binds && obligation === 2 ? { approve: { ...approve, group: `group-${index}` } } : {}),
      };
    }),
  );

const column: fc.Arbitrary<ColumnUse> = fc.record({
  schema: fc.constant('public'),
  table: fc.constant('users'),
  column: fc.constantFrom(...CLASSES, 'id'),
  use: fc.constantFrom('output', 'filter', 'write'),
});

function operation(columns: readonly ColumnUse[] | 'unknown', kind: 'select' | 'update'): Operation {
  return operationOf(kind, kind === 'select' ? 'read' : 'write', {
    tables: [{ schema: 'public', name: 'users', use: 'read' }],
    columns,
  });
}

/** What a permit asks for, by name; undefined for a denial. */
function demands(decision: Decision): ReadonlySet<string> | undefined {
  if (decision.effect === 'deny') return undefined;
  return new Set(
    decision.obligations.flatMap((one) =>
      one.kind === 'mask' ? one.classes : one.kind === 'approve' ? [one.group] : [],
    ),
  );
}

test('columns that are not known never permit what columns that are known would not, nor ask for less', () => {
  fc.assert(
    fc.property(
      rules,
      fc.array(column, { maxLength: 4 }),
      fc.constantFrom('select', 'update'),
      (policies, columns, kind) => {
        // A read assigns nothing.
        const possible = kind === 'select' ? columns.filter(({ use }) => use !== 'write') : columns;
        const decide = compilePolicies(policies).decider(jobOf(), TARGET);
        const unknown = demands(decide({ operations: [operation('unknown', kind)] }));
        if (unknown === undefined) return;
        const known = demands(decide({ operations: [operation(possible, kind)] }));
        assert.ok(known !== undefined, 'it is permitted where nothing is known, and denied where it is');
        for (const demand of known) assert.ok(unknown.has(demand), `${demand} is asked for only where it is known`);
      },
    ),
    { numRuns: 5_000 },
  );
});
