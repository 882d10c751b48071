import type { HttpBodyFacts } from '../../../model/http.ts';
import { listOf } from '../grammar.ts';
import type { AskedHead, ReadBody } from '../inspector.ts';
import { decodedBody } from './decoded-body.ts';
import { formFields } from './form-fields.ts';
import { multipartFields } from './multipart-fields.ts';
import { strictJson } from './strict-json.ts';

/** What a body has for rules: its fields where its type has some and they can be read in one way only, or why not. */
export async function bodyFacts(
  asked: AskedHead,
  body: ReadBody | undefined,
  maxBytes: number,
): Promise<HttpBodyFacts> {
  const { facts, codings, contentType } = asked;
  if (facts.body.kind === 'none') return facts.body;
  const read = readerOf(facts.mediaType);
  if (read === undefined) return { kind: 'unread' };
  if (body === undefined) return unknown('nobody read it');
  if (!body.complete || body.bytes.length > maxBytes) return unknown('it is too long to be read');
  if ((facts.headers['content-type'] ?? '') !== contentType) return unknown('its type is said twice');
  if (listOf(facts.headers['content-encoding'] ?? '').join() !== codings.join())
    return unknown('its coding is said twice');
  if (!isUtf8(contentType)) return unknown('its character set is another one than UTF-8');
  const isCoded = codings.some((coding) => coding !== 'identity');
  // Services that mind no coding find fields in the compressed bytes themselves: any bytes are a form.
  if (isCoded && (read !== jsonFields || isReadable(body.bytes))) return unknown(CODED);
  const decoded = await decodedBody(body.bytes, codings, maxBytes);
  if ('why' in decoded) return unknown(decoded.why);
  const fields = read(decoded.bytes, contentType);
  return 'why' in fields ? unknown(fields.why) : { kind: 'fields', value: fields.value };
}

const CODED = 'a service that leaves its content coding on reads it otherwise';

function isReadable(bytes: Buffer): boolean {
  const text = textOf(bytes);
  return text !== undefined && 'value' in strictJson(text);
}

/** True where a body of this type has fields, if it can be read. */
export function hasFields(mediaType: string): boolean {
  return readerOf(mediaType) !== undefined;
}

type Reader = (bytes: Buffer, contentType: string) => ReturnType<typeof strictJson>;

const jsonFields: Reader = (bytes) => ofText(bytes, strictJson);
const urlencodedFields: Reader = (bytes) => ofText(bytes, formFields);

function ofText(bytes: Buffer, read: typeof strictJson): ReturnType<typeof strictJson> {
  const text = textOf(bytes);
  return text === undefined ? { why: 'it is not UTF-8' } : read(text);
}

function readerOf(mediaType: string): Reader | undefined {
  if (mediaType === 'application/json' || mediaType === 'text/json') return jsonFields;
  if (mediaType === 'multipart/form-data') return multipartFields;
  // AWS's own, which is JSON.
  if (/^application\/x-amz-json-1\.[01]$/.test(mediaType)) return jsonFields;
  // RFC 6839, 3.1
  if (/^[a-z]+\/[^\s,;+]+(?:\+[^\s,;+]+)*\+json$/.test(mediaType)) return jsonFields;
  return mediaType === 'application/x-www-form-urlencoded' ? urlencodedFields : undefined;
}

/** A parameter that is not understood says nothing; one that names another set does. */
function isUtf8(contentType: string): boolean {
  const named = [...contentType.toLowerCase().matchAll(/charset[*0-9]*\s*=\s*"?([^\s";,]*)/g)].map(([, name]) => name);
  return named.every((name) => name === 'utf-8' || name === 'utf8' || name === 'us-ascii');
}

/** A mark at the beginning (RFC 8259, 8.1) is left in, and is no JSON. */
function textOf(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function unknown(why: string): HttpBodyFacts {
  return { kind: 'unknown', why };
}
