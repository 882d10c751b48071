import type { Maker, Sample } from './case.ts';
import { ibanDigits, luhnDigit } from './check-digits.ts';
import { ALPHABETS, type Seeded } from './seeded.ts';

/** Marks between groups: none, blank, dash, no-break space, narrow no-break space, non-breaking hyphen. */
const MARKS = ['', ' ', '-', '\u00a0', '\u202f', '\u2011'];

export function inGroups(code: string, sizes: readonly number[], mark: string): string {
  const groups: string[] = [];
  let at = 0;
  for (const size of sizes) {
    groups.push(code.slice(at, at + size));
    at += size;
  }
  return groups.filter((group) => group !== '').join(mark);
}

function one(kind: string, value: string): Sample {
  return { kind, value };
}

/** Prefix, length, usual groups: the networks' published ranges. */
const CARDS: readonly (readonly [string, string, number, readonly number[]])[] = [
  ['Visa', '4', 16, [4, 4, 4, 4]],
  ['Mastercard', '51', 16, [4, 4, 4, 4]],
  ['Mastercard', '55', 16, [4, 4, 4, 4]],
  ['Mastercard 2', '2223', 16, [4, 4, 4, 4]],
  ['American Express', '34', 15, [4, 6, 5]],
  ['American Express', '37', 15, [4, 6, 5]],
  ['Diners', '36', 14, [4, 6, 4]],
  ['Discover', '6011', 16, [4, 4, 4, 4]],
  ['JCB', '3530', 16, [4, 4, 4, 4]],
  ['UnionPay', '62', 16, [4, 4, 4, 4]],
  ['UnionPay 19', '62', 19, [4, 4, 4, 4, 3]],
  ['Maestro', '6759', 16, [4, 4, 4, 4]],
];

function cardNumber(seeded: Seeded): { digits: string; sizes: readonly number[]; network: string } {
  const [network, prefix, length, sizes] = seeded.pick(CARDS);
  const body = prefix + seeded.digits(length - prefix.length - 1);
  return { digits: body + luhnDigit(body), sizes, network };
}

export const card: Maker = {
  labels: ['card', 'pan', 'credit card number', 'Kartennummer', 'numéro de carte', 'tarjeta', 'カード番号'],
  positive: (seeded) => {
    const { digits, sizes, network } = cardNumber(seeded);
    return one(network, inGroups(digits, sizes, seeded.pick(MARKS)));
  },
  negative: (seeded) => {
    const { digits, sizes } = cardNumber(seeded);
    const last = digits.slice(0, -1) + ((Number(digits.at(-1)) + seeded.between(1, 9)) % 10);
    return seeded.pick<() => Sample>([
      () => one('a card with a wrong check digit', inGroups(last, sizes, seeded.pick(MARKS))),
      () => one('an order number of 16 digits, as they come', seeded.digits(16)),
      () => one('an order number in groups, as it comes', inGroups(seeded.digits(16), [4, 4, 4, 4], '-')),
      () => one('milliseconds since 1970', String(1_600_000_000_000 + seeded.below(200_000_000_000))),
      () => one('microseconds since 1970', `${1_600_000_000 + seeded.below(200_000_000)}${seeded.digits(6)}`),
      () => one('a card within a longer run of digits', `${seeded.digits(6)}${digits}${seeded.digits(5)}`),
      () => one('a card within a word', `id_${digits}x`),
      () => one('a card behind a decimal point', `0.${digits}`),
      () => one('a UUID of digits', inGroups(seeded.digits(32), [8, 4, 4, 4, 12], '-')),
      () => one('a card whose network does not exist', `0${digits.slice(1)}`),
    ])();
  },
};

const LOCALS = [
  'ada',
  'j.doe',
  'first.last',
  'sales+eu',
  'o_brien',
  'müller',
  'x',
  'no-reply',
  'A.Turing',
  "o'neil",
  '山田',
];
const DOMAINS = [
  'example.com',
  'mail.example.co.uk',
  'firma-süd.de',
  'sub.domain.example.org',
  'uni-köln.de',
  'a1.io',
  'xn--bcher-kva.ch',
];

