import assert from 'node:assert/strict';
import { test } from 'node:test';
import { person } from '../../test/support/held-requests.ts';
import { jobOf } from '../../test/support/subjects.ts';
import type { Workload } from '../model/principal.ts';
import { actorOf, isActor } from './actor.ts';

const isSame = (workload: Partial<Workload>, login: string, more: Parameters<typeof person>[2] = {}) =>
  isActor(person(login, [], more), actorOf(jobOf(workload)));
const OCTOCAT = { actor: 'octocat', actorId: '583231' };

test("a person's handle at the run's CI system tells whether they are its actor, by name or number, in any case", () => {
  assert.equal(isSame(OCTOCAT, 'mona', { handles: ['github:octocat'] }), true);
  assert.equal(isSame(OCTOCAT, 'mona', { handles: ['GitHub:OctoCat'] }), true);
  assert.equal(isSame(OCTOCAT, 'mona', { handles: ['github:583231'] }), true);
  assert.equal(isSame(OCTOCAT, 'mona', { handles: ['github:hubot'] }), false);
  assert.equal(isSame(OCTOCAT, 'mona', { handles: ['gitlab:octocat'] }), false);
  assert.equal(isSame({ ...OCTOCAT, issuerKind: 'gitlab' }, 'mona', { handles: ['gitlab:octocat'] }), true);
});

test('the same login, address or beginning of an address cannot be told apart from the actor', () => {
  assert.equal(isSame(OCTOCAT, 'Octocat'), true);
  assert.equal(isSame(OCTOCAT, 'octocat@acme.example'), true);
  assert.equal(isSame(OCTOCAT, 'mona', { email: 'OCTOCAT@acme.example' }), true);
  assert.equal(isSame(OCTOCAT, 'mona', { handles: ['octocat'] }), true);
  assert.equal(isSame({ actor: 'mona@acme.example' }, 'm', { email: 'Mona@acme.example' }), true);
  assert.equal(isSame(OCTOCAT, 'ｏｃｔｏｃａｔ'), true);
});

test('who is known by name there is not taken for another because of how their address begins', () => {
  const known = { handles: ['github:mona-l'], email: 'octocat@acme.example' };
  assert.equal(isSame(OCTOCAT, 'mona', known), false);
  assert.equal(isSame(OCTOCAT, 'octocat', known), true);
});

test('where an issuer has no name of its own, any handle may be the one', () => {
  assert.equal(isSame({ actor: 'jdoe', issuerKind: 'generic' }, 'john', { handles: ['jenkins:jdoe'] }), true);
});

test('a run whose token names nobody has no actor, and a person of their own run is theirs', () => {
  assert.equal(isSame({}, 'mona'), false);
  const human = { ...jobOf({}), kind: 'human' as const, display: 'mona' };
  assert.equal(isActor(person('mona'), actorOf(human)), true);
  assert.equal(isActor(person('hubot'), actorOf(human)), false);
});
