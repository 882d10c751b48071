import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { aRun, aSession, auditDirectory, exchange, openLog } from '../../test/support/audit-log.ts';
import { onEachStore } from '../../test/support/stores.ts';
import { filedApproval } from '../approvals/filed-approval.ts';
import type { OpenAuditLog } from '../audit/open-audit-log.ts';
import { LIMITS } from '../model/limits.ts';
import type { ApprovalRow } from '../store/approval-rows.ts';
import { closeSessionRow, insertSession } from '../store/session-rows.ts';
import type { Store } from '../store/store.ts';
import { ErasureWorker } from './erasure-worker.ts';
import { Erasures } from './erasures.ts';
import { type HoldNote, Holds } from './holds.ts';
import { RetentionSweeper } from './sweeper.ts';

const DAY_MS = 86_400_000;
const NOW = Date.parse('2026-06-01T04:00:00.000Z');
const ORDER = { reason: 'data-subject', by: 'psn_ada' } as const;

/** A deployment's retention on one store, and gateways that recorded its runs; sealing is none, for nothing is asked of it. */
class Deployment implements AsyncDisposable {
  readonly store: Store;
  readonly notes: (HoldNote | { readonly kind: 'retention.swept'; readonly detail: object })[] = [];
  readonly faults: unknown[] = [];
  readonly erasures: Erasures;
  readonly holds: Holds;
  readonly #workers: ErasureWorker[] = [];
  readonly #sweepers: RetentionSweeper[] = [];
  nowMs = NOW;

  constructor(store: Store) {
    this.store = store;
    const common = { store, nowMs: () => this.nowMs, random: randomBytes };
    const keep = (text: string): string => text;
    this.erasures = new Erasures({ ...common, seal: keep, open: keep });
    this.holds = new Holds({ ...common, note: async (note) => void this.notes.push(note) });
  }

  /** A run that closed, with a session on each of these gateways; what it recorded stands in their logs. */
  async run(id: string, on: Readonly<Record<string, OpenAuditLog | undefined>>, closedDaysAgo = 0): Promise<void> {
    const closedAt = new Date(this.nowMs - closedDaysAgo * DAY_MS).toISOString();
    const row = {
      id,
      kind: 'ci' as const,
      demo: 0,
      principal: 'prn_1',
      display: 'acme/shop',
      repository_id: '74',
      repository_uri: null,
      workload: '{}',
      asserted: '{"agent":"x"}',
      token: null,
      token_digest: null,
      jwks_digest: null,
      opened_at: closedAt,
      closed_at: closedAt,
      termination: 'completed',
    };
    await this.store.write((db) => db.insertInto('runs').values(row).execute());
    for (const [gateway, log] of Object.entries(on)) {
      const session = `ses_${id}_${gateway}`;
      const of = { id: session, run_id: id, target: 'shop', principal: 'acme', repository: null, gateway };
      await insertSession(this.store, { ...of, opened_at: closedAt });
      const counts = { permitted: 1, denied: 0, masked: 0, classes: '["email"]' };
      await closeSessionRow(this.store, session, { closed_at: closedAt, outcome: 'completed', ...counts });
      if (log === undefined) continue;
      const run = aRun(id);
      await log.openRun(run, {});
      const recorded = await aSession(log, run, session);
      await exchange(recorded, 1, 'SELECT 1', 'one');
      await recorded.close('completed');
      await log.closeRun(run.id, 'completed');
    }
  }

  worker(gateway: string, log: OpenAuditLog): ErasureWorker {
    const { store, faults } = this;
    const worker = new ErasureWorker({
      store,
      gateway,
      eraseRun: (detail) => log.eraseRun(detail),
      eraseFiles: () => Promise.resolve(),
      nowMs: () => this.nowMs,
      onFault: (fault) => faults.push(fault),
    });
    this.#workers.push(worker);
    return worker;
  }

