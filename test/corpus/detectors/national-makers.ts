import type { Maker, Sample } from './case.ts';
import { dot, isMod1110, isVerhoeff, lastDigit } from './check-digits.ts';
import { inGroups } from './pii-makers.ts';
import { ALPHABETS, type Seeded } from './seeded.ts';

/** What one country's id is made of, besides its words. */
interface National {
  readonly labels: readonly string[];
  readonly code: (seeded: Seeded) => string;
  /** The ways that it is written. */
  readonly forms: readonly ((code: string) => string)[];
  /** A number of its form as it comes, which may pass the check by chance. */
  readonly alike: (seeded: Seeded) => string;
  readonly needsLabel?: true;
}

function whole(code: string): string {
  return code;
}

function groups(sizes: readonly number[], mark: string): (code: string) => string {
  return (code) => inGroups(code, sizes, mark);
}

function untilMade(make: () => string | undefined): string {
  for (;;) {
    const made = make();
    if (made !== undefined) return made;
  }
}

const NATIONALS: Readonly<Record<string, National>> = {
  'uk-nhs': {
    labels: ['NHS number', 'nhs', 'NHS no.', 'National Health Service number'],
    code: (s) =>
      untilMade(() => lastDigit(s.digits(9), (d) => (dot(d, [10, 9, 8, 7, 6, 5, 4, 3, 2]) + (d[9] ?? 0)) % 11 === 0)),
    forms: [whole, groups([3, 3, 4], ' '), groups([3, 3, 4], '-'), groups([3, 3, 4], '\u00a0')],
    alike: (s) => s.digits(10),
    needsLabel: true,
  },
  'nl-bsn': {
    labels: ['BSN', 'bsn', 'burgerservicenummer', 'customer bsn', 'sofinummer'],
    code: (s) =>
      untilMade(() => lastDigit(s.digits(8), (d) => (dot(d, [9, 8, 7, 6, 5, 4, 3, 2]) - (d[8] ?? 0)) % 11 === 0)),
    forms: [whole, whole, groups([4, 2, 3], '.'), groups([3, 3, 3], ' ')],
    alike: (s) => s.digits(9),
    needsLabel: true,
  },
  'de-tax-id': {
    labels: ['Steuer-ID', 'IdNr', 'Steueridentifikationsnummer', 'tax id', 'steuer id'],
    code: (s) =>
      untilMade(() => {
        const body = `${s.between(1, 9)}${s.digits(9)}`;
        const repeated = Array.from(new Set(body), (digit) => body.split(digit).length - 1).filter(
          (count) => count > 1,
        );
        return repeated.length === 1 && (repeated[0] ?? 9) <= 3 ? lastDigit(body, isMod1110) : undefined;
      }),
    forms: [whole, groups([2, 3, 3, 3], ' ')],
    alike: (s) => s.digits(11),
    needsLabel: true,
  },
  'es-dni': {
    labels: ['DNI', 'NIF', 'documento', 'nie', 'cliente'],
    code: (s) => {
      const digits = s.digits(7);
      const first = s.pick(['', '', 'X', 'Y', 'Z']);
      const number = first === '' ? s.digits(1) + digits : `${'XYZ'.indexOf(first)}${digits}`;
      return `${first === '' ? number : first + digits}${'TRWAGMYFPDXBNJZSQVHLCKE'[Number(number) % 23]}`;
    },
    forms: [whole, whole, groups([8, 1], '-'), groups([8, 1], ' ')],
    alike: (s) => `${s.digits(8)}${s.text(1, ALPHABETS.upper)}`,
  },
  'fr-nir': {
    labels: ['NIR', 'numéro de sécurité sociale', 'sécu', 'assuré'],
    code: (s) => {
      const department = s.pick(['75', '13', '06', '69', '2A', '2B', '99']);
      const rest = s.digits(6);
      const two = (number: number): string => String(number).padStart(2, '0');
      const body = `${s.between(1, 2)}${two(s.below(100))}${two(s.between(1, 12))}`;
      const number = BigInt(`${body}${department.replace('2A', '19').replace('2B', '18')}${rest}`);
      return `${body}${department}${rest}${two(97 - Number(number % 97n))}`;
    },
    forms: [whole, groups([1, 2, 2, 2, 3, 3, 2], ' '), groups([13, 2], ' '), groups([1, 2, 2, 2, 3, 3, 2], '\u00a0')],
    alike: (s) => s.digits(15),
  },
  'it-fiscal-code': {
    labels: ['codice fiscale', 'CF', 'cliente', 'fiscal code'],
    code: (s) => {
      const body = `${s.text(6, 'BCDFGLMNPRSTVXA')}${s.digits(2)}${s.pick(Array.from('ABCDEHLMPRST'))}${s.pick(['01', '15', '28', '41', '55', '71'])}${s.text(1, 'ABCDEFGHILM')}${s.digits(3)}`;
      // The decree's two tables: values of characters in odd and in even places.
      const odd = [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23];
      const value = (character: string): number =>
        /\d/.test(character) ? Number(character) : character.charCodeAt(0) - 65;
      const sum = Array.from(body).reduce(
        (all, each, index) => all + (index % 2 === 0 ? (odd[value(each)] ?? 0) : value(each)),
        0,
      );
      return body + String.fromCharCode(65 + (sum % 26));
    },
    forms: [whole, whole, groups([3, 3, 5, 5], ' ')],
    alike: (s) =>
      `${s.text(6, ALPHABETS.upper)}${s.digits(2)}${s.text(1, 'ABCDEHLMPRST')}${s.digits(2)}${s.text(1, ALPHABETS.upper)}${s.digits(3)}${s.text(1, ALPHABETS.upper)}`,
  },
  'pl-pesel': {
    labels: ['PESEL', 'pesel', 'numer PESEL', 'Numer ewidencyjny'],
    code: (s) => {
      const two = (number: number): string => String(number).padStart(2, '0');
      const body = `${two(s.below(100))}${two(s.between(1, 12) + s.pick([0, 20]))}${two(s.between(1, 28))}${s.digits(4)}`;
      return untilMade(() => lastDigit(body, (d) => dot(d, [1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1]) % 10 === 0));
    },
    forms: [whole],
    alike: (s) => s.digits(11),
    needsLabel: true,
  },
  'br-cpf': {
    labels: ['CPF', 'cpf', 'cpf do cliente', 'Cadastro de Pessoa Física'],
    code: (s) => {
      const body = Array.from(s.digits(9), Number);
      const digit = (all: readonly number[], from: number): number => {
        const rest = all.reduce((sum, each, index) => sum + each * (from - index), 0) % 11;
        return rest < 2 ? 0 : 11 - rest;
      };
      const first = digit(body, 10);
      return [...body, first, digit([...body, first], 11)].join('');
    },
    forms: [
      whole,
      (code) => `${inGroups(code.slice(0, 9), [3, 3, 3], '.')}-${code.slice(9)}`,
      groups([3, 3, 3, 2], ' '),
    ],
    alike: (s) => s.digits(11),
    needsLabel: true,
  },
  'in-aadhaar': {
    labels: ['Aadhaar', 'aadhaar number', 'Aadhar', 'UIDAI', 'आधार'],
    code: (s) => untilMade(() => lastDigit(`${s.between(2, 9)}${s.digits(10)}`, isVerhoeff)),
    forms: [whole, groups([4, 4, 4], ' '), groups([4, 4, 4], '-'), groups([4, 4, 4], '\u202f')],
    alike: (s) => s.digits(12),
    needsLabel: true,
  },
};

