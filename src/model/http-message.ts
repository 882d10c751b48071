/** A recorded HTTP message (`message/http`, RFC 9112, 10.1) taken apart. */
export interface HttpMessage {
  /** The request line or the status line; absent where the bytes begin with none (cut off, frames), and all is body. */
  readonly start?: string;
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
  /** What stands behind the body of a request that was read whole; absent where nothing does. */
  readonly trailers?: HttpMessage['fields'];
}

const START = /^(?:HTTP\/[\d.]+ \d{3}(?: .*)?|\S+ \S+ HTTP\/[\d.]+)$/;

/** Never throws, whatever the bytes are; heads are read as latin1. */
export function readHttpMessage(bytes: Uint8Array): HttpMessage {
  const wire = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const end = wire.indexOf('\r\n\r\n');
  const [start = '', ...lines] = wire.toString('latin1', 0, Math.max(end, 0)).split('\r\n');
  if (!START.test(start)) return { fields: [], body: wire };
  const fields = lines.map(fieldOf);
  const body = wire.subarray(end + 4);
  const length = start.startsWith('HTTP/') ? body.length : statedLength(fields);
  if (length >= body.length) return { start, fields, body };
  const behind = body.toString('latin1', length).split('\r\n');
  const trailers = behind.filter((line) => line !== '').map(fieldOf);
  return { start, fields, body: body.subarray(0, length), trailers };
}

function fieldOf(line: string): readonly [string, string] {
  const colon = line.indexOf(':');
  return [line.slice(0, colon), line.slice(colon + 1).trim()];
}

/** The gateway writes it where it read all of a request's body; without it everything is body. */
function statedLength(fields: HttpMessage['fields']): number {
  const said = fields.findLast(([name]) => name.toLowerCase() === 'content-length')?.[1];
  return said !== undefined && /^\d{1,15}$/.test(said) ? Number(said) : Number.POSITIVE_INFINITY;
}
