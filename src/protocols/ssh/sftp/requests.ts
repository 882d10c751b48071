import { type Attributes, attributeFields, readAttributes } from './attributes.ts';
import { MOST_HANDLE_BYTES, REQUEST } from './numbers.ts';
import { type Field, FieldReader, MalformedSftp, packetOf } from './packets.ts';

/** One request of a client, its fields as they came; paths and handles are views of the packet. */
export type SftpRequest = { readonly id: number } & (
  | { readonly kind: 'open'; readonly path: Buffer; readonly flags: number; readonly attributes: Attributes }
  | { readonly kind: 'read'; readonly handle: Buffer; readonly offset: bigint; readonly length: number }
  | { readonly kind: 'write'; readonly handle: Buffer; readonly offset: bigint; readonly data: Buffer }
  | { readonly kind: 'close' | 'readdir' | 'fstat' | 'fsync' | 'fstatvfs'; readonly handle: Buffer }
  | { readonly kind: 'fsetstat'; readonly handle: Buffer; readonly attributes: Attributes }
  | { readonly kind: PathKind; readonly path: Buffer }
  | { readonly kind: 'setstat' | 'lsetstat' | 'mkdir'; readonly path: Buffer; readonly attributes: Attributes }
  /** `from` is what is there; a symbolic link's is what it points to, any text. */
  | { readonly kind: 'rename' | 'posix-rename' | 'hardlink' | 'symlink'; readonly from: Buffer; readonly to: Buffer }
  | ({ readonly kind: 'copy-data' } & CopyData)
  | { readonly kind: 'home-directory'; readonly user: Buffer }
  | { readonly kind: 'limits'; readonly raw: Buffer }
  | { readonly kind: 'users-groups-by-id'; readonly raw: Buffer }
  /** An extension that nobody knows, by its name; or a type of packet. */
  | { readonly kind: 'unknown'; readonly name: string }
);

/** Those that name a path and nothing else. */
export type PathKind =
  | 'lstat'
  | 'stat'
  | 'opendir'
  | 'remove'
  | 'rmdir'
  | 'realpath'
  | 'readlink'
  | 'statvfs'
  | 'expand-path';

export interface CopyData {
  readonly handle: Buffer;
  readonly offset: bigint;
  /** 0 goes to the end of the file. */
  readonly length: bigint;
  readonly into: Buffer;
  readonly intoOffset: bigint;
}

/**
 * Reads a client's packet behind its first (draft, section 6; OpenSSH's PROTOCOL, 4). What stands behind the data of a write is
 * no part of it: rclone sends all of its buffer, however little of it is meant. Throws `MalformedSftp`.
 */
export function readRequest(packet: Buffer): SftpRequest {
  const reader = new FieldReader(packet);
  const type = reader.byte();
  const id = reader.uint32();
  const request = type === REQUEST.extended ? readExtended(reader, id) : readPlain(reader, id, type);
  if (request.kind !== 'unknown' && request.kind !== 'write') reader.end();
  return request;
}

/** A packet of this request with nothing behind what was read of it. */
export function exactly(packet: Buffer, request: SftpRequest): Buffer {
  if (request.kind !== 'write') return packet;
  const end = WRITE_BYTES + request.handle.length + request.data.length;
  if (packet.length === end) return packet;
  packet.writeUInt32BE(end - 4, 0);
  return packet.subarray(0, end);
}

/** The whole packet that asks for it, with its length. */
export function requestPacket(request: SftpRequest): Buffer {
  const { id, kind } = request;
  if (kind === 'unknown') throw new Error('what is not known is not sent');
  const extension = EXTENSION_OF.get(kind);
  const fields = fieldsOf(request);
  if (extension !== undefined) return packetOf(REQUEST.extended, [id, Buffer.from(extension), ...fields]);
  return packetOf(REQUEST[kind as keyof typeof REQUEST], [id, ...fields]);
}

function readPlain(reader: FieldReader, id: number, type: number): SftpRequest {
  switch (type) {
    case REQUEST.open: {
      const [path, flags] = [reader.string(), reader.uint32()];
      return { id, kind: 'open', path, flags, attributes: readAttributes(reader) };
    }
    case REQUEST.read:
      return { id, kind: 'read', handle: handle(reader), offset: reader.uint64(), length: reader.uint32() };
    case REQUEST.write:
      return { id, kind: 'write', handle: handle(reader), offset: reader.uint64(), data: reader.string() };
    case REQUEST.fsetstat:
      return { id, kind: 'fsetstat', handle: handle(reader), attributes: readAttributes(reader) };
    case REQUEST.setstat:
      return { id, kind: 'setstat', path: reader.string(), attributes: readAttributes(reader) };
    case REQUEST.mkdir:
      return { id, kind: 'mkdir', path: reader.string(), attributes: readAttributes(reader) };
    case REQUEST.rename:
      return { id, kind: 'rename', from: reader.string(), to: reader.string() };
    case REQUEST.symlink:
      // OpenSSH has the two the other way round than the draft (its PROTOCOL, 4.1), and most clients follow it.
      return { id, kind: 'symlink', from: reader.string(), to: reader.string() };
    default: {
      const ofHandle = OF_HANDLE.get(type);
      if (ofHandle !== undefined) return { id, kind: ofHandle, handle: handle(reader) };
      const ofPath = OF_PATH.get(type);
      return ofPath === undefined
        ? { id, kind: 'unknown', name: `type ${type}` }
        : { id, kind: ofPath, path: reader.string() };
    }
  }
}

