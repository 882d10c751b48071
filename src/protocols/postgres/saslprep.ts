/**
 * Prepares a password for SCRAM (RFC 4013). As in PostgreSQL, a password that may not be prepared is used as it is.
 * One liberty: code points that Unicode assigned after version 3.2 are taken as assigned.
 */
export function saslPrep(password: string): string {
  if (/^[\x20-\x7e]*$/.test(password)) return password;
  const mapped = password.replace(NON_ASCII_SPACE, ' ').replace(MAPPED_TO_NOTHING, '');
  // Like PostgreSQL, and unlike the RFC, the checks look at the text before its normalisation.
  const allowed = mapped !== '' && !PROHIBITED.test(mapped) && bidirectionalTextIsAllowed(mapped);
  return allowed ? mapped.normalize('NFKC') : password;
}

/** RFC 3454, section 6: text that runs from right to left does so throughout, and at both ends. */
function bidirectionalTextIsAllowed(text: string): boolean {
  if (!RIGHT_TO_LEFT.test(text)) return true;
  const points = Array.from(text);
  const hasLeftToRight = points.some((point) => /\p{L}/u.test(point) && !RIGHT_TO_LEFT.test(point));
  return !hasLeftToRight && RIGHT_TO_LEFT.test(points[0] ?? '') && RIGHT_TO_LEFT.test(points.at(-1) ?? '');
}

/** RFC 3454, table C.1.2. */
const NON_ASCII_SPACE = /[\u00a0\u1680\u2000-\u200b\u202f\u205f\u3000]/gu;

/** RFC 3454, table B.1; U+200B stands in both tables, and is a space there first. */
const MAPPED_TO_NOTHING = /\u00ad|\u034f|\u1806|[\u180b-\u180d]|\u200c|\u200d|\u2060|[\ufe00-\ufe0f]|\ufeff/gu;

/** RFC 3454, tables C.1.2 and C.2.1 to C.9. */
const PROHIBITED = new RegExp(
  [
    '[\\u00a0\\u1680\\u2000-\\u200b\\u202f\\u205f\\u3000]',
    '[\\u0000-\\u001f\\u007f-\\u009f]|\\u06dd|\\u070f|\\u180e|\\u200c|\\u200d|\\u2028|\\u2029',
    '[\\u2060-\\u2063\\u206a-\\u206f\\ufeff\\ufff9-\\uffff]|[\\u{1d173}-\\u{1d17a}]',
    '[\\ue000-\\uf8ff\\u{f0000}-\\u{10ffff}]|\\p{Noncharacter_Code_Point}|\\p{Surrogate}',
    '[\\u2ff0-\\u2ffb]|\\u0340|\\u0341|\\u200e|\\u200f|[\\u202a-\\u202e]|[\\u{e0000}-\\u{e007f}]',
  ].join('|'),
  'u',
);

/** RFC 3454, table D.1. */
const RIGHT_TO_LEFT = new RegExp(
  [
    '[\\u05be\\u05c0\\u05c3\\u05d0-\\u05ea\\u05f0-\\u05f4\\u061b\\u061f\\u0621-\\u063a\\u0640-\\u064a\\u066d-\\u066f]',
    '[\\u0671-\\u06d5\\u06dd\\u06e5\\u06e6\\u06fa-\\u06fe\\u0700-\\u070d\\u0710\\u0712-\\u072c\\u0780-\\u07a5\\u07b1]',
    '[\\u200f\\ufb1d\\ufb1f-\\ufb28\\ufb2a-\\ufb36\\ufb38-\\ufb3c\\ufb3e\\ufb40\\ufb41\\ufb43\\ufb44\\ufb46-\\ufbb1]',
    '[\\ufbd3-\\ufd3d\\ufd50-\\ufd8f\\ufd92-\\ufdc7\\ufdf0-\\ufdfc\\ufe70-\\ufe74\\ufe76-\\ufefc]',
  ].join('|'),
  'u',
);
