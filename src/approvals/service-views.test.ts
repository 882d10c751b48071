import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  answerOf,
  approvalsOn,
  gatewayAt,
  heldRequest,
  obligation,
  POLICY,
  person,
} from '../../test/support/held-requests.ts';
import { onEachStore } from '../../test/support/stores.ts';
import { Fault } from '../model/fault.ts';
import { openStore } from '../store/store.ts';
import { standingOf } from './filed-approval.ts';
import type { ApprovalChange } from './vocabulary.ts';

const ADA = person('ada');
const SECURITY = person('sam', ['security']);
const ALL = { all: true };

onEachStore('what people see of approvals', (stores) => {
  test('is what waits for their groups or was answered by them; whoever may see all sees all; a token of nobody, nothing', async () => {
    await using gateway = await gatewayAt(await stores.place());
    const { service } = gateway;
    const dba = await service.hold(heldRequest({ text: 'a' }));
    const security = await service.hold(heldRequest({ text: 'b', obligations: [obligation('security')] }));
    const seen = async (viewer: Parameters<typeof service.list>[1]) =>
      (await service.list({ limit: 10 }, viewer)).items.map(({ id }) => id);
    assert.deepEqual(await seen({ person: ADA, all: false }), [dba.id]);
    assert.deepEqual(await seen({ person: SECURITY, all: false }), [security.id]);
    assert.deepEqual(await seen({ person: person('eve', []), all: false }), []);
    assert.deepEqual(await seen({ all: false }), []);
    assert.deepEqual(await seen(ALL), [security.id, dba.id]);
    assert.equal(await service.find(dba.id, { person: SECURITY, all: false }), undefined);
    assert.equal(await service.find(dba.id, { all: false }), undefined);
    await service.decide(dba.id, answerOf('approve', ADA, dba));
    const moved = person('ada', ['sales']);
    assert.deepEqual(await seen({ person: moved, all: false }), [dba.id]);
    assert.equal((await service.find(dba.id, { person: moved, all: false }))?.id, dba.id);
  });

  test('comes in pages, and what is theirs to answer leaves out the runs that they set off', async () => {
    await using gateway = await gatewayAt(await stores.place());
    const { service } = gateway;
    const mona = person('mona', ['dba'], { handles: ['github:octocat'] });
    const lenient = [obligation('dba', { allowActor: true })];
    const ids: string[] = [];
    for (let n = 0; n < 7; n++) {
      const obligations = n % 3 === 0 ? lenient : [obligation('dba')];
      ids.unshift((await service.hold(heldRequest({ text: `${n}`, obligations }))).id);
    }
    const pages = async (mine: boolean, viewer: Parameters<typeof service.list>[1], limit: number) => {
      const all: string[][] = [];
      let cursor: string | undefined;
      do {
        const page = await service.list({ mine, limit, ...(cursor === undefined ? {} : { cursor }) }, viewer);
        all.push(page.items.map(({ id }) => id));
        cursor = page.next;
      } while (cursor !== undefined);
      return all;
    };
    assert.deepEqual(await pages(false, ALL, 3), [ids.slice(0, 3), ids.slice(3, 6), ids.slice(6)]);
    assert.deepEqual(await pages(false, ALL, 7), [ids]);
    assert.deepEqual(await pages(true, { person: ADA, all: false }, 4), [ids.slice(0, 4), ids.slice(4)]);
    assert.deepEqual(await pages(true, { person: mona, all: true }, 2), [[ids[0], ids[3]], [ids[6]]]);
    assert.deepEqual(await pages(true, ALL, 2), [[]]);
  });

  test('says why somebody cannot answer', async () => {
    await using gateway = await gatewayAt(await stores.place());
    const { service } = gateway;
    const hold = await service.hold(
      heldRequest({ obligations: [obligation('dba', { quorum: 2 }), obligation('ops')] }),
    );
    await service.decide(hold.id, answerOf('approve', ADA, hold));
    const why = async (who: Parameters<typeof standingOf>[1]) => {
      const approval = await service.find(hold.id, ALL);
      const standing = approval && standingOf(approval, who);
      return standing?.mine ? standing.groups : standing?.why;
    };
    assert.deepEqual(await why(person('ben', ['ops', 'dba', 'x'])), ['dba', 'ops']);
    assert.equal(await why(SECURITY), 'not in the group dba, ops');
    assert.equal(await why(ADA), 'you answered already');
    assert.equal(await why(person('octocat')), 'the run was started by you');
    // The group is what counts; a role opens other doors.
    assert.deepEqual(await why(person('ben', ['dba'], { roles: [] })), ['dba']);
    assert.equal(await why(person('root', ['ops2'], { roles: ['admin'] })), 'not in the group dba, ops');
    assert.equal(await why(undefined), 'only a person can answer, and this is no person');
    await hold.cancel('gone');
    assert.equal(await why(person('ben')), 'it was withdrawn');
  });

  test('is sealed in the store: neither text nor plan stands there', async () => {
    await using gateway = await gatewayAt(await stores.place());
    const { service, store } = gateway;
    const hold = await service.hold(heldRequest({ text: "update t set pin = 'hunter2'" }));
    const statements = [{ text: "update t set pin = 'hunter2'", rows: 3, plan: "Filter: (pin = 'hunter2')" }];
    await hold.describe({ kind: 'planned', statements, tookMs: 4 });
    const dump = JSON.stringify(await store.read((db) => db.selectFrom('approvals').selectAll().execute()));
    assert.doesNotMatch(dump, /hunter2/);
    assert.doesNotMatch(dump, new RegExp(Buffer.from("update t set pin = 'hunter2'").toString('base64').slice(4, -4)));
    const found = await service.find(hold.id, ALL);
    assert.equal(Buffer.from(found?.body.bytes ?? []).toString(), "update t set pin = 'hunter2'");
    assert.deepEqual(found?.estimate, { kind: 'planned', statements, tookMs: 4 });
    const other = await service.hold(heldRequest({ text: 'x' }));
    await store.write(async (db) => {
      const { body } = await db
        .selectFrom('approvals')
        .select('body')
        .where('id', '=', hold.id)
        .executeTakeFirstOrThrow();
      await db.updateTable('approvals').set({ body }).where('id', '=', other.id).execute();
    });
    await assert.rejects(service.find(other.id, ALL), Fault);
  });

  test('changes before their eyes, through whichever gateway it does', async () => {
    const place = await stores.place();
    await using here = await gatewayAt(place);
    await using there = await gatewayAt(place, { gateway: 'gateway.test/2' });
    const before = await here.service.hold(heldRequest({ text: 'before' }));
    const news = listening(there.service);
    const hold = await here.service.hold(heldRequest());
    await news.until(hold.id, 'pending');
    await here.service.decide(hold.id, answerOf('approve', ADA, hold));
    await news.until(hold.id, 'approved');
    await hold.answer;
    await hold.redeem(POLICY);
    const told = news.all.filter(({ id }) => id === hold.id).map(({ revision }) => revision);
    assert.deepEqual(told, [...new Set(told)]);
    await before.cancel('its client left');
    await news.until(before.id, 'cancelled');
    news.stop();
    assert.deepEqual(here.faults.concat(there.faults), []);
  });

  test('is told to those who hook in, once filed and once answered', async () => {
    await using gateway = await gatewayAt(await stores.place());
    const { service, faults } = gateway;
    const told: string[] = [];
    const stop = service.onFiled(({ id, state }) => told.push(`filed ${id} ${state}`));
    service.onFiled(() => {
      throw new TypeError('a channel of bad manners');
    });
    service.onDecided(({ id, state }) => told.push(`decided ${id} ${state}`));
    const hold = await service.hold(heldRequest());
    hold.leave();
    await service.hold(heldRequest());
    await service.decide(hold.id, answerOf('deny', ADA, hold));
    stop();
    await service.hold(heldRequest());
    assert.deepEqual(told, [`filed ${hold.id} pending`, `decided ${hold.id} denied`]);
    assert.deepEqual(faults.map(String), [
      'TypeError: a channel of bad manners',
      'TypeError: a channel of bad manners',
    ]);
  });
});

