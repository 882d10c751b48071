import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { assertTakesLess } from '../../test/support/processor-time.ts';
import { jobOf, operationOf, targetNamed } from '../../test/support/subjects.ts';
import type { Budget, Decision } from '../model/decision.ts';
import type { Operation, TableUse } from '../model/request.ts';
import { budgetWords } from './budget-words.ts';
import { compilePolicies } from './compile-policies.ts';
import type { Policy } from './policy.ts';

const SELECT = operationOf('select', 'read');
const DELETE = operationOf('delete', 'write', { hasWhere: false });
const DO = operationOf('do', 'unknown', { flags: ['do-block'], reason: 'nobody can tell' });

/** A rule for everybody everywhere, with what a test says of it. */
function asked(group: string, quorum: number, withinMs: number) {
  return { group, quorum, withinMs, allowActor: false, measureRows: false, showText: false };
}

function rule(name: string, more: Partial<Policy>): Policy {
  return { name, principals: 'any', targets: 'any', effect: 'permit', ...more };
}

function budget(measure: Budget['measure'], most: number) {
  return { measure, most, per: 'run' } as const;
}

function budgetLine(one: Budget): string {
  return `${budgetWords(one)} of ${one.rule}`;
}

const READ = rule('read', { operations: ['read'] });

function decide(policies: readonly Policy[], ...operations: readonly Operation[]): Decision {
  return compilePolicies(policies).decider(jobOf(), targetNamed('demo'))({ operations });
}

/** `permit by a, b [mask email]` or `policy-denied by a`. */
function lineOf(decision: Decision): string {
  const rules = decision.rules.length > 0 ? ` by ${decision.rules.join(', ')}` : '';
  if (decision.effect === 'deny') return decision.code + rules;
  const obligations = decision.obligations.flatMap((one) => {
    if (one.kind === 'limit') return `limit ${one.budgets.map(budgetLine).join(', ')}`;
    if (one.kind === 'mask') return `mask ${one.classes.join(' ')}`;
    if (one.kind === 'approve') return `approve ${one.quorum} of ${one.group} within ${one.withinMs}`;
    // What is read-only without being asked has tests of its own (session-obligation.test.ts).
    return [];
  });
  return `permit${rules}${obligations.length > 0 ? ` [${obligations.join('; ')}]` : ''}`;
}

describe('what is decided', () => {
  test('nothing matches: denied, and the refusal says what it was', () => {
    const decision = decide([READ], { ...DELETE, tables: [{ schema: 'public', name: 'users', use: 'write' }] });
    assert.deepEqual(decision, {
      effect: 'deny',
      code: 'policy-no-match',
      rules: [],
      reason: 'No rule permits this delete on public.users.',
      hint: 'Ask for a rule that permits it, or do without.',
      policy: compilePolicies([READ]).digest,
    });
  });

  test('no rules at all: denied', () => assert.equal(lineOf(decide([], SELECT)), 'policy-no-match'));

  test('deny is stricter than permit', () => {
    const never = rule('never', { effect: 'deny', operations: ['select'], reason: 'No.', hint: 'Go away.' });
    const decision = decide([READ, never], SELECT);
    assert.equal(lineOf(decision), 'policy-denied by never');
    assert.equal(decision.effect === 'deny' && decision.reason, 'No.');
    assert.equal(decision.effect === 'deny' && decision.hint, 'Go away.');
  });

  test('obligations add up: masks unite, the most demanding approval counts, and each rule’s budgets do', () => {
    const policies = [
      rule('a', { operations: ['read'], mask: ['email', 'card'], limit: [budget('rowsRead', 10), budget('bytes', 7)] }),
      rule('b', { operations: ['any'], mask: ['email', 'iban'], limit: [budget('rowsRead', 5)] }),
      rule('c', { operations: ['select'], approve: asked('dba', 1, 60_000) }),
      rule('d', { operations: ['select'], approve: asked('dba', 2, 90_000) }),
      rule('e', { operations: ['select'], approve: asked('owner', 1, 5) }),
    ];
    assert.equal(
      lineOf(decide(policies, SELECT)),
      'permit by a, b, c, d, e [mask card email iban; approve 2 of dba within 60000; ' +
        'approve 1 of owner within 5; limit 10 rowsRead per run of a, 7 bytes per run of a, 5 rowsRead per run of b]',
    );
  });

  test('every operation of a request must be permitted, and the strictest decides', () => {
    const write = rule('write', { operations: ['write'], mask: ['card'] });
    assert.equal(lineOf(decide([READ, write], SELECT, DELETE)), 'permit by read, write [mask card]');
    assert.equal(lineOf(decide([READ], SELECT, DELETE)), 'policy-no-match');
    const never = rule('never', { effect: 'deny', operations: ['delete'] });
    assert.equal(lineOf(decide([READ, never], operationOf('drop', 'ddl'), DO, DELETE)), 'policy-denied by never');
  });

  test('a request without operations, and an empty statement, need no rule', () => {
    assert.equal(lineOf(decide([])), 'permit');
    assert.equal(lineOf(decide([], operationOf('empty', 'session'))), 'permit');
  });
});

