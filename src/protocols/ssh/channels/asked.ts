import { PacketReader } from '../transport/packets.ts';

/** What a client asked of a session channel (RFC 4254, sections 6.2 to 6.5), before anything was decided. */
export interface Asked {
  readonly kind: 'exec' | 'shell' | 'subsystem';
  /** The command line, or the subsystem's name, as it was sent; nothing for a shell. */
  readonly command: Buffer;
  readonly terminal?: Terminal;
  /** Those that the target allows, in their order. */
  readonly environment: readonly Variable[];
}

export interface Variable {
  readonly name: string;
  readonly value: string;
}

export interface Terminal {
  /** `xterm-256color`. */
  readonly term: string;
  readonly size: WindowSize;
  /** All of the request, to be sent again. */
  readonly data: Buffer;
}

/** In characters. */
export interface WindowSize {
  readonly columns: number;
  readonly rows: number;
}

/** Throws `MalformedSsh`. */
export function readTerminal(data: Buffer): Terminal {
  const reader = new PacketReader(data, 0);
  const term = reader.text();
  const size = { columns: reader.u32(), rows: reader.u32() };
  reader.u32();
  reader.u32();
  // The modes are the host's to read.
  reader.string();
  reader.end();
  return { term, size, data };
}

/** Of a `window-change`. Throws `MalformedSsh`. */
export function readWindowSize(data: Buffer): WindowSize {
  const reader = new PacketReader(data, 0);
  return { columns: reader.u32(), rows: reader.u32() };
}

/** Throws `MalformedSsh`. */
export function readVariable(data: Buffer): Variable {
  const reader = new PacketReader(data, 0);
  return { name: reader.text(), value: reader.text() };
}
