/** What values look like that no detector is for: it supports what a column's name says, and says nothing by itself. */
export type ValueForm =
  | 'phone-like'
  | 'nine-digits'
  | 'digits'
  | 'date'
  | 'number'
  | 'words'
  | 'password-hash'
  | 'random'
  | 'with-digits'
  | 'bracketed'
  | 'short-code';

type Test = (value: string) => boolean;

const DATE = /^(?:19|20)\d\d-[01]\d-[0-3]\d(?:[ T].*)?$|^[0-3]?\d[./][0-3]?\d[./](?:19|20)\d\d$/;
const PASSWORD_HASH =
  /^(?:\$(?:2[abxy]|argon2(?:id|i|d)|scrypt|pbkdf2[a-z0-9-]*|[156y])\$|\{S?SHA\d*\}|SCRAM-SHA-256\$|pbkdf2_sha\d+\$|bcrypt_sha256\$)/;

/** Each is linear in a value's length. */
export const VALUE_FORMS: ReadonlyMap<ValueForm, Test> = new Map<ValueForm, Test>([
  ['phone-like', (value) => value.length <= 24 && /^\+?[\d ()./-]+$/.test(value) && digitsOf(value, 6, 15)],
  ['nine-digits', (value) => /^\d{9}$/.test(value)],
  ['digits', (value) => value.length <= 40 && /^[\d .-]+$/.test(value) && digitsOf(value, 5, 34)],
  ['date', (value) => value.length <= 40 && DATE.test(value)],
  ['number', (value) => value.length <= 40 && /^-?[\d.,]+(?:\s?\p{Sc})?$/u.test(value)],
  ['words', (value) => value.length <= 200 && /^\p{L}[\p{L}\p{M}'’. -]*$/u.test(value)],
  ['password-hash', (value) => PASSWORD_HASH.test(value)],
  ['random', (value) => /^[\w+/=.~-]{16,}$/.test(value) && /\d/.test(value) && /[a-z]/i.test(value)],
  ['bracketed', (value) => /^<[^<>\s]+@[^<>\s]+>$/.test(value)],
  ['with-digits', (value) => value.length <= 40 && /\d/.test(value)],
  ['short-code', (value) => value.length <= 12],
]);

function digitsOf(value: string, least: number, most: number): boolean {
  let digits = 0;
  for (let at = 0; at < value.length; at++) {
    const code = value.charCodeAt(at);
    if (code >= 48 && code <= 57) digits++;
  }
  return digits >= least && digits <= most;
}