describe('what is unknown', () => {
  test('is denied even where any operation is permitted', () => {
    const decision = decide([rule('all', { operations: ['any'] })], DO);
    assert.equal(lineOf(decision), 'request-unknown');
    assert.equal(
      decision.effect === 'deny' && decision.reason,
      'What this do does cannot be known (nobody can tell), and no rule permits that.',
    );
  });

  test('is not permitted by naming its kind', () => {
    assert.equal(lineOf(decide([rule('do', { operations: ['do'] })], DO)), 'request-unknown');
    const execute = operationOf('execute', 'unknown');
    assert.equal(lineOf(decide([rule('run', { operations: ['execute', 'session'] })], execute)), 'request-unknown');
  });

  test('is permitted where a rule says unknown', () => {
    const known = rule('blocks', { operations: ['unknown'], when: 'operation.kind == "do"' });
    assert.equal(lineOf(decide([known], DO)), 'permit by blocks');
    assert.equal(lineOf(decide([known], operationOf('unknown', 'unknown'))), 'request-unknown');
  });

  test('because it does not parse is told as that', () => {
    const broken = operationOf('unknown', 'unknown', { flags: ['unparsable'], reason: 'syntax error' });
    const decision = decide([READ], broken);
    assert.equal(lineOf(decision), 'request-unparsable');
    assert.equal(decision.effect === 'deny' && decision.reason, 'The request cannot be decided (syntax error).');
  });

  test('is denied by a rule that denies anything', () => {
    assert.equal(lineOf(decide([rule('none', { effect: 'deny' })], DO)), 'policy-denied by none');
    assert.equal(lineOf(decide([rule('none', { effect: 'deny', operations: ['any'] })], DO)), 'policy-denied by none');
  });
});

describe('tables', () => {
  const reads = (...names: readonly string[]): Operation =>
    operationOf('select', 'read', {
      tables: names.map((name) => {
        const [schema = '', table = ''] = name.split('.');
        return { schema, name: table, use: 'read' };
      }),
    });
  const PUBLIC = rule('public', { operations: ['read'], tables: [{ table: 'public.*' }] });

  test('a permit covers an operation only with all of its tables', () => {
    assert.equal(lineOf(decide([PUBLIC], reads('public.a', 'public.b'))), 'permit by public');
    assert.equal(lineOf(decide([PUBLIC], reads('public.a', 'app.secret'))), 'policy-no-match');
    assert.equal(lineOf(decide([PUBLIC], reads('publicx.a'))), 'policy-no-match');
  });

  test('a permit about tables does not cover an operation without one', () => {
    assert.equal(lineOf(decide([PUBLIC], SELECT)), 'policy-no-match');
  });

  test('a deny needs one of them', () => {
    const secret = rule('secret', { effect: 'deny', tables: [{ table: 'app.secret' }] });
    assert.equal(lineOf(decide([READ, secret], reads('public.a', 'app.secret'))), 'policy-denied by secret');
    assert.equal(lineOf(decide([READ, secret], reads('public.a'))), 'permit by read');
  });

  test('so do obligations: a table among others cannot shake off its approval or its mask', () => {
    const approve = asked('dba', 1, 1);
    const secret = rule('secret', { operations: ['read'], tables: [{ table: 'app.*' }], approve, mask: ['v'] });
    const both = reads('public.a', 'app.secret');
    assert.equal(lineOf(decide([READ, secret], both)), 'permit by read, secret [mask v; approve 1 of dba within 1]');
    assert.equal(lineOf(decide([secret], both)), 'policy-no-match');
  });

  test('a table whose schema nobody knows may be the denied one, and is never the permitted one', () => {
    const secret = rule('secret', { effect: 'deny', tables: [{ table: 'app.secret' }] });
    assert.equal(lineOf(decide([READ, secret], reads('.secret'))), 'policy-denied by secret');
    assert.equal(lineOf(decide([PUBLIC], reads('.a'))), 'policy-no-match');
    assert.equal(
      lineOf(decide([rule('a', { operations: ['read'], tables: [{ table: '*.a' }] })], reads('.a'))),
      'permit by a',
    );
  });

  test('a use', () => {
    const log = operationOf('insert', 'write', {
      tables: [
        { schema: 'public', name: 'log', use: 'write' },
        { schema: 'public', name: 'users', use: 'read' },
      ],
    });
    const onlyWrite = rule('w', { operations: ['write'], tables: [{ table: 'public.log', use: 'write' }] });
    const andRead = rule('rw', {
      operations: ['write'],
      tables: [{ table: 'public.log' }, { table: 'public.*', use: 'read' }],
    });
    assert.equal(lineOf(decide([onlyWrite], log)), 'policy-no-match');
    assert.equal(lineOf(decide([onlyWrite, andRead], log)), 'permit by rw, w');
  });
});

