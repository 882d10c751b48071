/**
 * git's pkt-lines (gitprotocol-common, "pkt-line Format"): what either side says of refs and objects, over SSH as over
 * HTTP. Pure: no I/O.
 */
export type Pkt =
  | { readonly kind: 'data'; readonly payload: Buffer }
  /** `0000` ends a list, `0001` parts it, `0002` ends a response (gitprotocol-v2, "Packet-Line Framing"). */
  | { readonly kind: 'flush' | 'delimiter' | 'response-end' };

/** What is no pkt-line. */
export class MalformedPkt extends Error {
  constructor(what: string) {
    super(what);
    this.name = 'MalformedPkt';
  }
}

const LENGTH_BYTES = 4;
/** The longest that git makes or takes, its length among them (`LARGE_PACKET_MAX`). */
export const MOST_PKT_BYTES = 65_520;

/** Takes pkt-lines out of bytes that come cut anywhere; what stands behind them can be had as it is. */
export class PktReader {
  #bytes: Buffer = Buffer.alloc(0);

  push(bytes: Buffer): void {
    this.#bytes = this.#bytes.length === 0 ? bytes : Buffer.concat([this.#bytes, bytes]);
  }

  /** The next pkt-line; undefined while it is not there as a whole. Throws `MalformedPkt`. */
  next(): Pkt | undefined {
    if (this.#bytes.length < LENGTH_BYTES) return undefined;
    const length = lengthOf(this.#bytes);
    if (length < LENGTH_BYTES) {
      this.#bytes = this.#bytes.subarray(LENGTH_BYTES);
      return { kind: SPECIAL[length] ?? malformed(`a length of ${length}`) };
    }
    if (this.#bytes.length < length) return undefined;
    const payload = this.#bytes.subarray(LENGTH_BYTES, length);
    this.#bytes = this.#bytes.subarray(length);
    return { kind: 'data', payload };
  }

  /** What was pushed and not taken as a pkt-line; nothing of it is left here. */
  rest(): Buffer {
    const rest = this.#bytes;
    this.#bytes = Buffer.alloc(0);
    return rest;
  }
}

/** A pkt-line of this payload. */
export function pktLine(payload: Uint8Array | string): Buffer {
  const bytes = Buffer.from(payload as string);
  if (bytes.length + LENGTH_BYTES > MOST_PKT_BYTES) throw new MalformedPkt('too much for one pkt-line');
  return Buffer.concat([Buffer.from((bytes.length + LENGTH_BYTES).toString(16).padStart(LENGTH_BYTES, '0')), bytes]);
}

export const FLUSH: Buffer = Buffer.from('0000');

/** Pkt-lines of one band of a multiplexed stream (gitprotocol-pack, "Packfile Data"): 1 is data, 2 is told to people. */
export function sideBand(band: 1 | 2 | 3, bytes: Buffer): Buffer {
  const lines: Buffer[] = [];
  const most = MOST_PKT_BYTES - LENGTH_BYTES - 1;
  for (let at = 0; at < bytes.length; at += most) {
    lines.push(pktLine(Buffer.concat([Buffer.from([band]), bytes.subarray(at, at + most)])));
  }
  return Buffer.concat(lines);
}

const SPECIAL: readonly (Exclude<Pkt['kind'], 'data'> | undefined)[] = ['flush', 'delimiter', 'response-end'];

function lengthOf(bytes: Buffer): number {
  const text = bytes.toString('latin1', 0, LENGTH_BYTES);
  if (!/^[\da-f]{4}$/i.test(text)) return malformed('a length that is no number');
  const length = Number.parseInt(text, 16);
  if (length > MOST_PKT_BYTES) return malformed(`a pkt-line of ${length} bytes`);
  return length;
}

function malformed(what: string): never {
  throw new MalformedPkt(what);
}
