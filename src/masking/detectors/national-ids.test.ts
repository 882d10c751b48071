import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DETECTORS } from './detectors.ts';
import { assertFindsNothing, found } from './found.ts';

interface Example {
  readonly name: string;
  /** Numbers that check, whole and in groups, from the authorities' own examples. */
  readonly numbers: readonly string[];
  /** Of the same form, with a wrong check digit or date. */
  readonly wrong: readonly string[];
  /** Words that say what a number is; empty where its form says enough. */
  readonly words: readonly string[];
  /** A column of that name says it, too. */
  readonly column?: string;
}

const EXAMPLES: readonly Example[] = [
  {
    name: 'uk-nhs',
    numbers: ['9434765919', '943 476 5919', '943-476-5919', '943\u00a0476\u00a05919'],
    wrong: ['9434765918', '943 476 5910'],
    words: ['NHS number: ', 'nhs_no=', 'patientNhs ', 'National Health '],
    column: 'nhs_number',
  },
  {
    name: 'nl-bsn',
    numbers: ['111222333', '1112.22.333', '111 222 333'],
    wrong: ['111222334', '000000000'],
    words: ['BSN ', '"bsn": "', 'burgerservicenummer ', 'customerBsn='],
    column: 'BSN',
  },
  {
    name: 'de-tax-id',
    numbers: ['86095742719', '86 095 742 719'],
    wrong: ['86095742718', '12345678903'],
    words: ['Steuer-ID: ', 'IdNr. ', 'Identifikationsnummer ', 'tax_id='],
    column: 'tax_id',
  },
  {
    name: 'es-dni',
    numbers: ['12345678Z', '12345678-Z', '12.345.678-Z', 'X1234567L', 'X-1234567-L'],
    wrong: ['12345678A', 'X1234567A', '12345678'],
    words: [],
  },
  {
    name: 'fr-nir',
    numbers: ['255081416802538', '2 55 08 14 168 025 38', '2550814168025 38'],
    wrong: ['255081416802539', '255131416802538'],
    words: [],
  },
  {
    name: 'it-fiscal-code',
    numbers: ['RSSMRA85T10A562S', 'RSS MRA 85T10 A562S'],
    wrong: ['RSSMRA85T10A562T'],
    words: [],
  },
  {
    name: 'pl-pesel',
    numbers: ['44051401359', '02070803628'],
    wrong: ['44051401358', '44131401354'],
    words: ['PESEL ', 'pesel='],
    column: 'pesel',
  },
  { name: 'br-cpf', numbers: ['529.982.247-25'], wrong: ['529.982.247-26', '111.111.111-11'], words: [] },
  { name: 'br-cpf', numbers: ['52998224725'], wrong: ['52998224726'], words: ['CPF: ', 'cpf='], column: 'cpf' },
  {
    name: 'in-aadhaar',
    numbers: ['234123412346', '2341 2341 2346', '2341-2341-2346'],
    wrong: ['234123412347', '134123412346'],
    words: ['Aadhaar: ', 'aadhar_no ', 'आधार '],
    column: 'aadhaar',
  },
];

for (const { name, numbers, wrong, words, column } of EXAMPLES) {
  const detector = DETECTORS.find((each) => each.name === name)!;

  test(`${name} ${numbers[0]} is found ${words.length > 0 ? 'beside a word that names it' : 'wherever it stands'}`, () => {
    for (const word of words.length > 0 ? words : ['', 'see ', 'x=', '"', '日本', '(']) {
      for (const number of numbers) assert.deepEqual(found(detector, `${word}${number}`), [number], word + number);
      for (const number of wrong) assert.deepEqual(found(detector, `${word}${number}`), [], word + number);
      const [first = ''] = numbers;
      assert.deepEqual(found(detector, `${word}${first}, then`), [first]);
      assert.deepEqual(found(detector, `${word}x${first}`), []);
      assert.deepEqual(found(detector, `${word}${first}x`), []);
    }
    if (words.length > 0) assertFindsNothing(detector, [...numbers, ...numbers.map((number) => `order ${number}`)]);
  });

  if (column === undefined) continue;
  test(`a column named ${column} says that ${numbers[0]} is of ${name}`, () => {
    assert.ok(detector.columnNames?.test(column));
    const spans: string[] = [];
    for (const number of numbers) {
      const text = Buffer.from(number).toString('latin1');
      detector.find(text, (start, end) => spans.push(text.slice(start, end)), true);
    }
    assert.deepEqual(
      spans,
      numbers.map((number) => Buffer.from(number).toString('latin1')),
    );
  });
}

test('a word far away names nothing, and one after the number does', () => {
  const bsn = DETECTORS.find(({ name }) => name === 'nl-bsn')!;
  assert.deepEqual(found(bsn, `bsn ${'.'.repeat(60)} 111222333`), []);
  assert.deepEqual(found(bsn, '111222333 (BSN)'), ['111222333']);
  assert.deepEqual(found(bsn, 'absnt 111222333'), []);
});
