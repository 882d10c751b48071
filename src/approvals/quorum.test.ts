import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PersonId } from '../model/ids.ts';
import { type CountedVote, tally } from './quorum.ts';

const need = (group: string, quorum: number) => ({ group, quorum, allowActor: false });
const yes = (person: string, ...countsFor: string[]): CountedVote => ({
  person: person as PersonId,
  answer: 'approve',
  countsFor,
});
const no = (person: string, ...countsFor: string[]): CountedVote => ({
  person: person as PersonId,
  answer: 'deny',
  countsFor,
});

test('a quorum is of distinct people', () => {
  assert.deepEqual(tally([need('dba', 2)], []), { outcome: 'open', approvals: [0] });
  assert.deepEqual(tally([need('dba', 2)], [yes('ada', 'dba'), yes('ada', 'dba')]), {
    outcome: 'open',
    approvals: [1],
  });
  assert.deepEqual(tally([need('dba', 2)], [yes('ada', 'dba'), yes('ben', 'dba')]), {
    outcome: 'approved',
    approvals: [2],
  });
});

test('more people than a requirement needs count as many as it needs', () => {
  const votes = ['ada', 'ben', 'cem'].map((who) => yes(who, 'dba'));
  assert.deepEqual(tally([need('dba', 1)], votes), { outcome: 'approved', approvals: [1] });
});

test('nobody counts for two requirements, and who could count for either counts where they are needed', () => {
  const two = [need('dba', 1), need('security', 1)];
  assert.deepEqual(tally(two, [yes('ada', 'dba', 'security')]), { outcome: 'open', approvals: [1, 0] });
  for (const votes of [
    [yes('ada', 'dba', 'security'), yes('ben', 'dba')],
    [yes('ben', 'dba'), yes('ada', 'dba', 'security')],
    [yes('ada', 'dba', 'security'), yes('ben', 'security')],
  ]) {
    assert.deepEqual(tally(two, votes), { outcome: 'approved', approvals: [1, 1] });
  }
});

test('a chain of people is moved along where one more finds room only so', () => {
  const three = [need('a', 1), need('b', 1), need('c', 1)];
  const votes = [yes('1', 'a', 'b'), yes('2', 'b', 'c'), yes('3', 'a')];
  assert.deepEqual(tally(three, votes), { outcome: 'approved', approvals: [1, 1, 1] });
  const larger = [need('a', 2), need('b', 2)];
  const crowd = [yes('1', 'a', 'b'), yes('2', 'a', 'b'), yes('3', 'a'), yes('4', 'a')];
  assert.deepEqual(tally(larger, crowd), { outcome: 'approved', approvals: [2, 2] });
});

test('one denial by somebody of a required group denies all; one of any other group is none', () => {
  const votes = [yes('ada', 'dba'), no('ben', 'dba')];
  assert.deepEqual(tally([need('dba', 1)], votes), { outcome: 'denied', approvals: [1] });
  assert.equal(tally([need('dba', 1)], [yes('ada', 'dba'), no('eve', 'sales')]).outcome, 'approved');
});

test('people of other groups count for nothing, and no requirement at all is never met', () => {
  assert.deepEqual(tally([need('dba', 1)], [yes('eve', 'sales'), yes('mal')]), { outcome: 'open', approvals: [0] });
  assert.deepEqual(tally([], [yes('ada', 'dba')]), { outcome: 'open', approvals: [] });
});