export const email: Maker = {
  labels: ['email', 'e-mail', 'from', 'E-Mail-Adresse', 'courriel', 'correo', 'メール'],
  positive: (seeded) => {
    const local = `${seeded.pick(LOCALS)}${seeded.pick(['', '', String(seeded.below(99))])}`;
    return one('address', `${local}${seeded.pick(['@', '@', '@', '%40'])}${seeded.pick(DOMAINS)}`);
  },
  negative: (seeded) => {
    const name = seeded.text(seeded.between(3, 9), ALPHABETS.lower);
    const version = `${seeded.below(20)}.${seeded.below(20)}.${seeded.below(20)}`;
    return seeded.pick<() => Sample>([
      () => one('a package with its version', `${name}@${version}`),
      () => one('a scoped package', `@${name}/${name}@^${version}`),
      () => one('a retina image', `${name}@2x.png`),
      () => one('a repository', `git@github.com:${name}/${name}.git`),
      () => one('an action with its version', `${name}/checkout@v${seeded.below(9)}`),
      () => one('an image with its digest', `${name}@sha256:${seeded.text(64, ALPHABETS.hex)}`),
      () => one('a host without a domain', `${name}@localhost`),
      () => one('a handle', `@${name}.${name}`),
      () => one('a decorator', `@${name}.setter`),
      () => one('an object and its hash', `java.lang.Object@${seeded.text(7, ALPHABETS.hex)}`),
      () => one('a unit', `${seeded.below(99)} items @ ${seeded.below(9)}.50 each`),
      () => one('a tarball of a version', `${name}@${version}.tgz`),
      () => one('an address without its end', `${name}@${name}.`),
      () => one('an address at a numeric host', `${name}@10.${seeded.below(255)}.0.${seeded.below(255)}`),
    ])();
  },
};

const IBANS: readonly (readonly [string, (seeded: Seeded) => string])[] = [
  ['DE', (s) => s.digits(18)],
  ['GB', (s) => s.text(4, ALPHABETS.upper) + s.digits(14)],
  ['FR', (s) => s.digits(10) + s.text(11, ALPHABETS.upperDigits) + s.digits(2)],
  ['NL', (s) => s.text(4, ALPHABETS.upper) + s.digits(10)],
  ['NO', (s) => s.digits(11)],
  ['ES', (s) => s.digits(20)],
  ['PL', (s) => s.digits(24)],
  ['CH', (s) => s.digits(5) + s.text(12, ALPHABETS.upperDigits)],
  ['MT', (s) => s.text(4, ALPHABETS.upper) + s.digits(5) + s.text(18, ALPHABETS.upperDigits)],
];
const FOURS = [4, 4, 4, 4, 4, 4, 4, 4];

function ibanCode(seeded: Seeded): string {
  const [country, account] = seeded.pick(IBANS);
  const body = account(seeded);
  return country + ibanDigits(country, body) + body;
}

