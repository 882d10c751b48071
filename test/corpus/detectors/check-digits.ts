/** Check digits as the formats' own documents tell them: written apart from the code under test, to check it. */

/** Luhn by the table of doubled digits. */
export function luhnDigit(body: string): string {
  const doubled = [0, 2, 4, 6, 8, 1, 3, 5, 7, 9];
  let sum = 0;
  for (const [index, digit] of Array.from(body).toReversed().entries()) {
    sum += index % 2 === 0 ? (doubled[Number(digit)] ?? 0) : Number(digit);
  }
  return String((10 - (sum % 10)) % 10);
}

/** ISO 13616: two digits that make the rearranged number leave 1 of 97. */
export function ibanDigits(country: string, account: string): string {
  const number = Array.from(`${account}${country}00`, (character) => Number.parseInt(character, 36)).join('');
  return String(98n - (BigInt(number) % 97n)).padStart(2, '0');
}

/** The last digit for which `checks` holds; undefined where there is none. */
export function lastDigit(body: string, checks: (digits: readonly number[]) => boolean): string | undefined {
  const digits = Array.from(body, Number);
  const last = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].find((digit) => checks([...digits, digit]));
  return last === undefined ? undefined : `${body}${last}`;
}

export function dot(digits: readonly number[], weights: readonly number[]): number {
  return weights.reduce((sum, weight, index) => sum + weight * (digits[index] ?? 0), 0);
}

/** Verhoeff's tables as he published them. */
const D = [
  '0123456789',
  '1234067895',
  '2340178956',
  '3401289567',
  '4012395678',
  '5987604321',
  '6598710432',
  '7659821043',
  '8765932104',
  '9876543210',
];
const P = [
  '0123456789',
  '1576283094',
  '5803796142',
  '8916043527',
  '9453126870',
  '4286573901',
  '2793806415',
  '7046913258',
];

export function isVerhoeff(digits: readonly number[]): boolean {
  let check = 0;
  for (const [index, digit] of digits.toReversed().entries()) check = Number(D[check]?.[Number(P[index % 8]?.[digit])]);
  return check === 0;
}

/** ISO 7064 MOD 11,10 as the standard's recursion over the whole string: it ends at 1. */
export function isMod1110(digits: readonly number[]): boolean {
  let rest = 10;
  for (const digit of digits.slice(0, -1)) {
    const sum = (rest + digit) % 10;
    rest = ((sum === 0 ? 10 : sum) * 2) % 11;
  }
  return (rest + (digits.at(-1) ?? 0)) % 10 === 1;
}
