import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { contextOf, outputsLine, shopCatalogue } from '../../../test/support/shop-catalogue.ts';
import { analyseOnce } from './analyser.ts';
import type { CopyDetails } from './analysis.ts';
import { loadPostgresParser } from './parser.ts';

const TEXT: CopyDetails = {
  direction: 'out',
  through: 'wire',
  format: 'text',
  delimiter: '\t',
  null: '\\N',
  quote: '"',
  escape: '"',
  header: false,
  unsupportedOptions: [],
};
const CSV: CopyDetails = { ...TEXT, format: 'csv', delimiter: ',', null: '' };

const CASES: readonly (readonly [text: string, details: CopyDetails, outputs: string])[] = [
  ['copy notes to stdout', TEXT, 'id=notes.id! body=notes.body! author=notes.author!'],
  ['copy notes (author, id) to stdout', { ...TEXT, columns: ['author', 'id'] }, 'author=notes.author! id=notes.id!'],
  ['copy notes from stdin', { ...TEXT, direction: 'in' }, 'not known'],
  ['copy (select email, 1 from users) to stdout csv header', { ...CSV, header: true }, 'email=users.email! ?column?='],
  ['copy (delete from notes returning body) to stdout', TEXT, 'body=notes.body!'],
  ['copy notes to stdout (format csv, header false)', CSV, 'id=notes.id! body=notes.body! author=notes.author!'],
  ['copy priced to stdout', TEXT, 'net=priced.net!'],
  ['copy priced (gross) to stdout', { ...TEXT, columns: ['gross'] }, 'gross=priced.gross+priced.net'],
  [
    "copy notes (id) to stdout with delimiter '|' null 'NIL'",
    { ...TEXT, columns: ['id'], delimiter: '|', null: 'NIL' },
    'id=notes.id!',
  ],
  [
    `copy notes (id) to stdout (format csv, delimiter ';', quote '''', escape '\\', null 'x', force_quote *)`,
    { ...CSV, columns: ['id'], delimiter: ';', quote: "'", escape: '\\', null: 'x' },
    'id=notes.id!',
  ],
  [`copy notes (id) to stdout csv quote '!'`, { ...CSV, columns: ['id'], quote: '!', escape: '!' }, 'id=notes.id!'],
  ["copy notes (id) to stdout (encoding 'LATIN1')", { ...TEXT, columns: ['id'], encoding: 'LATIN1' }, 'id=notes.id!'],
  ['copy binary notes (id) to stdout', { ...TEXT, columns: ['id'], format: 'binary' }, 'id=notes.id!'],
  ['copy notes (id) to stdout (format binary)', { ...TEXT, columns: ['id'], format: 'binary' }, 'id=notes.id!'],
  ['copy notes (id) to stdout (header match)', { ...TEXT, columns: ['id'], header: true }, 'id=notes.id!'],
  [
    "copy notes (id) to stdout (format arrow, default 'x')",
    { ...TEXT, columns: ['id'], unsupportedOptions: ['default', 'format arrow'] },
    'id=notes.id!',
  ],
  ["copy notes (id) to '/tmp/x'", { ...TEXT, columns: ['id'], through: 'file' }, 'id=notes.id!'],
  ["copy notes (id) to program 'x'", { ...TEXT, columns: ['id'], through: 'program' }, 'id=notes.id!'],
  ['copy v_users to stdout', TEXT, 'id=v_users.id+users.id! mail=v_users.mail+users.email'],
  ['copy nowhere to stdout', TEXT, 'not known'],
];

before(loadPostgresParser);

for (const [text, details, outputs] of CASES) {
  test(text, () => {
    const { statements } = analyseOnce(text, contextOf(shopCatalogue()));
    assert.deepEqual(statements[0]?.copy, details);
    assert.equal(outputsLine(statements[0]?.outputs), outputs);
    assert.equal(statements[0]?.returnsRows, false);
  });
}
