import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { jobOf, operationOf, targetNamed } from '../../test/support/subjects.ts';
import type { ColumnUse, Operation } from '../model/request.ts';
import type { ClassifiedColumn, Target } from '../model/target.ts';
import { compilePolicies } from './compile-policies.ts';
import type { Policy } from './policy.ts';

const EMAIL: ClassifiedColumn = { schema: 'public', table: 'users', column: 'email', class: 'email' };
const CARD: ClassifiedColumn = { schema: 'public', table: 'cards', column: 'number', class: 'card' };
const TARGET: Target = { ...targetNamed('demo'), classified: [EMAIL, CARD] };

const ALL: Policy = {
  name: 'all',
  principals: 'any',
  targets: 'any',
  operations: ['any', 'unknown'],
  effect: 'permit',
};

function rule(effect: 'permit' | 'deny', more: Partial<Policy>): Policy {
  const operations = effect === 'permit' ? { operations: ['any'] } : {};
  return { name: 'rule', principals: 'any', targets: 'any', effect, ...operations, ...more };
}

function use(column: 'users.id' | 'users.email' | 'cards.number', how: ColumnUse['use']): ColumnUse {
  const [table = '', name = ''] = column.split('.');
  return { schema: 'public', table, column: name, use: how };
}

const tableOf = (name: string) => ({ schema: 'public', name, use: 'read' as const });

function select(columns: readonly ColumnUse[] | 'unknown', more: Partial<Operation> = {}): Operation {
  return operationOf('select', 'read', { tables: [tableOf('users')], columns, ...more });
}

function decide(policies: readonly Policy[], operation: Operation, target: Target = TARGET): string {
  const decision = compilePolicies(policies).decider(jobOf(), target)({ operations: [operation] });
  if (decision.effect === 'deny') return decision.code;
  const groups = decision.obligations.flatMap((one) => (one.kind === 'approve' ? one.group : []));
  return groups.length > 0 ? `ask ${groups.join(', ')}` : 'permit';
}

describe('a rule that denies by columns', () => {
  const denies = (more: Partial<Policy>, operation: Operation) => decide([ALL, rule('deny', more)], operation);
  const cases: readonly [string, Partial<Policy>, Operation, string][] = [
    ['a filter of the class', { filters: ['email'] }, select([use('users.email', 'filter')]), 'policy-denied'],
    ['a filter of any class', { filters: ['any'] }, select([use('users.email', 'filter')]), 'policy-denied'],
    ['a filter of another class', { filters: ['card'] }, select([use('users.email', 'filter')]), 'permit'],
    ['a filter of no class', { filters: ['any'] }, select([use('users.id', 'filter')]), 'permit'],
    ['shown, not filtered by', { filters: ['email'] }, select([use('users.email', 'output')]), 'permit'],
    ['shown', { reads: ['email'] }, select([use('users.email', 'output')]), 'policy-denied'],
    [
      'assigned',
      { writes: ['email'] },
      operationOf('update', 'write', { tables: [tableOf('users')], columns: [use('users.email', 'write')] }),
      'policy-denied',
    ],
    [
      'copied',
      { copies: ['email'] },
      operationOf('create', 'ddl', {
        tables: [tableOf('users')],
        columns: [],
        copies: [{ into: { schema: 'public', table: 'c', column: 'e' }, from: [EMAIL] }],
      }),
      'policy-denied',
    ],
    [
      'copied from what cannot be told',
      { copies: ['email'] },
      operationOf('create', 'ddl', {
        tables: [tableOf('users')],
        columns: [],
        copies: [{ into: { schema: 'public', table: 'c', column: 'e' }, from: 'unknown' }],
      }),
      'policy-denied',
    ],
    [
      'both keys, and one of them met',
      { filters: ['email'], reads: ['card'] },
      select([use('users.email', 'filter')]),
      'permit',
    ],
    ['columns that are not known', { filters: ['email'] }, select('unknown'), 'policy-denied'],
    ['columns that are not known, of other tables', { filters: ['card'] }, select('unknown'), 'permit'],
    [
      'columns that nobody told',
      { filters: ['email'] },
      operationOf('select', 'read', { tables: [tableOf('users')] }),
      'policy-denied',
    ],
    [
      'a table whose schema is not known',
      { reads: ['email'] },
      select('unknown', { tables: [{ schema: '', name: 'users', use: 'read' }] }),
      'policy-denied',
    ],
    ['statements in a string', { reads: ['card'] }, operationOf('do', 'unknown', { columns: [] }), 'policy-denied'],
    ['a source that may show anything', { reads: ['card'] }, select([], { flags: ['opaque-source'] }), 'policy-denied'],
    ['a read that could copy nothing', { copies: ['any'] }, select('unknown'), 'permit'],
    ['no table at all', { reads: ['any'] }, operationOf('begin', 'transaction'), 'permit'],
  ];
  for (const [what, more, operation, expected] of cases) {
    test(`${what}: ${expected}`, () => assert.equal(denies(more, operation), expected));
  }
});

