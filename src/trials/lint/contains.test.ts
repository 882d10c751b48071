import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { operationOf } from '../../../test/support/subjects.ts';
import type { Access, Operation } from '../../model/request.ts';
import { ClassifiedColumns } from '../../policy/column-facts.ts';
import { subjectOf } from '../../policy/condition.ts';
import type { Policy } from '../../policy/policy.ts';
import { compileRule } from '../../policy/rule.ts';
import { askedPrincipal } from '../asked-principal.ts';
import { askedTarget } from '../asked-target.ts';
import { contains } from './contains.ts';

const oneOf = <Value>(...values: readonly Value[]) => fc.constantFrom(...values);
const some = <Value>(...values: readonly Value[]) => fc.subarray([...values], { minLength: 1 });

const principals: fc.Arbitrary<Policy['principals']> = fc.oneof(
  fc.constant('any' as const),
  fc.array(
    fc.oneof(
      some('74', '75').map((ids) => ({ 'run.sourceRepositoryId': ids })),
      some('refs/heads/main', 'refs/heads/*', '**').map((refs) => ({ 'run.sourceRef': refs })),
      fc.tuple(some('74', '75'), some('refs/heads/main', 'refs/heads/*')).map(([ids, refs]) => {
        return { 'run.sourceRepositoryId': ids, 'run.sourceRef': refs };
      }),
    ),
    { minLength: 1, maxLength: 2 },
  ),
);
const targets: fc.Arbitrary<Policy['targets']> = fc.oneof(
  fc.constant('any' as const),
  some('shop', 'sh*', 'notes', '*').map((names) => ({ names })),
  some('prod', 'dev').map((tier) => ({ labels: { tier } })),
  fc.tuple(some('shop', 'notes'), some('prod')).map(([names, tier]) => ({ names, labels: { tier } })),
);
const policy = (effect: 'permit' | 'deny'): fc.Arbitrary<Policy> =>
  fc
    .record({
      principals,
      targets,
      operations: some('any', 'read', 'select', 'write', 'delete', 'unknown'),
      tables: fc.option(oneOf([{ table: 'public.users' }], [{ table: 'public.*' }]), { nil: undefined }),
      when: fc.option(oneOf('operation.hasWhere', 'operation.kind == "delete"'), { nil: undefined }),
    })
    .map(({ tables, when, ...rest }) => ({
      name: effect,
      effect,
      ...rest,
      ...(tables === undefined ? {} : { tables }),
      ...(when === undefined ? {} : { when }),
    }));

const operation: fc.Arbitrary<Operation> = fc
  .tuple(
    oneOf<readonly [string, Access]>(['select', 'read'], ['delete', 'write'], ['do', 'unknown'], ['explain', 'read']),
    fc.subarray(['users', 'notes']),
    fc.boolean(),
  )
  .map(([[kind, access], tables, hasWhere]) =>
    operationOf(kind, access, { hasWhere, tables: tables.map((name) => ({ schema: 'public', name, use: 'read' })) }),
  );

const PRINCIPALS = ['74', '75', '76'].flatMap((id) =>
  ['refs/heads/main', 'refs/heads/x', 'refs/tags/x'].map((ref) =>
    askedPrincipal({ 'run.sourceRepositoryId': id, 'run.sourceRef': ref }),
  ),
);
const TARGETS = [
  askedTarget({ name: 'shop', labels: { tier: 'prod' } }),
  askedTarget({ name: 'shine', labels: { tier: 'dev' } }),
  askedTarget({ name: 'notes' }),
];

for (const effects of [
  ['deny', 'permit'],
  ['permit', 'permit'],
  ['deny', 'deny'],
] as const) {
  test(`a rule that is said to contain another matches whatever that one does (${effects.join(' over ')})`, () => {
    const [wide, narrow] = [policy(effects[0]), policy(effects[1])];
    let contained = 0;
    fc.assert(
      fc.property(wide, narrow, operation, (outer, inner, asked) => {
        if (!contains(outer, inner)) return;
        contained++;
        const [outerRule, innerRule] = [compileRule(outer), compileRule(inner)];
        for (const principal of PRINCIPALS) {
          for (const target of TARGETS) {
            if (innerRule.appliesTo(principal, target) !== undefined) continue;
            assert.equal(outerRule.appliesTo(principal, target), undefined);
            const seen = { subject: subjectOf(principal, target), columns: ClassifiedColumns.of([]) };
            if (innerRule.matches(asked, seen).matched === true)
              assert.equal(outerRule.matches(asked, seen).matched, true);
          }
        }
      }),
      { numRuns: 3_000 },
    );
    assert.ok(contained > 50, `only ${contained} of them were contained`);
  });
}
