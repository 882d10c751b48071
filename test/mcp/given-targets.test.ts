/** A target that people give a run through one gateway, entered and taken back through another of the same store. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { GrantService } from '../../src/grants/grant-service.ts';
import type { SessionId, TargetName } from '../../src/model/ids.ts';
import { Refused } from '../../src/model/refusal.ts';
import { Secret } from '../../src/model/secret.ts';
import { openStore, type Store } from '../../src/store/store.ts';
import { answerOf, approvalsOn, obligation, person } from '../support/held-requests.ts';
import { keptTokens } from '../support/kept-tokens.ts';
import { onEachStore } from '../support/stores.ts';

const SHOP = 'shop' as TargetName;
const LEDGER = 'ledger' as TargetName;
const DIGEST = 'd'.repeat(64);
const NEVER = new AbortController().signal;

function grantsOn(store: Store, now: () => number): GrantService {
  const given = { rules: ['shop'], targets: [SHOP], lifetimeSeconds: 600, renewableSeconds: 600 };
  const workload = { issuer: 'https://ci.test', issuerKind: 'generic', tokenSubject: 'job' } as const;
  return new GrantService({
    store,
    tokens: keptTokens(store),
    verify: (token) =>
      Promise.resolve({
        workload,
        display: 'acme/shop',
        issuer: 'ci',
        demo: false,
        replayKey: token.reveal(),
        expiresAt: new Date(now() + 60_000).toISOString(),
        tokenDigest: 'aa',
        jwksDigest: 'bb',
      }),
    trust: () => given,
    trustPeople: () => given,
    audience: 'https://gateway.test',
    decoyKey: new Uint8Array(32).fill(7),
    now,
    random: (bytes) => randomBytes(bytes),
  });
}

onEachStore('a target that people give', (stores) => {
  test('is entered at every gateway, ends in its time, and is taken back from every one', async () => {
    const place = await stores.place();
    await using here = await openStore(place);
    await using there = await openStore(place);
    const clock = { ms: Date.now() };
    const now = (): number => clock.ms;
    await using left = grantsOn(here, now);
    await using right = grantsOn(there, now);
    const requestable = (): string => DIGEST;
    await using asking = await approvalsOn(here, { now, requestable });
    await using answering = await approvalsOn(there, { now, requestable, gateway: 'gateway.test/2' });
    const { grant, secret } = await left.exchange({ token: new Secret('t1'), asserted: {} }, NEVER);
    const claim = { kind: 'password', user: grant.id, password: secret } as const;
    const entering = (service: GrantService) =>
      service.authenticate(claim, LEDGER).then(
        ({ grant: found }) => found.expiresAt,
        (refused: unknown) => refused instanceof Refused && refused.refusal.code,
      );
    const { principal } = await left.authenticate(claim);
    const ask = async (forMs: number) => {
      const target = { name: LEDGER, protocol: 'postgres' };
      const whose = { session: 'ses_1' as SessionId, principal, target, because: 'the report needs it' };
      const rules = { obligations: [obligation('dba')], rules: ['shop'], digest: DIGEST, forMs };
      const { approval } = await asking.service.askAccess({ ...whose, ...rules });
      return approval;
    };
    const first = await ask(60_000);
    assert.deepEqual([await entering(left), await entering(right)], ['target-not-granted', 'target-not-granted']);
    await answering.service.decide(first.id, answerOf('approve', person('dora'), first));
    const until = new Date(clock.ms + 60_000).toISOString();
    assert.deepEqual([await entering(left), await entering(right)], [until, until]);
    const other = await left.exchange({ token: new Secret('t2'), asserted: {} }, NEVER);
    const others = { kind: 'password', user: other.grant.id, password: other.secret } as const;
    await assert.rejects(right.authenticate(others, LEDGER), Refused);
    clock.ms += 60_001;
    assert.deepEqual([await entering(left), await entering(right)], ['target-not-granted', 'target-not-granted']);

    const second = await ask(300_000);
    await answering.service.decide(second.id, answerOf('approve', person('dora'), second));
    assert.equal(await right.currentUntil(grant.id, LEDGER), new Date(clock.ms + 300_000).toISOString());
    const heard = new Promise<readonly string[]>((resolve) => {
      right.onTakenBack((id, target) => resolve([id, target]));
    });
    assert.equal(await left.takeBack(grant.id, LEDGER), grant.run);
    assert.deepEqual(await heard, [grant.id, LEDGER]);
    assert.deepEqual([await entering(left), await entering(right)], ['target-not-granted', 'target-not-granted']);
    assert.equal(await right.currentUntil(grant.id, LEDGER), undefined);
    assert.equal(typeof (await right.currentUntil(grant.id, SHOP)), 'string');
    assert.deepEqual(
      [...asking.notes, ...answering.notes].map(({ kind, detail }) => [kind, detail['state']]),
      [
        ['access.requested', undefined],
        ['access.requested', undefined],
        ['access.decided', 'approved'],
        ['access.decided', 'approved'],
      ],
    );
  });

  test('is given once of any number of answers, and to no run that is over', async () => {
    const store = await stores.open();
    const grants = grantsOn(store, Date.now);
    await using asking = await approvalsOn(store, { requestable: () => DIGEST });
    const { grant, secret } = await grants.exchange({ token: new Secret('t1'), asserted: {} }, NEVER);
    const { principal } = await grants.authenticate({ kind: 'password', user: grant.id, password: secret });
    const target = { name: LEDGER, protocol: 'postgres' };
    const asked = {
      session: 'ses_1' as SessionId,
      principal,
      target,
      because: 'please',
      rules: ['shop'],
      digest: DIGEST,
    };
    const ask = () => asking.service.askAccess({ ...asked, obligations: [obligation('dba', { quorum: 2 })] });
    const { approval } = await ask();
    const answer = (login: string) => asking.service.decide(approval.id, answerOf('approve', person(login), approval));
    const answers = await Promise.allSettled(['ada', 'ben', 'cem', 'dora'].map(answer));
    assert.equal(answers.filter(({ status }) => status === 'fulfilled').length, 2);
    const [listed] = await grants.list({ limit: 10 });
    assert.deepEqual(
      listed?.given.map(({ target: name }) => name),
      ['ledger'],
    );
    await grants.takeBack(grant.id, LEDGER);
    const again = await ask();
    await grants.revoke(grant.id);
    const late = asking.service.decide(again.approval.id, answerOf('approve', person('ada'), again.approval));
    await assert.rejects(
      late,
      (refused: unknown) => refused instanceof Refused && refused.message.startsWith('approval-over'),
    );
    await grants[Symbol.asyncDispose]();
  });
});