describe('functions and flags', () => {
  const call = (...functions: readonly string[]): Operation => operationOf('function', 'write', { functions });
  const NEXT = rule('next', { operations: ['function'], functions: ['nextval', 'app.*'] });

  test('a permit covers a call of its functions alone', () => {
    assert.equal(lineOf(decide([NEXT], call('nextval'))), 'permit by next');
    assert.equal(lineOf(decide([NEXT], call('app.f'))), 'permit by next');
    assert.equal(lineOf(decide([NEXT], call('setval'))), 'policy-no-match');
    assert.equal(lineOf(decide([NEXT], call('nextval', 'setval'))), 'policy-no-match');
  });

  test('a deny of a function is not avoided by naming its schema, or by leaving it out', () => {
    const all = rule('all', { operations: ['any'] });
    const never = rule('never', { effect: 'deny', functions: ['setval', 'app.f'] });
    assert.equal(lineOf(decide([all, never], call('pg_catalog.setval'))), 'policy-denied by never');
    assert.equal(lineOf(decide([all, never], call('f'))), 'policy-denied by never');
    assert.equal(lineOf(decide([all, never], call('other.f'))), 'permit by all');
  });

  test('a deny by flag matches an operation with any of them', () => {
    const doors = rule('doors', { effect: 'deny', flags: ['copy-program', 'file-access'] });
    assert.equal(
      lineOf(decide([READ, doors], { ...SELECT, flags: ['returning', 'file-access'] })),
      'policy-denied by doors',
    );
    assert.equal(lineOf(decide([READ, doors], { ...SELECT, flags: ['returning'] })), 'permit by read');
  });
});

