import { fieldOf, mediaTypeOf } from '../forwarded-head.ts';
import { listOf } from '../grammar.ts';
import type { Fields, IncomingReply } from '../message.ts';
import { isTranscoded, ReadableBody } from './charset.ts';
import { DecodedStream } from './decoded-stream.ts';
import { parameterOf } from './parameters.ts';
import { shapeOf } from './shape.ts';
import { unmaskable } from './unmaskable.ts';

/** Fields that are true of the bytes as the server sent them alone. */
const OF_THE_BYTES: ReadonlySet<string> = new Set([
  'content-encoding',
  'content-md5',
  'digest',
  'content-digest',
  'repr-digest',
  'x-amz-checksum-crc32',
  'x-amz-checksum-crc32c',
  'x-amz-checksum-crc64nvme',
  'x-amz-checksum-sha1',
  'x-amz-checksum-sha256',
  'x-goog-hash',
  'accept-ranges',
  'content-length',
]);

/** A reply without its content codings, and without the fields that are of the bytes as they came. Throws `Refused`. */
export function decodedReply(reply: IncomingReply): IncomingReply {
  const codings = codingsOf(reply.head.fields);
  // A part of what is compressed cannot be read by itself.
  if (codings.length === 0 || reply.head.status === 206) return reply;
  const { body } = reply;
  const head = bareHead(reply);
  return body.length === 'none' ? { ...reply, head } : { ...reply, head, body: new DecodedStream(body, codings) };
}

/**
 * A reply that masks can be put on: whole, decoded, in a character set in which they see what is there, and with no field
 * that says of the bytes what will not be true of those that the client gets. Throws `Refused` of code `mask-impossible`.
 */
export function readableReply(reply: IncomingReply): IncomingReply {
  const { body } = reply;
  if (body.length === 'none') return { ...reply, head: bareHead(reply) };
  if (reply.head.status === 206) throw unmaskable('a part of it alone was asked for');
  const decoded = decodedReply(reply);
  const contentType = fieldOf(reply.head.fields, 'content-type') ?? '';
  const types = reply.head.fields.filter(([name]) => name === 'content-type').length;
  if (types > 1) throw unmaskable('its type is said twice');
  // The lengths before messages of gRPC look like characters of two bytes, and are none.
  if (mediaTypeOf(contentType).startsWith('application/grpc')) return { ...decoded, head: bareHead(decoded) };
  const charset = parameterOf(contentType, 'charset');
  const isText = shapeOf(mediaTypeOf(contentType)) !== 'binary';
  const head = bareHead(decoded);
  const fields = isTranscoded(charset) ? inUtf8(head.fields) : head.fields;
  return { ...decoded, head: { ...head, fields }, body: new ReadableBody(decoded.body, charset, isText) };
}

/** The content codings in the order in which they were put on. */
export function codingsOf(fields: Fields): readonly string[] {
  const said = fields.filter(([name]) => name === 'content-encoding').map(([, value]) => value);
  return listOf(said.join()).filter((coding) => coding !== 'identity');
}

function bareHead({ head }: IncomingReply): IncomingReply['head'] {
  return { ...head, fields: head.fields.filter(([name]) => !OF_THE_BYTES.has(name)) };
}

function inUtf8(fields: Fields): Fields {
  return fields.map(([name, value]) => {
    return name === 'content-type' ? [name, `${mediaTypeOf(value)}; charset=utf-8`] : [name, value];
  });
}
