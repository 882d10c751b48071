import type { BodyShape } from '../../../model/reply.ts';

/** How a body is masked; what does not say what it is, is text, and what has no text is `binary`. */
export type Shape = BodyShape | 'events' | 'frames' | 'binary';

/** What stands for the media type of what a WebSocket carries. */
export const FRAMES = 'websocket frames';

/** By its media type: lower case, without parameters. */
export function shapeOf(mediaType: string): Shape {
  if (mediaType === FRAMES) return 'frames';
  if (mediaType === 'text/event-stream') return 'events';
  if (JSONS.has(mediaType) || mediaType.endsWith('+json') || mediaType.endsWith('+json-seq')) return 'json';
  if (mediaType === 'text/csv' || mediaType === 'application/csv' || mediaType === 'text/tab-separated-values')
    return 'csv';
  if (mediaType === 'application/x-www-form-urlencoded') return 'form';
  if (mediaType === '' || mediaType.startsWith('text/') || mediaType.endsWith('+xml')) return 'text';
  // What has no boundary, or is a message by itself.
  if (mediaType.startsWith('multipart/') || mediaType.startsWith('message/')) return 'text';
  return TEXTS.has(mediaType) || mediaType.endsWith('+yaml') ? 'text' : 'binary';
}

const JSONS: ReadonlySet<string> = new Set([
  'application/json',
  'text/json',
  'application/x-ndjson',
  'application/ndjson',
  'application/jsonl',
  'application/x-jsonlines',
  'application/stream+json',
  'application/json-seq',
  'application/csp-report',
]);

const TEXTS: ReadonlySet<string> = new Set([
  'application/xml',
  'application/javascript',
  'application/x-javascript',
  'application/yaml',
  'application/toml',
  'application/sql',
  'application/graphql',
  'application/x-yaml',
  'application/ecmascript',
  'application/http',
  'application/rtf',
  'application/x-sh',
  'application/x-pem-file',
]);
