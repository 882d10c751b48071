import type { FieldMasker, ResultColumn } from '../../../model/reply.ts';
import type { Fields } from '../message.ts';
import { FrameReader, frameBytes, OPCODE } from '../websocket-frames.ts';

/** The fields as the masker wants them; undefined where nothing changed. */
export function rewriteFields(fields: Fields, masker: FieldMasker): Fields | undefined {
  let changed = false;
  const rewritten = fields.map(([name, value]) => {
    if (STRUCTURE.has(name)) return [name, value] as const;
    const bytes = Buffer.from(value, 'latin1');
    const masked = masker.text(bytes, 0, bytes.length);
    if (masked === undefined) return [name, value] as const;
    changed = true;
    return [name, Buffer.from(masked).toString('latin1')] as const;
  });
  return changed ? rewritten : undefined;
}

/** A piece of a body that holds whole messages of its type; undefined where nothing changed. */
export function rewriteBody(body: Buffer, mediaType: string, masker: FieldMasker): Buffer | undefined {
  switch (shapeOf(mediaType)) {
    case 'json': {
      masker.columns([JSON_BODY]);
      const masked = masker.field(0, body, 0, body.length);
      return masked === undefined ? undefined : Buffer.from(masked ?? 'null');
    }
    case 'text': {
      const masked = masker.text(body, 0, body.length);
      return masked === undefined ? undefined : Buffer.from(masked);
    }
    case 'frames':
      return rewriteFrames(body, masker);
    case 'binary':
      return undefined;
    default:
      return shapeOf(mediaType) as never;
  }
}

/** Messages of a WebSocket: those that are text, which may be JSON. */
function rewriteFrames(body: Buffer, masker: FieldMasker): Buffer | undefined {
  let changed = false;
  const frames = new FrameReader({ masked: false }).push(body).map((frame) => {
    if (frame.opcode !== OPCODE.text) return frame;
    const isJson = /^\s*[[{]/.test(frame.payload.toString('latin1', 0, 64));
    const payload = rewriteBody(frame.payload, isJson ? 'application/json' : 'text/plain', masker);
    changed ||= payload !== undefined;
    return payload === undefined ? frame : { ...frame, payload };
  });
  return changed ? Buffer.concat(frames.map((frame) => frameBytes(frame))) : undefined;
}

/** What stands for the media type of what a WebSocket carries. */
export const FRAMES = 'websocket frames';

/** How a body is masked: as one JSON text, as lines of text, or not at all. What does not say what it is, is text. */
export function shapeOf(mediaType: string): 'json' | 'text' | 'frames' | 'binary' {
  if (mediaType === FRAMES) return 'frames';
  if (mediaType === 'application/json' || mediaType.endsWith('+json')) return 'json';
  if (mediaType === '' || mediaType.startsWith('text/') || mediaType.endsWith('+xml')) return 'text';
  return TEXTS.has(mediaType) ? 'text' : 'binary';
}

const TEXTS: ReadonlySet<string> = new Set([
  'application/xml',
  'application/javascript',
  'application/x-www-form-urlencoded',
  'application/x-ndjson',
  'application/jsonl',
  'application/json-seq',
  'application/yaml',
  'application/toml',
  'application/sql',
  'application/graphql',
  'application/x-yaml',
  'application/csv',
  'application/ecmascript',
]);

/** Fields that hold no text of the data. */
const STRUCTURE: ReadonlySet<string> = new Set([
  'content-type',
  'content-encoding',
  'date',
  'last-modified',
  'expires',
  'cache-control',
  'vary',
  'age',
  'accept-ranges',
  'content-range',
  'content-length',
  'retry-after',
  'etag',
  'allow',
  'trailer',
]);

const JSON_BODY: ResultColumn = { name: 'body', sources: [], plain: false, type: 'json', format: 'text' };
