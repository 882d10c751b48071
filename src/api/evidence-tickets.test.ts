import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LIMITS } from '../model/limits.ts';
import { Secret } from '../model/secret.ts';
import { EvidenceTickets, presentedTicket } from './evidence-tickets.ts';

test('a ticket is good once, for its run, in its time; and again where its use came to nothing', () => {
  let now = 0;
  const tickets = new EvidenceTickets(() => now);
  const { token, expiresAt } = tickets.issue('run_1');
  assert.equal(expiresAt, '1970-01-01T00:10:00.000Z');
  assert.equal(tickets.use(token, 'run_2'), undefined);
  const giveBack = tickets.use(token, 'run_1');
  assert.ok(giveBack);
  assert.equal(tickets.use(token, 'run_1'), undefined);
  giveBack();
  now = LIMITS.evidenceTicketMs - 1;
  assert.ok(tickets.use(token, 'run_1'));
  const late = tickets.issue('run_1');
  now += LIMITS.evidenceTicketMs;
  assert.equal(tickets.use(late.token, 'run_1'), undefined);
});

test('so many tickets wait, and the oldest gives way', () => {
  const tickets = new EvidenceTickets(() => 0);
  const issued = Array.from({ length: LIMITS.evidenceTickets + 1 }, (_, index) => tickets.issue(`run_${index}`));
  assert.equal(tickets.use(issued[0]?.token ?? new Secret(''), 'run_0'), undefined);
  assert.ok(tickets.use(issued[1]?.token ?? new Secret(''), 'run_1'));
  const last = issued.length - 1;
  assert.ok(tickets.use(issued[last]?.token ?? new Secret(''), `run_${last}`));
});

test('a ticket is told from an operator token by its form', () => {
  const { token } = new EvidenceTickets(() => 0).issue('run_1');
  assert.equal(presentedTicket(`Bearer ${token.reveal()}`)?.reveal(), token.reveal());
  assert.equal(presentedTicket('Bearer opt_something'), undefined);
  assert.equal(presentedTicket(undefined), undefined);
});
