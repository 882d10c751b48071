import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { test } from 'node:test';
import { onEachStore } from '../../test/support/stores.ts';
import type { TargetName } from '../model/ids.ts';
import { LIMITS } from '../model/limits.ts';
import type { InheritedColumn, Target } from '../model/target.ts';
import { openStore, type Store } from '../store/store.ts';
import { type Copied, type InheritedClasses, openInheritedClasses } from './inherited-classes.ts';

const SHOP: Target = {
  name: 'shop' as TargetName,
  protocol: 'postgres',
  address: { host: '127.0.0.1', port: 5432 },
  tls: { mode: 'disable' },
  labels: {},
  classified: [{ schema: 'public', table: 'users', column: 'email', class: 'email' }],
  recordMode: 'strict',
  storedReplyBytes: 0,
};

const NOW = Date.parse('2026-01-02T03:04:05.006Z');

function column(table: string, more: Partial<InheritedColumn> = {}): InheritedColumn {
  return { schema: 'public', table, column: 'x', class: 'email', from: ['public.users.email'], ...more };
}

function copied(...columns: readonly InheritedColumn[]): Copied {
  return { target: SHOP.name, run: 'run_1', session: 'ses_1', exchange: 7, columns };
}

function open(store: Store, more: { note?: (copied: Copied) => Promise<void> } = {}): Promise<InheritedClasses> {
  return openInheritedClasses({
    store,
    targets: { get: (name) => (name === 'shop' ? SHOP : undefined) },
    note: () => Promise.resolve(),
    now: () => NOW,
    random: (bytes) => randomBytes(bytes),
    onFault: (fault) => assert.fail(String(fault)),
    ...more,
  });
}

onEachStore('inherited classes', (fixture) => {
  test('are in force once they are kept, beside those that are declared, and tell where they are from', async () => {
    using classes = await open(await fixture.open());
    assert.equal(classes.of(SHOP), SHOP.classified);
    await classes.keep(copied(column('mailing')));
    assert.deepEqual(
      classes.of(SHOP).map(({ table, class: of }) => `${table} ${of}`),
      ['users email', 'mailing email'],
    );
    const [only] = classes.list('shop');
    assert.match(only?.id ?? '', /^cls_\w{26}$/);
    assert.deepEqual(
      { ...only, id: '' },
      {
        id: '',
        target: 'shop',
        schema: 'public',
        table: 'mailing',
        column: 'x',
        class: 'email',
        from: ['public.users.email'],
        run: 'run_1',
        session: 'ses_1',
        exchange: 7,
        at: '2026-01-02T03:04:05.006Z',
      },
    );
  });

  test('are the same array until one changes', async () => {
    using classes = await open(await fixture.open());
    await classes.keep(copied(column('mailing')));
    const before = classes.of(SHOP);
    assert.equal(classes.of({ ...SHOP }), before);
    await classes.keep(copied(column('other')));
    assert.notEqual(classes.of(SHOP), before);
  });

  test('are kept once, and the stricter mask stays', async () => {
    using classes = await open(await fixture.open());
    await classes.keep(copied(column('mailing', { mask: 'null' })));
    await classes.keep(copied(column('mailing')));
    assert.deepEqual(
      classes.list('shop').map(({ mask }) => mask),
      ['null'],
    );
  });

  test('are masked by in another gateway that shares the store, and are there when it is opened again', async () => {
    const place = await fixture.place();
    await using first = await openStore(place);
    await using second = await openStore(place);
    using here = await open(first);
    using there = await open(second);
    const { signal, heard } = waiting(second);
    await here.keep(copied(column('mailing')));
    await heard;
    for (; there.of(SHOP).length < 2; signal.throwIfAborted()) await new Promise(setImmediate);
    using again = await open(second);
    assert.equal(again.of(SHOP).length, 2);
  });

  test('are masked by no longer once somebody deletes them; those of another target are not in reach', async () => {
    using classes = await open(await fixture.open());
    await classes.keep(copied(column('mailing')));
    const id = classes.list('shop')[0]?.id ?? '';
    assert.equal(await classes.remove('warehouse', id), false);
    assert.equal(classes.of(SHOP).length, 2);
    assert.equal(await classes.remove('shop', id), true);
    assert.equal(classes.of(SHOP).length, 1);
    assert.equal(await classes.remove('shop', id), false);
  });

  test('are not kept, none of them, where the target has as many as it may have', async () => {
    using classes = await open(await fixture.open());
    const many = Array.from({ length: LIMITS.maxInheritedClasses }, (_, i) => column(`t${i}`));
    await classes.keep(copied(...many));
    await assert.rejects(classes.keep(copied(column('more'))), { code: 'internal' });
    assert.equal(classes.list('shop').length, 10_000);
  });

  test('are a fault where the log cannot say so', async () => {
    const note = () => Promise.reject(new Error('the disk is full'));
    using classes = await open(await fixture.open(), { note });
    await assert.rejects(classes.keep(copied(column('mailing'))), /the disk is full/);
  });
});

/** Resolves `heard` when the store tells that classes changed. */
function waiting(store: Store) {
  const told = new EventTarget();
  const stop = store.watch('classes', () => told.dispatchEvent(new Event('change')));
  const signal = AbortSignal.timeout(10_000);
  const heard = once(told, 'change', { signal }).finally(stop);
  return { signal, heard };
}
