import assert from 'node:assert/strict';
import { test } from 'node:test';
import { operationOf } from '../../test/support/subjects.ts';
import type { Operation } from '../model/request.ts';
import { explainDecision } from '../policy/explain-decision.ts';
import type { Policy } from '../policy/policy.ts';
import { askedPrincipal } from './asked-principal.ts';
import { askedTarget } from './asked-target.ts';
import { explanationView } from './explanation-view.ts';

const TARGET = askedTarget({
  name: 'shop',
  classified: [{ schema: 'public', table: 'users', column: 'email', class: 'email' }],
});
const READS: Policy = {
  name: 'reads',
  principals: 'any',
  targets: 'any',
  operations: ['any'],
  effect: 'permit',
  mask: ['email'],
};
const users = { schema: 'public', table: 'users' };

function viewOf(operation: Operation) {
  const explanation = explainDecision([READS], askedPrincipal({}), TARGET, { operations: [operation] });
  return explanationView(explanation, { results: [undefined], detectors: ['email'] });
}

test('what an operation does is told as far as a rule can see it', () => {
  const view = viewOf(
    operationOf('insert', 'write', {
      tables: [{ schema: 'public', name: 'users', use: 'read' }],
      functions: ['lower'],
      flags: ['returning'],
      lock: 'row-exclusive',
      columns: [
        { ...users, column: 'email', use: 'output' },
        { ...users, column: 'email', use: 'filter' },
        { ...users, column: 'id', use: 'filter' },
        { schema: '', table: 'notes', column: 'body', use: 'write' },
      ],
      copies: [
        { into: { schema: '', table: 'notes', column: 'body' }, from: [{ ...users, column: 'email' }] },
        { into: { schema: '', table: 'notes', column: 'tag' }, from: [] },
      ],
    }),
  );
  assert.deepEqual(view.operations[0]?.facts, [
    'write, lock row-exclusive',
    'flags: returning',
    'calls: lower',
    'shows: public.users.email',
    'filters by: public.users.email, public.users.id',
    'assigns: notes.body',
    'copies: public.users.email into notes.body',
    'copies: nothing that is stored into notes.tag',
    'reads email (classes)',
    'filters email (classes)',
    'copies email (classes)',
  ]);
  assert.deepEqual(
    [view.effect, view.obligations, view.results, view.detectors],
    ['permit', ['mask email'], [null], ['email']],
  );
});

test('what is not known is told as what it may be', () => {
  const unknown = operationOf('delete', 'write', {
    tables: [{ schema: 'public', name: 'users', use: 'write' }],
    columns: 'unknown',
    hasWhere: false,
    reason: 'nobody can tell',
  });
  assert.deepEqual(viewOf(unknown).operations[0]?.facts, [
    'write, of every row',
    'columns: not known',
    'reads perhaps email (classes)',
    'filters perhaps email (classes)',
    'writes perhaps email (classes)',
    'copies perhaps email (classes)',
    'nobody can tell',
  ]);
});

test('a denial is told with its code, why, and what to do', () => {
  const { effect, code, reason, hint, obligations } = viewOf(operationOf('do', 'unknown'));
  assert.deepEqual(
    [effect, code, reason, hint, obligations],
    [
      'deny',
      'request-unknown',
      'What this do does cannot be known, and no rule permits that.',
      'Say it as plain statements that the gateway can read.',
      [],
    ],
  );
});
