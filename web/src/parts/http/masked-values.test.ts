import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jsonNodes } from './json-nodes.ts';
import { maskedFields, maskedNodes, maskedValues } from './masked-values.ts';

const nodes =
  jsonNodes('{"customers":[{"email":"[redacted]","score":0,"note":"call [redacted]"}],"total":1,"email":"x"}')?.nodes ??
  [];

test('what a detector found is where its mark stands', () => {
  const masked = [{ by: 'detector', name: 'email', count: 2 }];
  assert.deepEqual(maskedValues(nodes, maskedNodes(nodes, masked)), [
    { place: 'customers[0].email', by: 'email', shown: '[redacted]' },
    { place: 'customers[0].note', by: 'email', shown: 'call [redacted]' },
  ]);
  assert.deepEqual(
    maskedFields(
      [
        ['x-who', '[redacted]'],
        ['date', 'now'],
      ],
      masked,
    ),
    [{ place: 'x-who', by: 'email', shown: '[redacted]' }],
  );
});

test('a classified field is at each place that it names, whatever the mask left there', () => {
  const at = (name: string) => maskedValues(nodes, maskedNodes(nodes, [{ by: 'column', name, count: 1 }]))[0];
  assert.deepEqual(at('GET /customers customers[].score'), {
    place: 'customers[0].score',
    by: 'GET /customers customers[].score',
    shown: '0',
  });
  assert.equal(at('GET /customers **.score')?.place, 'customers[0].score');
  assert.equal(at('GET /customers *.score')?.place, 'customers[0].score');
  assert.equal(at('GET /customers total')?.place, 'total');
});

test('where several detectors found something, each place is told by its own, if the marks are those of the findings', () => {
  const marked = jsonNodes('{"email":"[redacted]","text":"[redacted], call [redacted]"}')?.nodes ?? [];
  const fields = [['x-who', '[redacted]']] as const;
  const masked = [
    { by: 'detector', name: 'email', count: 3, order: [0, 1, 2] },
    { by: 'detector', name: 'phone', count: 1, order: [3] },
  ];
  assert.deepEqual([...maskedNodes(marked, masked, fields).values()], ['email', 'email and phone']);
  assert.deepEqual([...maskedNodes(marked, masked).values()], ['email or phone', 'email or phone']);
});

test('where nothing was masked, a mark is what the target sent', () => {
  assert.equal(maskedNodes(nodes, []).size, 0);
  assert.deepEqual(maskedFields([['x-who', '[redacted]']], []), []);
});
