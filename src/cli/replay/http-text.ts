import { isUtf8 } from 'node:buffer';
import { brotliDecompressSync, gunzipSync, inflateSync, zstdDecompressSync } from 'node:zlib';
import { type HttpMessage, readHttpMessage } from '../../model/http-message.ts';
import { kubectlLine } from '../../model/kubectl-line.ts';
import type { Output } from '../output.ts';
import { printable, printableLines } from '../printable.ts';

type Paint = Output['paint'];

/** Shown of a body; all of it is in the recording. */
const MOST_CHARACTERS = 20_000;
const MOST_BYTES = 4 * 1024 * 1024;

interface HttpTextOptions {
  readonly paint: Paint;
  /** Shows the fields as well, and not only how many there are. */
  readonly details: boolean;
  /** Of a reply: how long after its request it came, in milliseconds. */
  readonly tookMs?: number | undefined;
  /** Of a request to a cluster, which is said as kubectl would. */
  readonly ofCluster?: boolean;
}

/** A recorded request of HTTP for a terminal: its line, and what stands below it. Nothing in it can steer a terminal. */
export function httpRequestText(
  bytes: Uint8Array,
  options: HttpTextOptions,
): { readonly line: string; readonly below: string } {
  const message = readHttpMessage(bytes);
  if (message.start === undefined) return { line: bodyText(message, options.paint).trimEnd(), below: '' };
  const line = printable(message.start.replace(/ HTTP\/1\.\d$/, ''));
  const behind = fieldsText({ fields: message.trailers ?? [] }, options);
  const below = `${fieldsText(message, options)}${bodyText(message, options.paint)}${behind}`;
  const said = options.ofCluster === true ? saidOf(message) : undefined;
  if (said === undefined) return { line, below };
  return { line: printable(`kubectl ${said}`), below: `${options.paint('dim', `  ${line}`)}\n${below}` };
}

function saidOf({ start = '', fields }: HttpMessage): string | undefined {
  const [method = '', target = ''] = start.split(' ');
  const type = fields.find(([name]) => name.toLowerCase() === 'content-type')?.[1];
  return kubectlLine(method, target, type);
}

/** A recorded reply of HTTP for a terminal. */
export function httpReplyText(bytes: Uint8Array, options: HttpTextOptions): string {
  const message = readHttpMessage(bytes);
  const { start, body } = message;
  if (start === undefined) return bodyText(message, options.paint);
  const { paint, tookMs } = options;
  const [, status = '', ...reason] = start.split(' ');
  const style = /^[45]/.test(status) ? 'red' : 'green';
  const took = tookMs === undefined ? [] : [`${tookMs < 10 ? tookMs.toFixed(1) : Math.round(tookMs)} ms`];
  const about = [...took, body.length === 0 ? 'no body' : `${body.length.toLocaleString('en')} bytes`].join(' · ');
  const head = `${paint(style, printable([status, ...reason].join(' ').trim()))} ${paint('dim', `· ${about}`)}\n`;
  return `${head}${fieldsText(message, options)}${bodyText(message, paint)}`;
}

function fieldsText({ fields }: Pick<HttpMessage, 'fields'>, { paint, details }: HttpTextOptions): string {
  if (!details) {
    const names = [...new Set(fields.map(([name]) => name))].join(', ');
    return fields.length === 0 ? '' : `${paint('dim', printable(`  fields: ${names}`))}\n`;
  }
  return fields.map(([name, value]) => `${paint('dim', printable(`  ${name}: ${value}`))}\n`).join('');
}

function bodyText(message: HttpMessage, paint: Paint): string {
  if (message.body.length === 0) return '';
  const body = withoutCodings(message);
  if (body === undefined)
    return `${paint('dim', `  (${message.body.length} bytes, ${printable(valueOf(message, 'content-encoding'))})`)}\n`;
  if (!isUtf8(body)) return `${paint('dim', `  (${body.length} bytes that are no text)`)}\n`;
  const text = laidOut(body.toString('utf8'), valueOf(message, 'content-type'));
  const shown = text.slice(0, MOST_CHARACTERS);
  const more = text.length - shown.length;
  const rest =
    more === 0 ? '' : `${paint('dim', `  (… ${more.toLocaleString('en')} characters more that are not shown)`)}\n`;
  return `${printableLines(shown)
    .trimEnd()
    .split('\n')
    .map((line) => `  ${line}\n`)
    .join('')}${rest}`;
}

/** JSON for reading, where nothing of it is changed by that; everything else as it is. */
function laidOut(text: string, type: string): string {
  // Numbers that JavaScript cannot hold would be others.
  if (!/[/+]json\b/i.test(type) || /\d{16}/.test(text)) return text;
  try {
    return JSON.stringify(JSON.parse(text), undefined, 2);
  } catch {
    // Cut off, or no JSON: shown as it is.
    return text;
  }
}

const DECODERS: Readonly<Record<string, (bytes: Buffer, options: { maxOutputLength: number }) => Buffer>> = {
  gzip: gunzipSync,
  'x-gzip': gunzipSync,
  deflate: inflateSync,
  br: brotliDecompressSync,
  zstd: zstdDecompressSync,
};

/** Undefined where a coding is not known, or what is inside cannot be read within the bound. */
function withoutCodings(message: HttpMessage): Buffer | undefined {
  const codings = valueOf(message, 'content-encoding')
    .split(',')
    .map((coding) => coding.trim().toLowerCase())
    .filter((coding) => coding !== '' && coding !== 'identity');
  let body = message.body;
  for (const coding of codings.toReversed()) {
    const decode = DECODERS[coding];
    if (decode === undefined) return undefined;
    try {
      body = decode(body, { maxOutputLength: MOST_BYTES });
    } catch {
      // Cut off, too long, or not what it says: how many bytes it is, is said instead.
      return undefined;
    }
  }
  return body;
}

function valueOf({ fields }: HttpMessage, name: string): string {
  return fields
    .filter(([one]) => one.toLowerCase() === name)
    .map(([, value]) => value)
    .join(', ');
}
