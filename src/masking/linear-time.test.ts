import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { check } from 'recheck';
import { MOST_RUNS, processorMs } from '../../test/support/processor-time.ts';
import { DETECTORS } from './detectors/detectors.ts';
import { NATIONAL_IDS } from './detectors/national-ids.ts';
import { Findings } from './findings.ts';
import { eachToken } from './json-tokens.ts';

const FOLDER = import.meta.dirname;

interface Found {
  readonly file: string;
  readonly source: string;
  readonly flags: string;
}

/** Every regular expression written in the code of masking, tests left out. */
function expressions(): readonly Found[] {
  const files = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' });
  return files
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .flatMap((file) => {
      const code = readFileSync(join(FOLDER, file), 'utf8').replaceAll(/^\s*(?:\/?\*|\/\/).*$/gm, '');
      return [...code.matchAll(LITERAL)].map(([, source = '', flags = '']) => ({ file, source, flags }));
    });
}

/** A literal follows an operator or an opening mark, and ends in flags and a mark that no division is followed by. */
const LITERAL =
  /(?<=[(=:,?[|&!] ?|=\n {2,4}|return )\/((?:[^\\/[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+)\/([dgimsuvy]*)(?=[.,;)\s\]}])/g;

/** The forms of national ids, and the words that name them, which are put together when they are loaded. */
function forms(): readonly Found[] {
  const words = DETECTORS.flatMap(({ name, columnNames }) =>
    columnNames === undefined ? [] : [{ file: name, ...partsOf(columnNames) }],
  );
  const ids = NATIONAL_IDS.flatMap(({ name, plain, named }) =>
    [plain?.pattern, named].flatMap((form) => (form === undefined ? [] : [{ file: name, ...partsOf(form) }])),
  );
  return [...ids, ...words];
}

function partsOf({ source, flags }: RegExp): Pick<Found, 'source' | 'flags'> {
  return { source, flags };
}

const ALL = [...expressions(), ...forms()];

test('the expressions of every file are seen', () => {
  assert.ok(ALL.length > 70, `only ${ALL.length} were found`);
  const files = new Set(ALL.map(({ file }) => file));
  for (const file of ['vendor-keys', 'phone', 'us-ssn', 'ip-address', 'iban', 'private-key', 'aws-secret', 'jwt']) {
    assert.ok(files.has(join('detectors', `${file}.ts`)), file);
  }
});

for (const { file, source, flags } of ALL) {
  test(`/${source}/${flags} of ${file} is linear`, async () => {
    // Steps are counted and no clock is looked at: on a busy machine what is linear is slow too.
    const found = await check(source, flags, {
      timeout: 60_000,
      attackTimeout: null,
      incubationTimeout: null,
      randomSeed: 1,
    });
    assert.equal(found.status, 'safe', found.status === 'vulnerable' ? found.complexity.summary : undefined);
  });
}

/** Texts that send careless scanners back to look again: many beginnings, no end. */
const HOSTILE: readonly string[] = [
  'a',
  'a@',
  'a@a.',
  '@',
  '%40',
  '"@',
  '"a"@',
  '1',
  '1 ',
  '1-',
  '4111 ',
  '1.',
  '1.1.1.1.',
  ':',
  '::',
  'a:',
  'a1:',
  '1:',
  'eyJ',
  'eyJ.',
  'eyJhbGciOiJIUzI1NiJ9.',
  '-----BEGIN ',
  '-----BEGIN PRIVATE KEY-----',
  '-----END ',
  'LS0tLS1CRUdJTi',
  '://',
  'a://',
  'a://a:',
  'a://a:a@',
  'secret',
  'secret=',
  'secret a',
  'sk-',
  'sk-a1A',
  'ghp_',
  'SG.',
  'SG.aaaaaaaaaaaaaaaaaaaa',
  'AKIA',
  'xoxb-',
  'GB82',
  'GB82 ',
  'DE89 3704 ',
  '+1',
  '+1 ',
  '+1(',
  '415-',
  '(415) ',
  '078-05-',
  '\\u0040',
  'vcp_',
  'ops_ey',
  'xoxb-a-',
  '\\u00e9@',
  '\\n4111',
  '\\nada@example.com ',
  '\\u0061da@example.com ',
  'ada@example.com ',
  'bsn 111222333 ',
  'https://a:b1@c.example/ ',
  '\\\\n',
  'https://hooks.slack.com/services/T',
  'cfut_a',
  'glc_a',
  'hvb.',
  'tskey-a-a',
  'figd_',
  'bsn ',
  'cpf 529.982.',
  '529.982.247-2',
  'X1234567',
  'RSSMRA85T10A562',
  '2 55 08 14 ',
  'steuer 86 095 ',
  '"',
  '\\',
  '{"a":',
];

/** Nanoseconds of processor time a character. */
function cost(run: () => void, characters: number): number {
  return (processorMs(run) * 1_000_000) / characters;
}

/**
 * Whether a longer text costs no more than its share, at the least of its runs. Noise only ever adds, and the kernel
 * counts in ticks, so one run in bounds settles it; what is quadratic is out of bounds in each of so many.
 */
function settles(inBounds: (leastOf: (name: string, cost: number) => number) => boolean): boolean {
  const least = new Map<string, number>();
  const leastOf = (name: string, cost: number): number => {
    const fastest = Math.min(cost, least.get(name) ?? Number.POSITIVE_INFINITY);
    least.set(name, fastest);
    return fastest;
  };
  for (let runs = 0; runs < MOST_RUNS; runs++) if (inBounds(leastOf)) return true;
  return false;
}

/** Sixteen times the text at a quadratic cost is sixteen times as much a character. */
function assertLinear(unit: string, read: (text: string) => void): void {
  const [short = '', long = ''] = [16_000, 256_000].map((size) => unit.repeat(Math.ceil(size / unit.length)));
  let seen = '';
  const isLinear = settles((leastOf) => {
    const few = leastOf(
      'short',
      cost(() => read(short), short.length),
    );
    const many = leastOf(
      'long',
      cost(() => read(long), long.length),
    );
    seen = `${few.toFixed(1)} ns became ${many.toFixed(1)} ns`;
    return many < few * 6 + 60;
  });
  assert.ok(isLinear, `${JSON.stringify(unit)}: ${seen}`);
}

test('what is quadratic is not taken for linear', () => {
  const quadratic = (text: string): void => {
    for (let i = 0; i < text.length; i += 100) text.lastIndexOf('no such thing', text.length - i);
  };
  assert.throws(() => assertLinear('a', quadratic), /"a": /);
});

for (const detector of DETECTORS) {
  test(`${detector.name} takes time in proportion to hostile text`, () => {
    for (const unit of HOSTILE) assertLinear(unit, (text) => detector.find(text, () => {}));
  });
}

test('all detectors together take as long for each byte of a megabyte as for each of a quarter of one', () => {
  const all = new Findings(DETECTORS);
  all.suspects(Buffer.from('-'), 0, 1);
  for (const unit of HOSTILE) {
    const [one, four] = [250_000, 1_000_000].map((bytes) =>
      Buffer.from(unit.repeat(Math.ceil(bytes / unit.length))),
    ) as [Buffer, Buffer];
    let seen = '';
    const isLinear = settles((leastOf) => {
      const few = leastOf(
        'one',
        cost(() => all.in(one, 0, one.length), one.length),
      );
      const many = leastOf(
        'four',
        cost(() => all.in(four, 0, four.length), four.length),
      );
      seen = `${few} and ${many} ns a byte`;
      // No text makes a byte cost more than 600 ns: a megabyte of the worst is well under a second.
      return many < few * 4 + 100 && many < 600;
    });
    assert.ok(isLinear, `${JSON.stringify(unit)}: ${seen}`);
  }
});

test('reading JSON takes time in proportion to hostile text', () => {
  for (const unit of HOSTILE) assertLinear(unit, (text) => eachToken(text, () => {}));
});
