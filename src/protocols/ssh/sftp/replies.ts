import { readAttributes } from './attributes.ts';
import { MOST_HANDLE_BYTES, REPLY, STATUS, VERSION } from './numbers.ts';
import { type Field, FieldReader, MalformedSftp, packetOf } from './packets.ts';
import { EXTENSIONS } from './requests.ts';

/** One reply of a server, its fields as views of the packet (draft, section 7). */
export type SftpReply = { readonly id: number } & (
  | { readonly kind: 'status'; readonly code: number; readonly message: Buffer }
  | { readonly kind: 'handle'; readonly handle: Buffer }
  | { readonly kind: 'data'; readonly data: Buffer }
  | { readonly kind: 'name'; readonly names: readonly FileName[] }
  /** What nobody looks into: sizes and times of a file, an extension's answer. */
  | { readonly kind: 'attrs' | 'extended'; readonly raw: Buffer }
);

export interface FileName {
  readonly name: Buffer;
  /** As `ls -l` would say it. */
  readonly long: Buffer;
  /** The attributes as they came. */
  readonly raw: Buffer;
}

/** Reads a server's packet behind its first. Throws `MalformedSftp`. */
export function readReply(packet: Buffer): SftpReply {
  const reader = new FieldReader(packet);
  const type = reader.byte();
  const id = reader.uint32();
  switch (type) {
    case REPLY.status: {
      const code = reader.uint32();
      // Servers of version 2 send no text, and some of version 3 no language.
      return { id, kind: 'status', code, message: reader.isOver ? NOTHING : reader.string() };
    }
    case REPLY.handle: {
      const handle = reader.string();
      reader.end();
      if (handle.length > MOST_HANDLE_BYTES) throw new MalformedSftp(`a handle of ${handle.length} bytes`);
      return { id, kind: 'handle', handle };
    }
    case REPLY.data: {
      const data = reader.string();
      reader.end();
      return { id, kind: 'data', data };
    }
    case REPLY.name:
      return { id, kind: 'name', names: namesOf(reader, packet) };
    case REPLY.attrs:
      return { id, kind: 'attrs', raw: packet.subarray(HEAD_BYTES) };
    case REPLY.extended:
      return { id, kind: 'extended', raw: packet.subarray(HEAD_BYTES) };
    default:
      throw new MalformedSftp(`a reply of type ${type}`);
  }
}

/** The whole packet that says it, with its length. */
export function replyPacket(reply: SftpReply): Buffer {
  switch (reply.kind) {
    case 'status':
      return packetOf(REPLY.status, [reply.id, reply.code, reply.message, NOTHING]);
    case 'handle':
      return packetOf(REPLY.handle, [reply.id, reply.handle]);
    case 'data':
      return packetOf(REPLY.data, [reply.id, reply.data]);
    case 'name': {
      const fields = reply.names.flatMap(({ name, long, raw }): Field[] => [name, long, { raw }]);
      return packetOf(REPLY.name, [reply.id, reply.names.length, ...fields]);
    }
    case 'attrs':
      return packetOf(REPLY.attrs, [reply.id, { raw: reply.raw }]);
    case 'extended':
      return packetOf(REPLY.extended, [reply.id, { raw: reply.raw }]);
    default:
      return reply satisfies never;
  }
}

/** The packet of a refusal or failure of ours. */
export function statusPacket(id: number, code: number, message: string): Buffer {
  return packetOf(REPLY.status, [id, code, Buffer.from(message), ENGLISH]);
}

/** A server's first packet: its extensions by name, with what it says of each. Throws `MalformedSftp`. */
export function readVersion(packet: Buffer): {
  readonly version: number;
  readonly extensions: ReadonlyMap<string, string>;
} {
  const reader = new FieldReader(packet);
  if (reader.byte() !== REPLY.version) throw new MalformedSftp('something before the version');
  const version = reader.uint32();
  const extensions = new Map<string, string>();
  while (!reader.isOver) extensions.set(reader.string().toString('latin1'), reader.string().toString('latin1'));
  return { version, extensions };
}

/** What a client is told of a server: the extensions that are known, in the version that is meant. */
export function versionPacket(extensions: ReadonlyMap<string, string>): Buffer {
  const known = [...extensions].filter(([name, version]) => EXTENSIONS.get(name)?.version === version);
  return packetOf(REPLY.version, [VERSION, ...known.flatMap(([name, said]) => [Buffer.from(name), Buffer.from(said)])]);
}

/** What went wrong as a status says it; undefined where nothing did, and for the end of a file. */
export function errorOf(reply: SftpReply): string | undefined {
  if (reply.kind !== 'status' || reply.code === STATUS.ok || reply.code === STATUS.eof) return undefined;
  return String(reply.code);
}

const NOTHING = Buffer.alloc(0);
const ENGLISH = Buffer.from('en');
/** Length, type and id. */
const HEAD_BYTES = 9;

function namesOf(reader: FieldReader, packet: Buffer): readonly FileName[] {
  const names: FileName[] = [];
  for (let left = reader.uint32(); left > 0; left--) {
    const [name, long] = [reader.string(), reader.string()];
    const start = reader.at;
    readAttributes(reader);
    names.push({ name, long, raw: packet.subarray(start, reader.at) });
  }
  reader.end();
  return names;
}
