import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onEachStore } from '../../test/support/stores.ts';
import {
  deleteInheritedClass,
  type InheritedClassRow,
  keepInheritedClasses,
  readInheritedClasses,
} from './class-rows.ts';

function row(id: string, more: Partial<InheritedClassRow> = {}): InheritedClassRow {
  return {
    id,
    target: 'shop',
    schema_name: 'public',
    table_name: 'mailing',
    column_name: id,
    class: 'email',
    mask: null,
    sources: '["public.users.email"]',
    run_id: 'run_1',
    session_id: 'ses_1',
    exchange: 7,
    created_at: '2026-01-02T03:04:05.006Z',
    ...more,
  };
}

onEachStore('rows of inherited classes', (fixture) => {
  test('are kept all or none of them: not one where the target would have too many', async () => {
    const store = await fixture.open();
    assert.equal(await keepInheritedClasses(store, 'shop', [row('a'), row('b')], 3), 'kept');
    assert.equal(await keepInheritedClasses(store, 'shop', [row('c'), row('d')], 3), 'full');
    assert.deepEqual(
      (await readInheritedClasses(store)).map(({ id }) => id),
      ['a', 'b'],
    );
  });

  test('are one for each column and class, with the stricter mask of two', async () => {
    const store = await fixture.open();
    await keepInheritedClasses(store, 'shop', [row('a')], 10);
    await keepInheritedClasses(store, 'shop', [row('b', { column_name: 'a', mask: 'null' })], 10);
    await keepInheritedClasses(store, 'shop', [row('c', { column_name: 'a' }), row('d', { class: 'name' })], 10);
    assert.deepEqual(
      (await readInheritedClasses(store)).map(({ id, mask }) => [id, mask]),
      [
        ['a', 'null'],
        ['d', null],
      ],
    );
  });

  test('go one by one, of their own target alone', async () => {
    const store = await fixture.open();
    await keepInheritedClasses(store, 'shop', [row('a'), row('b')], 10);
    assert.deepEqual(
      [await deleteInheritedClass(store, 'other', 'a'), await deleteInheritedClass(store, 'shop', 'a')],
      [false, true],
    );
    assert.deepEqual(
      (await readInheritedClasses(store)).map(({ id }) => id),
      ['b'],
    );
  });
});