describe('a rule that permits by columns', () => {
  const permits = (more: Partial<Policy>, operation: Operation) => decide([rule('permit', more)], operation);

  test('permits what it names, all of it and nothing beside it', () => {
    assert.equal(permits({ reads: ['email'] }, select([use('users.email', 'output')])), 'permit');
    assert.equal(permits({ reads: ['email'] }, select([use('users.id', 'output')])), 'policy-no-match');
    const both = select([use('users.email', 'output'), use('cards.number', 'output')]);
    assert.equal(permits({ reads: ['email'] }, both), 'policy-no-match');
    assert.equal(permits({ reads: ['any'] }, both), 'permit');
  });

  test('permits nothing that is not known, and binds it all the same', () => {
    assert.equal(permits({ reads: ['email'] }, select('unknown')), 'policy-no-match');
    const asks = rule('permit', {
      reads: ['email'],
      approve: { group: 'dba', quorum: 1, withinMs: 1, allowActor: false, measureRows: false, showText: false },
    });
    assert.equal(decide([ALL, asks], select('unknown')), 'ask dba');
    assert.equal(decide([ALL, asks], select([use('users.email', 'filter')])), 'permit');
  });

  test('by a condition it permits only what is known', () => {
    const noEmail = { when: 'operation.reads.size() == 0' };
    assert.equal(permits(noEmail, select([use('users.id', 'output')])), 'permit');
    assert.equal(permits(noEmail, select([use('users.email', 'output')])), 'policy-no-match');
    assert.equal(permits(noEmail, select('unknown')), 'policy-no-match');
    assert.equal(permits({ when: '"email" in operation.reads' }, select('unknown')), 'policy-no-match');
    assert.equal(
      permits({ when: 'operation.columns.all(c, c.table == "users")' }, select('unknown')),
      'policy-no-match',
    );
    assert.equal(permits({ when: 'operation.columnsKnown' }, select([])), 'permit');
  });
});

describe('a condition about what is not known', () => {
  const DO = operationOf('do', 'unknown', { flags: ['do-block'] });
  const cases: readonly [string, Operation, string][] = [
    ['"email" in operation.reads', select('unknown'), 'policy-denied'],
    ['!("email" in operation.reads)', select('unknown'), 'policy-denied'],
    ['"email" in operation.reads && !("card" in operation.reads)', DO, 'policy-denied'],
    ['operation.kind == "delete" && "email" in operation.reads', select('unknown'), 'permit'],
    ['operation.kind == "select" && !operation.columnsKnown', select('unknown'), 'policy-denied'],
    ['!("do-block" in operation.flags) && operation.reads.size() == 0', DO, 'permit'],
    ['"do-block" in operation.flags && operation.reads.size() == 7', DO, 'policy-denied'],
    ['operation.lock == "access-exclusive"', DO, 'policy-denied'],
    ['operation.lock == "access-exclusive"', select([], { lock: 'access-share' }), 'permit'],
    ['target.name == "other" && operation.reads.size() == 0', select('unknown'), 'permit'],
    ['"card" in operation.reads', select([use('users.email', 'output')]), 'permit'],
  ];
  for (const [when, operation, expected] of cases) {
    test(`${when} of a ${operation.kind}: ${expected}`, () => {
      assert.equal(decide([ALL, rule('deny', { when })], operation), expected);
    });
  }
});