function makerOf({ labels, code, forms, alike, needsLabel }: National): Maker {
  const written = (seeded: Seeded, value: string): string => seeded.pick(forms)(value);
  return {
    labels,
    ...(needsLabel === undefined ? {} : { needsLabel }),
    positive: (seeded) => ({ kind: 'number', value: written(seeded, code(seeded)) }),
    negative: (seeded) => {
      const right = code(seeded);
      return seeded.pick<() => Sample>([
        () => ({ kind: 'a number with a wrong check', value: written(seeded, changed(right, seeded)) }),
        () => ({ kind: 'a number of that form, as it comes', value: alike(seeded), isOther: true }),
        ...(needsLabel
          ? [() => ({ kind: 'a number that checks and that nothing names', value: right, isOther: true }) as const]
          : []),
        () => ({ kind: 'a number within a longer one', value: `${right}${seeded.digits(3)}` }),
        () => ({ kind: 'a number within a word', value: `id${right}` }),
        () => ({ kind: 'a number behind a decimal point', value: `0.${right}` }),
        () => ({ kind: 'a number that is too short', value: right.slice(1) }),
        () => ({ kind: 'a hash', value: seeded.text(40, ALPHABETS.hex) }),
        () => ({ kind: 'a UUID', value: inGroups(seeded.text(32, ALPHABETS.hex), [8, 4, 4, 4, 12], '-') }),
        () => ({ kind: 'a time', value: `2024-03-01T10:22:13.${seeded.digits(6)}Z` }),
      ])();
    },
  };
}

/** Another last character, of the same kind, that does not check. */
function changed(code: string, seeded: Seeded): string {
  const last = code.at(-1) ?? '';
  const alphabet = /\d/.test(last) ? ALPHABETS.digits : 'TRWAGMYFPDXBNJZSQVHLCKE';
  return (
    code.slice(0, -1) + alphabet[(alphabet.indexOf(last) + seeded.between(1, alphabet.length - 1)) % alphabet.length]
  );
}

export const NATIONAL_MAKERS: Readonly<Record<string, Maker>> = Object.fromEntries(
  Object.entries(NATIONALS).map(([name, national]) => [name, makerOf(national)]),
);