export const iban: Maker = {
  labels: ['iban', 'IBAN', 'account', 'Kontonummer', 'compte', 'rachunek', '口座'],
  positive: (seeded) => one('account', inGroups(ibanCode(seeded), FOURS, seeded.pick(MARKS))),
  negative: (seeded) => {
    const code = ibanCode(seeded);
    const checks = Number(code.slice(2, 4));
    const wrong = String(2 + ((checks - 2 + seeded.between(1, 96)) % 97)).padStart(2, '0');
    return seeded.pick<() => Sample>([
      () =>
        one(
          'an account with wrong check digits',
          inGroups(code.slice(0, 2) + wrong + code.slice(4), FOURS, seeded.pick(MARKS)),
        ),
      () => one('an account that is too short', code.slice(0, -2)),
      () => one('an account within a word', `x${code}`),
      () => one('an account with letters behind', `${code}AB`),
      () => one('a country that has none', `XX${code.slice(2)}`),
      () =>
        one(
          'a part number, as it comes',
          `${seeded.text(2, ALPHABETS.upper)}${seeded.digits(2)} ${seeded.text(4, ALPHABETS.upperDigits)} ${seeded.digits(4)}`,
        ),
      () => one('a run of capitals and digits, as it comes', seeded.text(22, ALPHABETS.upperDigits)),
      () => one('base32', seeded.text(32, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567')),
      () => one('German letters and digits, as they come', `DE${seeded.digits(20)}`),
    ])();
  },
};

export const ipAddress: Maker = {
  labels: ['client_ip', 'address', 'peer', 'Adresse', 'hôte', 'remote'],
  positive: (seeded) => {
    const byte = (): number => seeded.between(1, 254);
    const word = (): string => seeded.text(seeded.between(3, 4), ALPHABETS.hex);
    return seeded.pick<() => Sample>([
      () => one('IPv4', `${byte()}.${byte()}.${byte()}.${byte()}`),
      () => one('IPv4', `10.${byte()}.${byte()}.${byte()}`),
      () => one('IPv6 in full', `2001:db8:${word()}:${word()}:${word()}:${word()}:${word()}:${word()}`),
      () => one('IPv6, shortened', `2001:db8::${word()}:${word()}`),
      () => one('IPv6, link local', `fe80::${word()}:${word()}:${word()}:${word()}`),
      () => one('IPv4 in IPv6', `::ffff:${byte()}.${byte()}.${byte()}.${byte()}`),
    ])();
  },
  negative: (seeded) => {
    const small = (): number => seeded.below(40);
    return seeded.pick<() => Sample>([
      () => one('a version of three numbers', `v${small()}.${small()}.${small()}`),
      () => one('a version of five numbers', `${small()}.${small()}.${small()}.${small()}.${small()}`),
      () => one('a version in four parts with a word', `${small()}.${small()}.${small()}.${small()}rc1`),
      () => one('numbers above 255', `${seeded.between(256, 999)}.${small()}.${small()}.${small()}`),
      () => one('numbers with leading zeros', `0${seeded.between(1, 9)}.${small()}.0${seeded.below(10)}.${small()}`),
      () => one('a time', `${seeded.between(10, 23)}:${seeded.between(10, 59)}:${seeded.between(10, 59)}`),
      () => one('a hardware address', inGroups(seeded.text(12, ALPHABETS.hex), [2, 2, 2, 2, 2, 2], ':')),
      () =>
        one(
          'a fingerprint',
          `SHA1 ${inGroups(
            seeded.text(40, ALPHABETS.hex),
            Array.from({ length: 20 }, () => 2),
            ':',
          )}`,
        ),
      () => one('a name in C++', `std::vector<a${small()}>::iterator`),
      () => one('a cast', `'${small()}'::int4`),
      () => one('loopback', seeded.pick(['127.0.0.1', '127.0.1.1', '0.0.0.0', '255.255.255.255'])),
      () => one('a version of four numbers after a v', `v${small()}.${small()}.${small()}.${small()}`),
      () =>
        one(
          'a version of four numbers after its word',
          `version ${seeded.between(1, 30)}.${small()}.${small()}.${small()}`,
        ),
      () => one('a section', `§ ${small()}.${small()}`),
    ])();
  },
};

/** Numbers of the plans' mobile and geographic ranges, whose next digits are free. */
const PHONES: readonly (readonly [string, string, number])[] = [
  ['+49', '151', 8],
  ['+44', '7400', 6],
  ['+33', '6', 8],
  ['+31', '612', 6],
  ['+34', '612', 6],
  ['+48', '601', 6],
  ['+81', '9012', 6],
  ['+55', '119', 8],
  ['+91', '98', 8],
  ['+1', '415', 0],
];

function phoneNumber(seeded: Seeded): string {
  const [country, area, rest] = seeded.pick(PHONES);
  const mark = seeded.pick(['', ' ', '-', '.', '\u00a0']);
  const first = rest === 0 ? `55${seeded.between(2, 9)}` : seeded.digits(rest >> 1);
  const second = rest === 0 ? seeded.digits(4) : seeded.digits(rest - (rest >> 1));
  return seeded.pick([
    `${country}${mark}${area}${mark}${first}${mark}${second}`,
    `${country} ${area} ${first}${second}`,
  ]);
}

export const phone: Maker = {
  labels: ['phone', 'tel', 'mobile', 'Telefon', 'téléphone', 'teléfono', '電話'],
  positive: (seeded) => {
    const [area, office, line] = [
      seeded.pick(['415', '212', '503', '617']),
      `${seeded.between(2, 9)}${seeded.pick(['23', '45', '67'])}`,
      seeded.digits(4),
    ];
    return seeded.pick<() => Sample>([
      () => one('international', phoneNumber(seeded)),
      () => one('international', phoneNumber(seeded)),
      () => one('North American', `${area}-${office}-${line}`),
      () => one('North American', `(${area}) ${office}-${line}`),
      () => one('North American', `${area}.${office}.${line}`),
    ])();
  },
  negative: (seeded) => {
    const small = (): number => seeded.between(1, 99);
    return seeded.pick<() => Sample>([
      () => one('ten digits', seeded.digits(10)),
      () => one('an order number in groups', `${seeded.digits(4)}-${seeded.digits(4)}-${seeded.digits(4)}`),
      () => one('a time zone', `2024-03-01T10:00:00+0${seeded.below(9)}:00`),
      () => one('an offset', `+${small()}`),
      () => one('a sum', `${small()}+${seeded.digits(7)}`),
      () => one('a difference of lines', `@@ -${small()},7 +${small()},8 @@`),
      () => one('an area that begins with one', `1${seeded.digits(2)}-${seeded.digits(3)}-${seeded.digits(4)}`),
      () => one('a country that does not exist', `+999 ${seeded.digits(3)} ${seeded.digits(5)}`),
      () =>
        one(
          'a part number with groups of 3, 3, 4 in a word',
          `X${seeded.digits(3)}-${seeded.digits(3)}-${seeded.digits(4)}`,
        ),
      () => one('a measurement', `+${seeded.below(9)}.${seeded.digits(2)} mm`),
      () => one('a number of too few digits', `+49 ${seeded.digits(2)}`),
    ])();
  },
};

export const usSsn: Maker = {
  labels: ['ssn', 'SSN', 'social security number', 'Social Security', 'employee ssn'],
  positive: (seeded) => {
    const area = String(seeded.pick([seeded.between(1, 665), seeded.between(667, 899)])).padStart(3, '0');
    const group = String(seeded.between(1, 99)).padStart(2, '0');
    const serial = String(seeded.between(1, 9999)).padStart(4, '0');
    const mark = seeded.pick(['-', '-', '-', ' ', '\u2011', '\u00a0']);
    return one('number', `${area}${mark}${group}${mark}${serial}`);
  },
  negative: (seeded) => {
    const digits = (count: number): string => seeded.digits(count);
    return seeded.pick<() => Sample>([
      () =>
        one(
          'an area that is never assigned',
          `${seeded.pick(['000', '666', '9' + digits(2)])}-${seeded.between(10, 99)}-${seeded.between(1000, 9999)}`,
        ),
      () => one('a group of zeros', `${seeded.between(100, 665)}-00-${digits(4)}`),
      () => one('a serial of zeros', `${seeded.between(100, 665)}-${seeded.between(10, 99)}-0000`),
      () => one('a date', `${seeded.between(1950, 2030)}-${seeded.between(10, 12)}-${seeded.between(10, 28)}`),
      () => ({ ...one('nine digits', digits(9)), isOther: true }),
      () => one('a phone number', `${seeded.between(200, 900)}-${digits(3)}-${digits(4)}`),
      () => one('a longer number', `${digits(3)}-${digits(2)}-${digits(4)}-${digits(2)}`),
      () => one('a part of a UUID', inGroups(seeded.text(32, ALPHABETS.hex), [8, 4, 4, 4, 12], '-')),
      () => one('a word before it', `X${digits(3)}-${digits(2)}-${digits(4)}`),
      () => one('two marks', `${digits(3)}-${digits(2)} ${digits(4)}`),
    ])();
  },
};
