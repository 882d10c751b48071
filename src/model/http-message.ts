/** A recorded HTTP message (`message/http`, RFC 9112, 10.1) taken apart. */
export interface HttpMessage {
  /** The request line or the status line; absent where the bytes begin with none (cut off, frames), and all is body. */
  readonly start?: string;
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
}

const START = /^(?:HTTP\/[\d.]+ \d{3}(?: .*)?|\S+ \S+ HTTP\/[\d.]+)$/;

/** Never throws, whatever the bytes are; heads are read as latin1. */
export function readHttpMessage(bytes: Uint8Array): HttpMessage {
  const wire = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const end = wire.indexOf('\r\n\r\n');
  const [start = '', ...lines] = wire.toString('latin1', 0, Math.max(end, 0)).split('\r\n');
  if (!START.test(start)) return { fields: [], body: wire };
  const fields = lines.map((line): readonly [string, string] => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon), line.slice(colon + 1).trim()];
  });
  return { start, fields, body: wire.subarray(end + 4) };
}

/**
 * `GET /customers?limit=3` of a recorded text that is a request of HTTP, by its first line and the kinds that the gateway
 * found in it; undefined of anything else.
 */
export function askedLine(text: string, kinds: readonly string[]): string | undefined {
  const line = /^([^\s]+) [^\s]+(?= HTTP\/1\.\d\r\n)/.exec(text);
  return line !== null && kinds.includes((line[1] ?? '').toLowerCase()) ? line[0] : undefined;
}
