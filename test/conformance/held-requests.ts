import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Policy } from '../../src/policy/policy.ts';
import { type FakeApproval, FakeApprovals } from '../support/fake-approvals.ts';
import { PERMIT_ALL, type TestGateway, type TestGatewayOptions } from '../support/gateway.ts';
import { recorded } from '../support/recorded.ts';
import { until } from '../support/until.ts';
import type { Conversation, ProtocolUnderTest, Requests } from './protocol-under-test.ts';
import { within } from './waiting.ts';

export const NEEDS_APPROVAL: Policy = {
  ...PERMIT_ALL,
  name: 'ask first',
  approve: {
    group: 'dba',
    quorum: 1,
    withinMs: 60_000,
    allowActor: false,
    measureRows: false,
    showText: false,
  },
};
/** What the suite lends. */
interface Suite {
  open(options?: Partial<TestGatewayOptions>): Promise<TestGateway>;
  logIn(gateway: TestGateway): Promise<Conversation>;
  /** Asserts that the next request works. */
  works(conversation: Conversation): Promise<void>;
  /** The server's own log. */
  executed(): Promise<string>;
}

/** Points 5 and 6: requests that wait for people. */
export function defineHeldRequests({ requests }: ProtocolUnderTest, suite: Suite): void {
  const { codes } = requests;
  const HELD: Policy = { ...NEEDS_APPROVAL, name: 'ask for deletions', operations: [requests.heldKind] };
  const { open, logIn, works, executed: executedSoFar } = suite;

  test('5. a held request waits alone, and an approval lets exactly it through', async () => {
    const people = new FakeApprovals();
    await using gateway = await open({ policies: [PERMIT_ALL, HELD], approvals: people });
    for (const [index, request] of requests.held.entries()) {
      await using conversation = await logIn(gateway);
      await using other = await logIn(gateway);
      const executed = (await executedSoFar()).length;
      const answer = conversation.ask(request);
      const approval = await people.nth(index);
      await works(other);
      if (requests.tellsWaiting) {
        assert.match(conversation.received.toString('utf8'), new RegExp(approval.id), 'the client is told');
      }
      assert.doesNotMatch((await executedSoFar()).slice(executed), requests.heldReached, request.what);
      approval.approve();
      const { errors, closed } = await within(answer, 10_000, request.what);
      assert.deepEqual({ errors, closed }, { errors: [], closed: false }, request.what);
      assert.match((await executedSoFar()).slice(executed), requests.heldReached, request.what);
      await works(conversation);
      assert.equal(approval.redeemed.length, 1, request.what);
    }
  });

  const ENDINGS: readonly {
    readonly what: string;
    end(approval: FakeApproval): void;
    readonly code: keyof Requests['codes'];
    readonly refusal: string;
    readonly says: RegExp;
    readonly state: string;
  }[] = [
    {
      what: 'denied',
      end: (approval) => approval.deny('not on a \u001b[31mFriday\r\n', 'grace'),
      code: 'denied',
      refusal: 'approval-denied',
      says: /grace denied the approval apr_\w+: not on a \[31mFriday/,
      state: 'denied',
    },
    {
      what: 'expired',
      end: (approval) => approval.expire(),
      code: 'denied',
      refusal: 'approval-expired',
      says: /the approval apr_\w+ has expired/,
      state: 'expired',
    },
    {
      what: 'cancelled by somebody else',
      end: (approval) => approval.cancel('its run has ended'),
      code: 'withdrawn',
      refusal: 'approval-cancelled',
      says: /the approval apr_\w+ was cancelled: its run has ended/,
      state: 'cancelled',
    },
    {
      what: 'one whose answer cannot be learned',
      end: (approval) => approval.lose(new Error('the store is gone')),
      code: 'denied',
      refusal: 'approval-unavailable',
      says: /whether the approval apr_\w+ was given cannot be learned/,
      state: 'cancelled',
    },
  ];
  for (const { what, end, code, refusal, says, state } of ENDINGS) {
    test(`5. a held request ends as it should: ${what}`, async () => {
      const people = new FakeApprovals();
      await using gateway = await open({ policies: [PERMIT_ALL, HELD], approvals: people });
      for (const [index, request] of requests.held.entries()) {
        await using conversation = await logIn(gateway);
        const executed = (await executedSoFar()).length;
        const answer = conversation.ask(request);
        end(await people.nth(index));
        const { errors, closed } = await within(answer, 10_000, request.what);
        assert.deepEqual([errors[0]?.code, closed], [codes[code], false], request.what);
        assert.match(errors[0]?.text ?? '', says);
        await works(conversation);
        assert.doesNotMatch((await executedSoFar()).slice(executed), requests.heldReached, request.what);
      }
      const events = (await recorded(gateway)).map(({ event }) => event);
      const endings = events.filter(({ kind }) => kind === 'approval').map((event) => event.held?.state);
      assert.deepEqual(
        endings,
        requests.held.map(() => state),
      );
      const refusals = events.filter(({ kind }) => kind === 'refusal').map((event) => event.refusal?.code);
      assert.deepEqual(
        refusals,
        requests.held.map(() => refusal),
      );
    });
  }

  test('6. a client that leaves while held never reaches the upstream, however it leaves', async () => {
    const people = new FakeApprovals();
    await using gateway = await open({ policies: [PERMIT_ALL, HELD], approvals: people });
    const executed = (await executedSoFar()).length;
    let index = 0;
    for (const how of ['close', 'half-close', 'reset'] as const) {
      for (const request of requests.held) {
        const conversation = await logIn(gateway);
        conversation.send(request.bytes);
        const approval = await people.nth(index++);
        conversation.leave(how);
        await until(() => Promise.resolve(approval.cancelledBecause !== undefined));
        approval.approve();
        await until(() => Promise.resolve(gateway.live.size === 0));
        await conversation[Symbol.asyncDispose]();
      }
    }
    await using conversation = await logIn(gateway);
    await works(conversation);
    assert.doesNotMatch((await executedSoFar()).slice(executed), requests.heldReached);
    assert.deepEqual(
      people.asked.map(({ redeemed }) => redeemed),
      people.asked.map(() => []),
    );
    const events = (await recorded(gateway)).map(({ event }) => event);
    const refusals = events.filter(({ kind }) => kind === 'refusal').map((event) => event.refusal?.code);
    assert.deepEqual(
      refusals,
      people.asked.map(() => 'approval-cancelled'),
    );
  });
}
