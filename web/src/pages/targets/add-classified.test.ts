import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addClassified, columnName } from './add-classified.ts';

const EMAIL = { column: 'public.people.email', class: 'email' };
const TARGET = 'targets:\n  - name: shop\n    protocol: postgres\n';

test('a target without classified columns gets the list at its end', () => {
  assert.equal(
    addClassified(TARGET, [EMAIL]),
    `${TARGET}    classified:\n      - column: public.people.email\n        class: email\n`,
  );
});

test('a list goes on after its last column, and what comes after it stays', () => {
  const text = `${TARGET}    classified:\n      - column: a.b.c\n        class: name\n        mask: hash\n    record: batched\n`;
  assert.equal(
    addClassified(text, [EMAIL]),
    `${TARGET}    classified:\n      - column: a.b.c\n        class: name\n        mask: hash\n      - column: public.people.email\n        class: email\n    record: batched\n`,
  );
});

test('an empty list is filled', () => {
  assert.equal(
    addClassified(`${TARGET}    classified: []\n    labels: {}\n`, [EMAIL]),
    `${TARGET}    classified:\n      - column: public.people.email\n        class: email\n    labels: {}\n`,
  );
});

test('a name that YAML would read as something else is quoted', () => {
  const text = addClassified(TARGET, [{ column: 'app.x.e mail "2": #', class: 'email' }]);
  assert.match(text ?? '', /- column: "app\.x\.e mail \\"2\\": #"\n/);
});

test('a text of another form is left alone', () => {
  assert.equal(addClassified(`${TARGET}    classified: [{ column: a.b.c, class: name }]\n`, [EMAIL]), undefined);
  assert.equal(addClassified('policies: []\n', [EMAIL]), undefined);
});

test('a column with a dot in a part of its name has no name in a declaration', () => {
  assert.equal(columnName(['public', 'people', 'e.mail']), undefined);
  assert.equal(columnName(['public', 'people', 'email']), 'public.people.email');
});