onEachStore('a store that does not answer', (stores) => {
  test('keeps nobody waiting longer than the rule says: the wait fails, and nothing is used', async () => {
    const store = await openStore(await stores.place());
    const { service, faults } = await approvalsOn(store);
    const hold = await service.hold(heldRequest({ obligations: [obligation('dba', { withinMs: 100 })] }));
    await store[Symbol.asyncDispose]();
    await assert.rejects(hold.answer, { code: 'store-unavailable' });
    await assert.rejects(hold.redeem(POLICY), { code: 'store-unavailable' });
    assert.equal(service.holding, 0);
    assert.ok(faults.length > 0);
    await assert.rejects(service[Symbol.asyncDispose](), { code: 'store-unavailable' });
  });
});

/** What a listener heard, and the moment in which it hears of a state. */
function listening(service: { onChange(listener: (change: ApprovalChange) => void): () => void }) {
  const all: ApprovalChange[] = [];
  const waiting = new Set<() => void>();
  const stop = service.onChange((change) => {
    all.push(change);
    for (const look of waiting) look();
  });
  const until = (id: string, state: string) =>
    new Promise<void>((resolve) => {
      const look = () => all.some((change) => change.id === id && change.state === state) && resolve();
      waiting.add(look);
      look();
    });
  return { all, until, stop };
}
