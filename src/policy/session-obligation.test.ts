import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { jobOf, targetNamed } from '../../test/support/subjects.ts';
import type { SessionObligation } from '../model/decision.ts';
import type { Operation } from '../model/request.ts';
import { compilePolicies } from './compile-policies.ts';
import { parsePolicies } from './parse-policies.ts';
import type { Policy } from './policy.ts';

const SELECT: Operation = {
  kind: 'select',
  access: 'read',
  tables: [{ schema: 'public', name: 'users', use: 'read' }],
  functions: [],
  hasWhere: true,
  flags: [],
};

function rule(name: string, more: Partial<Policy>): Policy {
  return { name, principals: 'any', targets: 'any', operations: ['any'], effect: 'permit', ...more };
}

/** What is asked of the session of one that reads. */
function asked(...policies: readonly Policy[]): SessionObligation | undefined {
  const decision = compilePolicies(policies).decider(jobOf(), targetNamed('demo'))({ operations: [SELECT] });
  assert.equal(decision.effect, 'permit');
  return decision.obligations.find((one) => one.kind === 'session');
}

describe('what rules ask of the session adds up', () => {
  test('the shortest time counts, the fewest rows, and every switch', () => {
    const made = asked(
      rule('a', { session: { statementTimeoutMs: 30_000, rows: 10, name: true } }),
      rule('b', { session: { statementTimeoutMs: 5_000, lockTimeoutMs: 1_000, rows: 100, readOnly: true } }),
      rule('c', { session: { idleInTransactionTimeoutMs: 60_000, readOnly: false } }),
    );
    assert.deepEqual(made, {
      kind: 'session',
      statementTimeoutMs: 5_000,
      lockTimeoutMs: 1_000,
      idleInTransactionTimeoutMs: 60_000,
      readOnly: true,
      rows: 10,
      name: true,
    });
  });

  test('rules that do not match ask nothing', () => {
    const other = rule('other', { operations: ['insert'], session: { rows: 1 } });
    assert.equal(asked(rule('all', {}), other), undefined);
  });
});

describe('a session that no rule lets write is read-only by itself', () => {
  const READS: readonly (readonly [name: string, policies: readonly Policy[]])[] = [
    ['reads alone', [rule('a', { operations: ['read'] })]],
    [
      'reads, settings and transactions, in several rules',
      [
        rule('a', { operations: ['select', 'copy-out'] }),
        rule('b', { operations: ['session', 'transaction', 'explain'] }),
      ],
    ],
    [
      'a rule that denies writing beside',
      [rule('a', { operations: ['read'] }), rule('d', { effect: 'deny' as const, operations: ['write'] })],
    ],
    [
      'a rule that writes, for somebody else',
      [rule('a', { operations: ['read'] }), rule('w', { operations: ['write'], targets: { names: ['other'] } })],
    ],
  ];
  for (const [name, policies] of READS) {
    test(name, () => assert.deepEqual(asked(...policies), { kind: 'session', readOnly: true }));
  }

  const WRITES: readonly (readonly [name: string, more: Partial<Policy>])[] = [
    ['any', { operations: ['any'] }],
    ['unknown', { operations: ['unknown'] }],
    ['one kind that writes', { operations: ['select', 'notify'] }],
    ['definitions', { operations: ['ddl'] }],
    ['calls of functions', { operations: ['function'] }],
    ['writes in one table, after an approval', { operations: ['update'], tables: [{ table: 'public.notes' }] }],
    ['reads, but said not to be', { operations: ['read'], session: { readOnly: false } }],
  ];
  for (const [name, more] of WRITES) {
    test(`not where a rule permits ${name}`, () => {
      assert.equal(asked(rule('reads', { operations: ['read'] }), rule('more', more)), undefined);
    });
  }

  test('together with what is asked beside', () => {
    const made = asked(rule('a', { operations: ['read'], session: { rows: 5 } }));
    assert.deepEqual(made, { kind: 'session', rows: 5, readOnly: true });
  });
});

describe('`session` in a policy file', () => {
  const read = (session: string) => {
    const text = `policies:\n  - name: a\n    principals: any\n    targets: any\n    operations: [read]\n    effect: permit\n    session: ${session}\n`;
    return parsePolicies([{ path: 'a.yaml', text }]);
  };

  test('has its times in milliseconds', () => {
    const { policies } = read(
      '{ statementTimeout: 30s, lockTimeout: 500ms, idleInTransactionTimeout: 1m, rows: 9, name: true, readOnly: true }',
    );
    assert.deepEqual(policies[0]?.session, {
      statementTimeoutMs: 30_000,
      lockTimeoutMs: 500,
      idleInTransactionTimeoutMs: 60_000,
      rows: 9,
      name: true,
      readOnly: true,
    });
  });

  const WRONG: readonly (readonly [session: string, problem: string])[] = [
    ['{}', 'Say at least one, or leave `session` out.'],
    ['{ statementTimeout: 30 }', 'Write a duration such as 30m.'],
    ['{ statementTimeout: 25d }', 'Write at most 24 days; PostgreSQL takes no more.'],
    ['{ rows: 0 }', 'Write how many rows a read may return.'],
    ['{ name: false }', 'Write true, or leave the line out.'],
    ['{ timeout: 30s, rows: 1 }', 'Nobody knows `timeout` here; check the spelling or remove it.'],
  ];
  for (const [session, problem] of WRONG) {
    test(`${session}: ${problem}`, () => {
      assert.deepEqual(
        read(session).problems.map(({ message }) => message),
        [problem],
      );
    });
  }
});
