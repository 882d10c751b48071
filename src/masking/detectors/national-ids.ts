import { boundedTriggers } from '../triggers.ts';
import { hasMod11And10, hasVerhoeff, weighted } from './check-digits.ts';
import { idPattern, idTriggers, type NationalId } from './national-id.ts';

/**
 * National ids that bring a check. One whose form is rare is found wherever it stands; one that is only some digits, where
 * a word near it, or its column's name, says what it is.
 */
export const NATIONAL_IDS: readonly NationalId[] = [
  {
    // NHS Data Dictionary: ten digits, modulo 11 with the weights 10 to 2.
    name: 'uk-nhs',
    named: idPattern('\\d{3}~\\d{3}~\\d{4}'),
    words: ['nhs', 'national health', 'chi number', 'patient number'],
    checks: (code) => (11 - (weighted(code, [10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11)) % 11 === Number(code[9]),
  },
  {
    // Besluit burgerservicenummer: nine digits, the test of eleven.
    name: 'nl-bsn',
    named: idPattern('\\d{9}|\\d{4}~\\d{2}~\\d{3}|\\d{3}~\\d{3}~\\d{3}'),
    words: ['bsn', 'burger service nummer', 'sofi nummer', 'citizen service number'],
    checks: (code) => weighted(code, [9, 8, 7, 6, 5, 4, 3, 2, -1]) % 11 === 0 && Number(code) > 0,
  },
  {
    // Paragraph 139b AO: eleven digits, of the first ten one occurs twice or three times, ISO 7064 MOD 11,10.
    name: 'de-tax-id',
    named: idPattern('[1-9]\\d~\\d{3}~\\d{3}~\\d{3}'),
    words: ['steuer', 'steueridentifikationsnummer', 'identifikationsnummer', 'idnr', 'steuer id', 'tax id'],
    checks: (code) => hasOneRepeated(code.slice(0, 10)) && hasMod11And10(code),
  },
  {
    // Real Decreto 1553/2005: the letter is the number modulo 23; X, Y and Z of a foreigner's stand for 0, 1 and 2.
    name: 'es-dni',
    plain: {
      pattern: idPattern(
        '\\d{8}[ -]?[A-Z]|\\d{2}\\.\\d{3}\\.\\d{3}[ -]?[A-Z]|[XYZ][ -]?\\d{7}[ -]?[A-Z]|[XYZ][ -]?\\d\\.\\d{3}\\.\\d{3}[ -]?[A-Z]',
      ),
      triggers: idTriggers(
        '\\d{8}[ -]?[A-Z]',
        '\\d{2}\\.\\d{3}\\.\\d{3}[ -]?[A-Z]',
        '[XYZ][ -]?\\d\\.?\\d{3}\\.?\\d{3}[ -]?[A-Z]',
      ),
    },
    words: [],
    checks: (code) =>
      'TRWAGMYFPDXBNJZSQVHLCKE'[Number(code.slice(0, -1).replace(/^[XYZ]/, digitOfNie)) % 23] === code.at(-1),
  },
  {
    // INSEE, numero d'inscription au repertoire: sex, year, month, department, commune, order, and 97 less the rest of 97.
    name: 'fr-nir',
    plain: {
      pattern: idPattern('[1-478]~\\d{2}~(?:0[1-9]|1[0-2]|[2-9]\\d)~(?:\\d{2}|2[AB])~\\d{3}~\\d{3}~\\d{2}'),
      triggers: [
        ...boundedTriggers('\\d{13}'),
        ...idTriggers('\\d{6}[AB]\\d{6}', '\\d~\\d{2}~\\d{2}~\\d[\\dAB]~\\d{3}'),
      ],
    },
    words: [],
    checks: (code) => {
      const number = code.replace('2A', '19').replace('2B', '18');
      return 97n - (BigInt(number.slice(0, 13)) % 97n) === BigInt(code.slice(13));
    },
  },
  {
    // Decreto del Ministero delle Finanze 345/1976: letters of the name, date, place, and a letter that checks.
    name: 'it-fiscal-code',
    plain: {
      pattern: idPattern('[A-Z]{3}[ ]?[A-Z]{3}[ ]?\\d{2}[ABCDEHLMPRST]\\d{2}[ ]?[A-Z]\\d{3}[ ]?[A-Z]'),
      triggers: idTriggers('[A-Z] ?\\d{2}[A-T]\\d{2} ?[A-Z]\\d'),
    },
    words: [],
    checks: hasFiscalLetter,
  },
  {
    // Ustawa o ewidencji ludnosci, art. 15: a date, whose month tells the century, an order and a check digit.
    name: 'pl-pesel',
    named: idPattern('\\d{11}|\\d{6}~\\d{5}'),
    words: ['pesel', 'numer ewidencyjny'],
    checks: (code) =>
      isPeselDate(code) && (10 - (weighted(code, [1, 3, 7, 9, 1, 3, 7, 9, 1, 3]) % 10)) % 10 === Number(code[10]),
  },
  {
    // Receita Federal: nine digits, and two that check by modulo 11.
    name: 'br-cpf',
    plain: {
      pattern: idPattern('\\d{3}\\.\\d{3}\\.\\d{3}[-/]\\d{2}'),
      triggers: idTriggers('\\d{3}\\.\\d{3}\\.\\d{3}[-/]\\d{2}'),
    },
    named: idPattern('\\d{3}~\\d{3}~\\d{3}~\\d{2}'),
    words: ['cpf', 'cadastro de pessoa', 'contribuinte'],
    checks: (code) => !/^(\d)\1+$/.test(code) && isCpfDigit(code, 9) && isCpfDigit(code, 10),
  },
  {
    // UIDAI: twelve digits, the first from 2 on, Verhoeff's check.
    name: 'in-aadhaar',
    named: idPattern('[2-9]\\d{3}~\\d{4}~\\d{4}'),
    words: ['aadhaar', 'aadhar', 'adhaar', 'uidai', '\xe0\xa4\x86\xe0\xa4\xa7\xe0\xa4\xbe\xe0\xa4\xb0'],
    checks: hasVerhoeff,
  },
];

function hasOneRepeated(digits: string): boolean {
  const counts = Array.from('0123456789')
    .map((digit) => digits.split(digit).length - 1)
    .filter((count) => count > 1);
  return counts.length === 1 && counts[0]! <= 3;
}

function digitOfNie(letter: string): string {
  return String('XYZ'.indexOf(letter));
}

const ODD_VALUES = [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23];

function hasFiscalLetter(code: string): boolean {
  let sum = 0;
  for (let i = 0; i < 15; i++) {
    const character = code.charCodeAt(i);
    const value = character < 65 ? character - 48 : character - 65;
    sum += i % 2 === 0 ? ODD_VALUES[value]! : value;
  }
  return code.charCodeAt(15) === 65 + (sum % 26);
}

function isPeselDate(code: string): boolean {
  const month = Number(code.slice(2, 4)) % 20;
  const day = Number(code.slice(4, 6));
  return month >= 1 && month <= 12 && day >= 1 && day <= 31;
}

function isCpfDigit(code: string, at: number): boolean {
  let sum = 0;
  for (let i = 0; i < at; i++) sum += Number(code[i]) * (at + 1 - i);
  return ((sum * 10) % 11) % 10 === Number(code[at]);
}
