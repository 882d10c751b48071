import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ColumnUse, Operation } from '../../model/request.ts';
import type { ClassifiedColumn } from '../../model/target.ts';
import { MetClasses } from './met-classes.ts';

const CLASSIFIED: readonly ClassifiedColumn[] = [
  { schema: 'public', table: 'people', column: 'email', class: 'email' },
  { schema: 'public', table: 'people', column: 'iban', class: 'bank' },
];

function operation(columns: readonly string[] | 'unknown'): readonly Operation[] {
  const uses = (names: readonly string[]): readonly ColumnUse[] =>
    names.map((column) => ({ schema: 'public', table: 'people', column, use: 'filter' }));
  const known = { kind: 'select', access: 'read', tables: [], functions: [], hasWhere: true, flags: [] } as const;
  return [{ ...known, columns: columns === 'unknown' ? columns : uses(columns) }];
}

describe('the classes that a session met', () => {
  test('are those of columns that its requests name, shown or not, and none where it names none', () => {
    const met = new MetClasses(CLASSIFIED);
    met.meet(operation(['id']));
    assert.deepEqual(met.names(), []);
    met.meet(operation(['id', 'email']));
    assert.deepEqual(met.names(), ['email']);
  });

  test('are all of them where it cannot be told what a request names', () => {
    const met = new MetClasses(CLASSIFIED);
    met.meet(operation('unknown'));
    assert.deepEqual(met.names(), ['bank', 'email']);
  });

  test('are what detectors found, and what was masked of columns', () => {
    const met = new MetClasses(CLASSIFIED);
    met.mask({ by: 'detector', name: 'credit-card', count: 1 });
    met.mask({ by: 'column', name: 'public.people.iban', count: 2 });
    assert.deepEqual(met.names(), ['bank', 'credit-card']);
  });

  test('are not known where a column was masked whose class came with a copy', () => {
    const met = new MetClasses(CLASSIFIED);
    met.mask({ by: 'column', name: 'public.copies.email', count: 1 });
    assert.equal(met.names(), undefined);
  });

  test('are those of what an HTTP target answers under the path of a request', () => {
    const field = { schema: '', table: 'GET /customers/*', column: 'email', place: 'body' } as const;
    const met = new MetClasses([
      { ...field, class: 'email' },
      { ...field, column: 'iban', class: 'bank', table: '/bank' },
    ]);
    const http = { method: 'GET', host: 'x', query: {}, headers: {}, mediaType: '', body: { kind: 'none' } } as const;
    met.meet(operation([]).map((one) => ({ ...one, http: { ...http, path: '/customers/7' } })));
    assert.deepEqual(met.names(), ['email']);
    met.mask({ by: 'column', name: '/bank iban', count: 1 });
    assert.deepEqual(met.names(), ['bank', 'email']);
  });
});
