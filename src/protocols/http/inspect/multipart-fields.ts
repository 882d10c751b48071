import { hash } from 'node:crypto';
import type { JsonValue } from '../../../model/http.ts';
import { MAX_VALUES } from './strict-json.ts';

type Outcome = { readonly value: JsonValue } | { readonly why: string };

const LINE = '\r\n';
/** Of the fields of one part. */
const MOST_HEAD_BYTES = 8 * 1024;

/**
 * The fields of a form with files (RFC 7578), by name: texts as they are, of a file its `filename`, `type`, `size` in bytes and
 * `sha256` in hex; one that is sent more than once is a list. Otherwise why they cannot be told: readers of these bodies
 * mend what is not written as the RFC has it in many ways, so nothing else is read.
 */
export function multipartFields(bytes: Buffer, contentType: string): Outcome {
  const [, , boundary] = BOUNDARY.exec(contentType) ?? [];
  if (boundary === undefined) return { why: 'its boundary can be read in two ways' };
  const parts = partsOf(bytes, boundary);
  if ('why' in parts) return parts;
  const found = new Map<string, JsonValue[]>();
  for (const part of parts.all) {
    const field = fieldOf(part);
    if ('why' in field) return field;
    const known = found.get(field.name);
    if (known === undefined) found.set(field.name, [field.value]);
    else known.push(field.value);
  }
  const fields = [...found].map(([name, values]): [string, JsonValue] => {
    return [name, values.length === 1 ? (values[0] ?? null) : values];
  });
  return { value: Object.fromEntries(fields) };
}

/** One parameter, of characters that need no quotes, in quotes or not. */
const BOUNDARY = /^multipart\/form-data[ \t]*;[ \t]*boundary=("?)([0-9A-Za-z'_.+-]{1,70})\1$/i;

/** What stands between delimiters. Each occurrence of the boundary must be one, and nothing may be outside of them. */
function partsOf(bytes: Buffer, boundary: string): { readonly all: readonly Buffer[] } | { readonly why: string } {
  const mark = Buffer.from(`--${boundary}`);
  const all: Buffer[] = [];
  if (bytes.indexOf(mark) !== 0) return { why: OUTSIDE };
  for (let at = 0; ; ) {
    const behind = at + mark.length;
    const next = bytes.toString('latin1', behind, behind + 2);
    if (next === '--') {
      const rest = bytes.toString('latin1', behind + 2, behind + 6);
      return rest === '' || rest === LINE ? { all } : { why: OUTSIDE };
    }
    const end = bytes.indexOf(mark, behind);
    if (next !== LINE || end < 0) return { why: 'a delimiter in it can be read in two ways' };
    if (bytes.toString('latin1', end - 2, end) !== LINE || end - 2 < behind + 2) {
      return { why: 'a delimiter in it can be read in two ways' };
    }
    if (all.length >= MAX_VALUES) return { why: `it has more than ${MAX_VALUES} fields` };
    all.push(bytes.subarray(behind + 2, end - 2));
    at = end;
  }
}

const OUTSIDE = 'there is something before or behind its parts';

function fieldOf(part: Buffer): { readonly name: string; readonly value: JsonValue } | { readonly why: string } {
  const end = part.indexOf(LINE + LINE);
  if (end < 0 || end > MOST_HEAD_BYTES) return { why: 'a part of it has no fields of its own' };
  const head = headOf(part.toString('latin1', 0, end));
  if (head === undefined) return { why: 'the fields of a part can be read in two ways' };
  const disposition = dispositionOf(head.get('content-disposition') ?? '');
  if (disposition === undefined) return { why: 'the name of a part can be read in two ways' };
  const coding = head.get('content-transfer-encoding')?.toLowerCase() ?? 'binary';
  if (!PLAIN.has(coding) || head.has('content-encoding')) return { why: 'a part of it is encoded' };
  const type = head.get('content-type') ?? '';
  if (/charset/i.test(type) && !/^[^;]+;[ \t]*charset="?(?:utf-8|us-ascii)"?$/i.test(type)) return { why: OTHER_SET };
  const body = part.subarray(end + 4);
  const { name, filename } = disposition;
  // It says of the others what they are in (RFC 7578, 4.6).
  if (name === '_charset_') return { why: OTHER_SET };
  if (filename !== undefined) {
    const file = { filename, type: type.toLowerCase(), size: body.length, sha256: hash('sha256', body, 'hex') };
    return { name, value: file };
  }
  const text = textOf(body);
  return text === undefined ? { why: 'a text in it is not UTF-8' } : { name, value: text };
}

const PLAIN: ReadonlySet<string> = new Set(['7bit', '8bit', 'binary']);
const OTHER_SET = 'its character set is another one than UTF-8';

/** Names in lower case, each once; undefined of what is folded, has no name or a stray line break. */
function headOf(text: string): ReadonlyMap<string, string> | undefined {
  const head = new Map<string, string>();
  for (const line of text.split(LINE)) {
    const [, name, value = ''] = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([^\r\n\0]*)$/.exec(line) ?? [];
    if (name === undefined || head.has(name.toLowerCase())) return undefined;
    head.set(name.toLowerCase(), value.trimEnd());
  }
  return head;
}

/** RFC 7578, 4.2. What has an escape in it (a backslash, `%22`) is read in different ways, and so is `filename*`. */
function dispositionOf(value: string): { readonly name: string; readonly filename?: string } | undefined {
  const text = textOf(Buffer.from(value, 'latin1'));
  const [, name, filename] = DISPOSITION.exec(text ?? '') ?? [];
  if (name === undefined || /%(?:22|0d|0a)/i.test(`${name}${filename}`)) return undefined;
  return filename === undefined ? { name } : { name, filename };
}

const DISPOSITION = /^form-data;[ \t]*name="([^"\\]+)"(?:;[ \t]*filename="([^"\\]*)")?$/i;

function textOf(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