describe('who and where', () => {
  const at = (policy: Partial<Policy>, workload = {}, target = 'demo', labels = {}): string => {
    const decider = compilePolicies([rule('r', { operations: ['read'], ...policy })]);
    return lineOf(decider.decider(jobOf(workload), targetNamed(target, labels))({ operations: [SELECT] }));
  };

  test('all fields of an alternative must match, and one of its values', () => {
    const principals = [{ 'run.sourceRepositoryId': ['7', '100000001'], 'run.sourceRef': ['refs/heads/*'] }];
    assert.equal(at({ principals }), 'permit by r');
    assert.equal(at({ principals }, { sourceRef: 'refs/tags/v1' }), 'policy-no-match');
    assert.equal(at({ principals }, { sourceRef: 'refs/heads/a/b' }), 'policy-no-match');
    assert.equal(at({ principals }, { sourceRepositoryId: '1000000011' }), 'policy-no-match');
    assert.equal(at({ principals: [{ 'run.actor': ['x'] }, ...principals] }), 'permit by r');
  });

  test('a field that the principal does not have matches nothing', () => {
    assert.equal(at({ principals: [{ 'run.environment': ['**'] }] }), 'policy-no-match');
    assert.equal(at({ principals: [{ 'run.environment': ['**'] }] }, { environment: 'prod' }), 'permit by r');
    assert.equal(at({ principals: [{ 'run.extra.team': ['a'] }] }, { extra: { team: 'a' } }), 'permit by r');
    assert.equal(at({ principals: [{ 'run.extra.toString': ['a'] }] }), 'policy-no-match');
  });

  test('fields outside of the workload', () => {
    assert.equal(at({ principals: [{ 'run.kind': ['ci'], 'grant.rule': ['demo-storefront'] }] }), 'permit by r');
    assert.equal(at({ principals: [{ 'run.demo': ['false'] }] }), 'policy-no-match');
    assert.equal(at({ principals: [{ 'principal.kind': ['human'] }] }), 'policy-no-match');
  });

  test('targets by name, by label, by both', () => {
    assert.equal(at({ targets: { names: ['pg-*', 'demo'] } }), 'permit by r');
    assert.equal(at({ targets: { names: ['dem'] } }), 'policy-no-match');
    const prod = { labels: { tier: ['prod'] } };
    assert.equal(at({ targets: prod }), 'policy-no-match');
    assert.equal(at({ targets: prod }, {}, 'x', { tier: 'prod' }), 'permit by r');
    assert.equal(at({ targets: { ...prod, names: ['demo'] } }, {}, 'x', { tier: 'prod' }), 'policy-no-match');
  });
});

describe('conditions', () => {
  const NEVER = rule('never', {
    effect: 'deny',
    when: 'operation.kind == "drop" || (operation.kind == "delete" && !operation.hasWhere)',
  });
  const ALL = rule('all', { operations: ['any'] });

  test('see the operation, the principal, the run and the target', () => {
    assert.equal(lineOf(decide([ALL, NEVER], DELETE)), 'policy-denied by never');
    assert.equal(lineOf(decide([ALL, NEVER], { ...DELETE, hasWhere: true })), 'permit by all');
    const when =
      'run.sourceRepositoryId == "100000001" && run.environment == "" && run.demo && target.name == "demo" && ' +
      'principal.rule == "demo-storefront" && operation.tables.size() == 0 && !("x" in operation.flags)';
    assert.equal(lineOf(decide([rule('here', { operations: ['read'], when })], SELECT)), 'permit by here');
  });

  test('an error in one denies, whatever its effect would have been', () => {
    const when = 'target.labels.tier == "prod"';
    const broken = rule('broken', { operations: ['read'], when });
    const decision = decide([ALL, broken], SELECT);
    assert.equal(lineOf(decision), 'policy-error by broken');
    assert.match(decision.effect === 'deny' ? decision.reason : '', /No such key: tier/);
    assert.equal(lineOf(decide([ALL, broken], DELETE)), 'permit by all');
    assert.equal(lineOf(decide([ALL, rule('broken', { effect: 'deny', when })], SELECT)), 'policy-error by broken');
  });

  test('a rule that denies outright says so, beside one that cannot be evaluated', () => {
    const broken = rule('broken', { operations: ['any'], when: '1 / 0 == 1' });
    assert.equal(lineOf(decide([broken, NEVER], operationOf('drop', 'ddl'))), 'policy-denied by never');
  });
});

test('a decision is made once for an array of operations, and a permit for the rules that bind it', () => {
  const decider = compilePolicies([READ]).decider(jobOf(), targetNamed('demo'));
  const operations = [SELECT];
  const first = decider({ operations });
  assert.equal(decider({ operations }), first);
  assert.equal(decider({ operations: [SELECT] }), first);
  assert.notEqual(
    compilePolicies([READ, rule('also', { operations: ['read'] })]).decider(
      jobOf(),
      targetNamed('demo'),
    )({ operations }),
    first,
  );
  const rounds = 500_000;
  assertTakesLess(rounds / 1_000, () => {
    for (let round = 0; round < rounds; round++) decider({ operations });
  });
});

test('operations that are no operations are denied rather than thrown at', () => {
  const decider = compilePolicies([READ]).decider(jobOf(), targetNamed('demo'));
  const broken = [{ kind: 'select' }] as unknown as readonly Operation[];
  const withTables = compilePolicies([rule('t', { operations: ['any'], tables: [{ table: 'a.b' }] })]);
  assert.equal(decider({ operations: broken }).effect, 'deny');
  assert.equal(lineOf(withTables.decider(jobOf(), targetNamed('demo'))({ operations: broken })), 'policy-error');
});