  sweeper(gateway = 'a'): RetentionSweeper {
    const { store, erasures, notes, faults } = this;
    const sweeper = new RetentionSweeper({
      store,
      erasures,
      gateway,
      random: randomBytes,
      note: async (note) => void notes.push(note),
      nowMs: () => this.nowMs,
      onFault: (fault) => faults.push(fault),
    });
    this.#sweepers.push(sweeper);
    return sweeper;
  }

  async declare(rule: { readonly name: string }): Promise<void> {
    const row = { name: rule.name, declaration: JSON.stringify({ when: {}, ...rule }), updated_at: 'x' };
    await this.store.write((db) => db.insertInto('retention_rules').values(row).execute());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const one of [...this.#sweepers, ...this.#workers]) await one[Symbol.asyncDispose]();
  }
}

const keyOf = (log: OpenAuditLog, run: string): string => join(log.directory, 'keys', 'runs', `${run}.key`);

onEachStore('erasures on several gateways', (fixture) => {
  test('each destroys its own key, and the erasure is done once all have', async () => {
    await using all = new Deployment(await fixture.open());
    await using a = await openLog(auditDirectory(after));
    await using b = await openLog(auditDirectory(after));
    await all.run('run_1', { a, b });
    const [first, second] = [all.worker('a', a), all.worker('b', b)];
    await Promise.all([first.run(), second.run()]);
    assert.equal((await all.erasures.order({ ...ORDER, run: 'run_1', note: 'why' })).kind, 'ordered');
    await first.run();
    const half = await all.erasures.find('run_1');
    assert.equal(existsSync(keyOf(a, 'run_1')), false);
    assert.equal(half?.gateways.find(({ gateway }) => gateway === 'a')?.state, 'done');
    await second.run();
    const done = await all.erasures.find('run_1');
    assert.deepEqual(
      [done?.state, done?.note, done?.gateways.map(({ gateway, state }) => `${gateway} ${state}`)],
      ['done', 'why', ['a done', 'b done']],
    );
    assert.equal(existsSync(keyOf(b, 'run_1')), false);
    assert.equal((await all.erasures.order({ ...ORDER, run: 'run_1' })).kind, 'known');
    assert.deepEqual(all.faults, []);
  });

  test('texts of its approvals, what was said of them and what its client said of itself go from the store', async () => {
    await using all = new Deployment(await fixture.open());
    await using a = await openLog(auditDirectory(after));
    await all.run('run_1', { a });
    const texts = { body: 'a sealed text', estimate: 'a sealed estimate', context: '{"x":"y"}', reason: 'words' };
    const row = {
      id: 'apr_1',
      state: 'denied' as const,
      digest: 'd',
      run_id: 'run_1',
      session: 'ses_run_1_a',
      exchange: 1,
      gateway: 'a',
      holder: null,
      target: 'shop',
      protocol: 'postgres',
      principal: 'prn_1',
      display: 'acme',
      repository: null,
      actor: '{}',
      operations: '[]',
      obligations: '[]',
      rules: '["r"]',
      policy: 'p',
      requested_at: 'x',
      expires_at: 'x',
      decided_at: 'x',
      usable_until: null,
      used_at: null,
      revision: 1,
      changed_at: 'x',
      ...texts,
    };
    await all.store.write((db) => db.insertInto('approvals').values(row).execute());
    await all.erasures.order({ ...ORDER, run: 'run_1' });
    await all.worker('a', a).run();
    const [left] = await all.store.read((db) => db.selectFrom('approvals').selectAll().execute());
    assert.deepEqual(
      [left?.body, left?.estimate, left?.context, left?.reason, left?.rules],
      ['', null, '{}', null, '["r"]'],
    );
    const parts = { open: () => assert.fail('there is nothing to open'), now: '2026-06-01T00:00:00.000Z' };
    assert.equal(
      String(filedApproval(left as ApprovalRow, [], parts).body.bytes),
      '(erased with the bodies of its run)',
    );
    const [run] = await all.store.read((db) => db.selectFrom('runs').select('asserted').execute());
    assert.equal(run?.asserted, '{}');
  });

  test('a gateway that had nothing of a run does nothing, and one that lost its key says that it had none', async () => {
    await using all = new Deployment(await fixture.open());
    await using a = await openLog(auditDirectory(after));
    await using c = await openLog(auditDirectory(after));
    await all.run('run_1', { a, lost: undefined });
    const [first, stranger] = [all.worker('a', a), all.worker('c', c)];
    await all.erasures.order({ ...ORDER, run: 'run_1' });
    await stranger.run();
    await first.run();
    assert.equal((await all.erasures.find('run_1'))?.state, 'ordered');
    // That one comes last, for a worker begins by itself.
    await all.worker('lost', c).run();
    const done = await all.erasures.find('run_1');
    assert.deepEqual(
      [done?.state, done?.gateways.map(({ gateway, state }) => `${gateway} ${state}`)],
      ['done', ['a done', 'lost absent']],
    );
  });

  test('what a crash left begun is done by the life after it, whatever hold was placed since', async () => {
    await using all = new Deployment(await fixture.open());
    await using a = await openLog(auditDirectory(after));
    await all.run('run_1', { a });
    const ordered = await all.erasures.order({ ...ORDER, run: 'run_1' });
    const erasure = ordered.kind === 'ordered' ? ordered.erasure : '';
    const part = { erasure, gateway: 'a', state: 'erasing' as const, at: 'x' };
    await all.store.write((db) => db.insertInto('erasure_parts').values(part).execute());
    await a.eraseRun({ run: 'run_1', erasure, by: 'psn_ada', reason: 'data-subject' });
    const placed = await all.holds.place({ run: 'run_1' }, 'too late', 'psn_bo');
    assert.deepEqual(placed.kind === 'placed' && placed.tooLate, ['run_1']);
    await all.worker('a', a).run();
    const done = await all.erasures.find('run_1');
    assert.deepEqual([done?.state, done?.gateways[0]?.state], ['done', 'done']);
  });

  test('a run that the log has open is left until it is closed there', async () => {
    await using all = new Deployment(await fixture.open());
    await using a = await openLog(auditDirectory(after));
    await all.run('run_1', { a: undefined });
    const run = aRun('run_1');
    await a.openRun(run, {});
    const worker = all.worker('a', a);
    await all.erasures.order({ ...ORDER, run: 'run_1' });
    await worker.run();
    assert.equal((await all.erasures.find('run_1'))?.gateways[0]?.state, 'waiting');
    await a.closeRun(run.id, 'completed');
    await worker.run();
    assert.equal((await all.erasures.find('run_1'))?.state, 'done');
  });

  test('an open run and an unknown one are no orders', async () => {
    await using all = new Deployment(await fixture.open());
    await all.run('run_1', {});
    await all.store.write((db) => db.updateTable('runs').set({ closed_at: null }).execute());
    assert.equal((await all.erasures.order({ ...ORDER, run: 'run_1' })).kind, 'open');
    assert.equal((await all.erasures.order({ ...ORDER, run: 'run_2' })).kind, 'unknown');
  });

  test('a hold stops what nobody began, and of two holds the last one that is lifted lets it go on', async () => {
    await using all = new Deployment(await fixture.open());
    await all.run('run_1', {});
    await all.erasures.order({ ...ORDER, run: 'run_1' });
    const one = await all.holds.place({ target: 'shop' }, 'not about it: it has no session', 'psn_bo');
    assert.equal((await all.erasures.find('run_1'))?.state, 'ordered');
    const two = await all.holds.place({ repository: '74' }, 'a secret reason', 'psn_bo');
    const three = await all.holds.place({ run: 'run_1' }, 'another', 'psn_bo');
    assert.ok(one.kind === 'placed' && two.kind === 'placed' && three.kind === 'placed');
    const waiting = await all.erasures.find('run_1');
    assert.deepEqual([waiting?.state, waiting?.hold], ['pending', two.hold.id]);
    assert.equal((await all.holds.over('run_1')).length, 2);
    await all.holds.lift(two.hold.id, 'over', 'psn_bo');
    assert.deepEqual((await all.erasures.find('run_1'))?.hold, three.hold.id);
    await all.holds.lift(three.hold.id, 'over', 'psn_bo');
    const free = await all.erasures.find('run_1');
    assert.deepEqual([free?.state, free?.hold], ['ordered', undefined]);
    assert.equal(await all.holds.lift(three.hold.id, 'again', 'psn_bo'), undefined);
    assert.doesNotMatch(JSON.stringify(all.notes), /secret reason|"74"/);
  });

  test('of an order and a hold that race, the run is erased or held, and never both', async () => {
    await using all = new Deployment(await fixture.open());
    for (let n = 0; n < 8; n++) {
      await all.run(`run_${n}`, {});
      const [ordered] = await Promise.all([
        all.erasures.order({ ...ORDER, run: `run_${n}` }),
        all.holds.place({ run: `run_${n}` }, 'x', 'psn_bo'),
      ]);
      assert.ok(ordered.kind === 'ordered' || ordered.kind === 'held');
      assert.equal((await all.erasures.find(`run_${n}`))?.state, 'pending');
    }
  });

  test('rules erase what is due once a day, on whichever gateway looks first, and leave what is held', async () => {
    await using all = new Deployment(await fixture.open());
    await all.declare({ name: 'month', eraseAfterDays: 30 } as { name: string });
    await all.run('run_old', { a: undefined }, 31);
    await all.run('run_held', { a: undefined }, 31);
    await all.run('run_new', { a: undefined }, 29);
    await all.holds.place({ run: 'run_held' }, 'x', 'psn_bo');
    const [a, b] = [all.sweeper('a'), all.sweeper('b')];
    all.nowMs = Date.parse('2026-06-01T02:59:00.000Z');
    assert.equal(await a.sweepIfDue(), false, 'not before the hour');
    all.nowMs = NOW;
    assert.deepEqual([await b.sweepIfDue(), await a.sweepIfDue()], [true, false]);
    assert.deepEqual(
      (await a.history(10)).map(({ gateway, erased, held }) => [gateway, erased, held]),
      [['b', { month: 1 }, 1]],
    );
    assert.deepEqual(all.notes.at(-1), {
      kind: 'retention.swept',
      detail: { by: 'gateway', erased: 1, held: 1, kept: 0 },
    });
    const listed = await all.erasures.list({ limit: 10 });
    assert.deepEqual(
      listed.map(({ run, rule, by, state }) => [run, rule, by, state]),
      [['run_old', 'month', 'gateway', 'ordered']],
    );
    all.nowMs = NOW + DAY_MS;
    assert.equal(await a.sweepIfDue(), true);
    assert.deepEqual((await all.erasures.list({ limit: 10 })).map(({ run }) => run).sort(), ['run_new', 'run_old']);
  });

  test('the secrets of grants that are over long ago go, and those of others stay', async () => {
    await using all = new Deployment(await fixture.open());
    await all.run('run_1', {});
    const at = (days: number): string => new Date(NOW - days * DAY_MS).toISOString();
    const grant = (id: string, days: number) => ({
      id,
      run_id: 'run_1',
      targets: '[]',
      rules: '[]',
      secret_hash: 'h',
      scram_salt: 's',
      scram_iterations: 1,
      scram_stored_key: 'k',
      scram_server_key: 'k',
      key_thumbprint: null,
      resource: null,
      lifetime_seconds: 1,
      issued_at: at(90),
      expires_at: at(days),
      renewable_until: at(days),
      revoked_at: null,
      revoked_because: null,
    });
    const days = LIMITS.grantSecretsKeptDays;
    await all.store.write((db) =>
      db
        .insertInto('grants')
        .values([grant('grt_1', days + 1), grant('grt_2', days - 1)])
        .execute(),
    );
    assert.equal((await all.sweeper().tidy()).grantSecrets, 1);
    const rows = await all.store.read((db) =>
      db.selectFrom('grants').select(['id', 'secret_hash', 'scram_stored_key']).orderBy('id').execute(),
    );
    assert.deepEqual(
      rows.map((row) => [row.id, row.secret_hash, row.scram_stored_key]),
      [
        ['grt_1', '', ''],
        ['grt_2', 'h', 'k'],
      ],
    );
  });
});