function readExtended(reader: FieldReader, id: number): SftpRequest {
  const name = reader.string().toString('latin1');
  const kind = EXTENSIONS.get(name)?.kind;
  switch (kind) {
    case 'statvfs':
    case 'expand-path':
      return { id, kind, path: reader.string() };
    case 'fsync':
    case 'fstatvfs':
      return { id, kind, handle: handle(reader) };
    case 'lsetstat':
      return { id, kind, path: reader.string(), attributes: readAttributes(reader) };
    case 'posix-rename':
    case 'hardlink':
      return { id, kind, from: reader.string(), to: reader.string() };
    case 'copy-data': {
      const [from, offset, length] = [handle(reader), reader.uint64(), reader.uint64()];
      return { id, kind, handle: from, offset, length, into: handle(reader), intoOffset: reader.uint64() };
    }
    case 'home-directory':
      return { id, kind, user: reader.string() };
    case 'limits':
      return { id, kind, raw: NOTHING };
    case 'users-groups-by-id':
      return { id, kind, raw: Buffer.concat([lengthAnd(reader.string()), lengthAnd(reader.string())]) };
    case undefined:
      return { id, kind: 'unknown', name };
    default:
      return kind satisfies never;
  }
}

function fieldsOf(request: Exclude<SftpRequest, { readonly kind: 'unknown' }>): readonly Field[] {
  switch (request.kind) {
    case 'open':
      return [request.path, request.flags, ...attributeFields(request.attributes)];
    case 'read':
      return [request.handle, request.offset, request.length];
    case 'write':
      return [request.handle, request.offset, request.data];
    case 'fsetstat':
      return [request.handle, ...attributeFields(request.attributes)];
    case 'setstat':
    case 'lsetstat':
    case 'mkdir':
      return [request.path, ...attributeFields(request.attributes)];
    case 'rename':
    case 'posix-rename':
    case 'hardlink':
    case 'symlink':
      return [request.from, request.to];
    case 'copy-data':
      return [request.handle, request.offset, request.length, request.into, request.intoOffset];
    case 'home-directory':
      return [request.user];
    case 'limits':
    case 'users-groups-by-id':
      return [{ raw: request.raw }];
    case 'close':
    case 'readdir':
    case 'fstat':
    case 'fsync':
    case 'fstatvfs':
      return [request.handle];
    case 'lstat':
    case 'stat':
    case 'opendir':
    case 'remove':
    case 'rmdir':
    case 'realpath':
    case 'readlink':
    case 'statvfs':
    case 'expand-path':
      return [request.path];
    default:
      return request satisfies never;
  }
}

const NOTHING = Buffer.alloc(0);
/** Of a write, but for its handle and its data: lengths, type, number, offset. */
const WRITE_BYTES = 4 + 1 + 4 + 4 + 8 + 4;

const OF_HANDLE: ReadonlyMap<number, 'close' | 'readdir' | 'fstat'> = new Map([
  [REQUEST.close, 'close'],
  [REQUEST.readdir, 'readdir'],
  [REQUEST.fstat, 'fstat'],
]);

const OF_PATH: ReadonlyMap<number, PathKind> = new Map<number, PathKind>([
  [REQUEST.lstat, 'lstat'],
  [REQUEST.stat, 'stat'],
  [REQUEST.opendir, 'opendir'],
  [REQUEST.remove, 'remove'],
  [REQUEST.rmdir, 'rmdir'],
  [REQUEST.realpath, 'realpath'],
  [REQUEST.readlink, 'readlink'],
]);

type ExtensionKind =
  | 'posix-rename'
  | 'statvfs'
  | 'fstatvfs'
  | 'hardlink'
  | 'fsync'
  | 'lsetstat'
  | 'limits'
  | 'expand-path'
  | 'copy-data'
  | 'home-directory'
  | 'users-groups-by-id';

/** What is known of extensions, by their names, and the version that is meant (OpenSSH's PROTOCOL, 4.3 to 4.14). */
export const EXTENSIONS: ReadonlyMap<string, { readonly kind: ExtensionKind; readonly version: string }> = new Map([
  ['posix-rename@openssh.com', { kind: 'posix-rename', version: '1' }],
  ['statvfs@openssh.com', { kind: 'statvfs', version: '2' }],
  ['fstatvfs@openssh.com', { kind: 'fstatvfs', version: '2' }],
  ['hardlink@openssh.com', { kind: 'hardlink', version: '1' }],
  ['fsync@openssh.com', { kind: 'fsync', version: '1' }],
  ['lsetstat@openssh.com', { kind: 'lsetstat', version: '1' }],
  ['limits@openssh.com', { kind: 'limits', version: '1' }],
  ['expand-path@openssh.com', { kind: 'expand-path', version: '1' }],
  ['copy-data', { kind: 'copy-data', version: '1' }],
  ['home-directory', { kind: 'home-directory', version: '1' }],
  ['users-groups-by-id@openssh.com', { kind: 'users-groups-by-id', version: '1' }],
]);

const EXTENSION_OF: ReadonlyMap<string, string> = new Map([...EXTENSIONS].map(([name, { kind }]) => [kind, name]));

function handle(reader: FieldReader): Buffer {
  const bytes = reader.string();
  if (bytes.length > MOST_HANDLE_BYTES) throw new MalformedSftp(`a handle of ${bytes.length} bytes`);
  return bytes;
}

function lengthAnd(bytes: Buffer): Buffer {
  const length = Buffer.allocUnsafe(4);
  length.writeUInt32BE(bytes.length, 0);
  return Buffer.concat([length, bytes]);
}