test('the digest changes with any word of any rule, and not with their order', () => {
  const other = rule('other', { operations: ['write'] });
  assert.equal(compilePolicies([READ, other]).digest, compilePolicies([other, READ]).digest);
  assert.notEqual(compilePolicies([READ, other]).digest, compilePolicies([READ]).digest);
  assert.notEqual(compilePolicies([{ ...READ, hint: 'x' }]).digest, compilePolicies([READ]).digest);
});

describe('for any rules and operations', () => {
  const names = fc.constantFrom('a.x', 'a.y', 'b.x', '*.x', 'a.*');
  const policies = fc.uniqueArray(
    fc.record(
      {
        name: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'),
        principals: fc.constantFrom<Policy['principals']>('any', [{ 'run.actor': ['x'] }]),
        targets: fc.constantFrom<Policy['targets']>('any', { names: ['d*'] }),
        operations: fc.subarray(['read', 'write', 'select', 'delete', 'any', 'unknown'], { minLength: 1 }),
        tables: fc.array(
          names.map((table) => ({ table })),
          { minLength: 1, maxLength: 2 },
        ),
        flags: fc.subarray(['f', 'g'], { minLength: 1 }),
        when: fc.constantFrom(
          'operation.hasWhere',
          'operation.kind == "select"',
          'target.labels.none == "x"',
          '1 / 0 == 1',
        ),
        effect: fc.constantFrom<Policy['effect']>('permit', 'permit', 'deny'),
        mask: fc.subarray(['email', 'card'], { minLength: 1 }),
        approve: fc.record({
          group: fc.constantFrom('dba', 'owner'),
          quorum: fc.nat(3),
          withinMs: fc.nat(9),
          allowActor: fc.boolean(),
          measureRows: fc.boolean(),
          showText: fc.boolean(),
        }),
        limit: fc.array(
          fc.nat(9).map((most) => budget('bytes', most)),
          { minLength: 1, maxLength: 2 },
        ),
        reason: fc.constantFrom('r1', 'r2'),
      },
      { requiredKeys: ['name', 'principals', 'targets', 'operations', 'effect'] },
    ),
    { selector: (policy) => policy.name, maxLength: 8 },
  );
  const operations = fc.array(
    fc.record({
      kind: fc.constantFrom('select', 'delete', 'unknown'),
      access: fc.constantFrom<Operation['access']>('read', 'write', 'unknown'),
      tables: fc.array(
        fc.constantFrom<TableUse>({ schema: 'a', name: 'x', use: 'read' }, { schema: '', name: 'y', use: 'read' }),
      ),
      functions: fc.constant([]),
      hasWhere: fc.boolean(),
      flags: fc.subarray(['f', 'g']),
    }),
    { maxLength: 3 },
  );

  test('the order of rules and of operations never matters', () => {
    fc.assert(
      fc.property(policies, operations, fc.infiniteStream(fc.nat()), (rules, list, dice) => {
        const shuffled = <Item>(items: readonly Item[]): Item[] =>
          items
            .map((item) => ({ item, at: dice.next().value }))
            .sort((x, y) => x.at - y.at)
            .map(({ item }) => item);
        assert.deepEqual(decide(shuffled(rules), ...list), decide(rules, ...list));
        assert.equal(decide(rules, ...shuffled(list)).effect, decide(rules, ...list).effect);
      }),
      { numRuns: 500, seed: 20_260_101 },
    );
  });

  test('another rule never turns a denial by rule into a permit, and a deny never permits', () => {
    fc.assert(
      fc.property(policies, operations, (rules, list) => {
        const before = decide(rules, ...list);
        const after = decide([...rules, rule('zz', { operations: ['any', 'unknown'] })], ...list);
        if (before.effect === 'deny' && (before.code === 'policy-denied' || before.code === 'policy-error')) {
          assert.equal(after.effect, 'deny');
        }
        const denied = decide([...rules, rule('zz', { effect: 'deny' })], ...list);
        assert.equal(denied.effect, list.length === 0 ? 'permit' : 'deny');
      }),
      { numRuns: 500, seed: 20_260_102 },
    );
  });
});