test('conditions see classes, columns, their use and the lock', () => {
  const operation = select([use('users.email', 'filter'), use('users.id', 'output')], { lock: 'row-share' });
  for (const when of [
    'operation.filters == ["email"] && operation.reads == [] && operation.writes.size() == 0',
    'operation.columns.exists(c, c.column == "email" && c.use == "filter")',
    'operation.lock == "row-share"',
    'operation.columnsKnown',
  ]) {
    assert.equal(decide([ALL, rule('deny', { when })], operation), 'policy-denied', when);
    assert.equal(decide([ALL, rule('deny', { when: `!(${when})` })], operation), 'permit', when);
  }
});

test('a lock counts from the one that the rule names; where it cannot be told it binds', () => {
  const denied = (operation: Operation) => decide([ALL, rule('deny', { lock: 'share' })], operation);
  assert.equal(denied(select([], { lock: 'row-exclusive' })), 'permit');
  assert.equal(denied(select([], { lock: 'share' })), 'policy-denied');
  assert.equal(denied(select([], { lock: 'access-exclusive' })), 'policy-denied');
  assert.equal(denied(select([])), 'permit');
  assert.equal(denied(operationOf('do', 'unknown')), 'policy-denied');
  assert.equal(
    decide([rule('permit', { lock: 'share', operations: ['unknown'] })], operationOf('do', 'unknown')),
    'request-unknown',
  );
});

test('classes that a target gets while a session lives count for the next request', () => {
  let classified: readonly ClassifiedColumn[] = [];
  const set = compilePolicies([ALL, rule('deny', { reads: ['email'] })]);
  const decider = set.decider(jobOf(), TARGET, { classified: () => classified });
  const operations = [select([use('users.email', 'output')])];
  const before = decider({ operations });
  assert.equal(before.effect, 'permit');
  assert.equal(decider({ operations }), before);
  classified = [CARD];
  assert.equal(decider({ operations }), before, 'the same decision stays the same object');
  classified = [EMAIL];
  assert.equal(decider({ operations }).effect, 'deny');
});

test('a class of any column of a table is that of each', () => {
  const any: ClassifiedColumn = { schema: '', table: 'cards', column: '*', class: 'copied' };
  const set = compilePolicies([ALL, rule('deny', { reads: ['copied'] })]);
  const effectOf = (column: 'users.email' | 'cards.number') =>
    set.decider(jobOf(), { ...TARGET, classified: [any] })({ operations: [select([use(column, 'output')])] }).effect;
  assert.equal(effectOf('cards.number'), 'deny');
  assert.equal(effectOf('users.email'), 'permit');
});

describe('classes of what an HTTP target answers', () => {
  const field = { schema: '', table: 'GET /customers/*', column: 'email', class: 'email', place: 'body' } as const;
  const target: Target = { ...TARGET, protocol: 'http', classified: [field] };
  const asked = (path: string, method = 'GET') => {
    const http = { method, host: 'x', path, query: {}, headers: {}, mediaType: '', body: { kind: 'none' } } as const;
    return operationOf(method.toLowerCase(), 'read', { http });
  };
  const permits = [rule('permit', { reads: ['email'] })];
  const denies = [ALL, rule('deny', { reads: ['email'] })];

  test('may be in a reply under their path: a rule that denies them binds, one that permits them alone does not do', () => {
    assert.equal(decide(denies, asked('/customers/7'), target), 'policy-denied');
    assert.equal(decide(permits, asked('/customers/7'), target), 'policy-no-match');
  });

  test('are in no other reply', () => {
    for (const other of [asked('/orders'), asked('/customers/7', 'OPTIONS')]) {
      assert.equal(decide(denies, other, target), 'permit');
    }
  });
});
