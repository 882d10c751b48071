import { posix } from 'node:path';
import type { Access } from '../../../model/request.ts';
import type { FileAction, FileUse } from '../../../model/ssh.ts';
import { type FileAsk, quoted } from '../files/file-operation.ts';
import { attributeFlags, attributeWords } from './attributes.ts';
import type { Asked } from './host.ts';
import type { Names, ResolvedPath } from './names.ts';
import { OPEN } from './numbers.ts';
import type { SftpRequest } from './requests.ts';

/** Requests that name paths, and the two that name people. */
export type NamingRequest = Exclude<SftpRequest, { readonly handle: Buffer } | { readonly kind: 'unknown' | 'limits' }>;

/** A path of a request, before the host was asked what it is. */
export interface NamedPath {
  readonly named: string;
  readonly uses: readonly FileAction[];
  /** Its last part is meant, and not what that may point to. */
  readonly itself: boolean;
}

/** What a request asks of files, and what is forwarded for it: paths as they were decided on. */
export interface AskedFiles {
  readonly ask: Omit<FileAsk, 'user'>;
  readonly forwarded: Asked;
}

/** The paths of a request, and whether something may be other than before once it was answered. Throws `Unnamed`. */
export function pathsOf(
  request: NamingRequest,
  names: Names,
): { readonly paths: readonly NamedPath[]; readonly changes: boolean } {
  const at = (path: Buffer, uses: readonly FileAction[], itself = false): NamedPath => ({
    named: names.named(path),
    uses,
    itself,
  });
  switch (request.kind) {
    case 'open':
      return { paths: [at(request.path, openUses(request.flags))], changes: (request.flags & ~OPEN.read) !== 0 };
    case 'opendir':
      return { paths: [at(request.path, ['list'])], changes: false };
    case 'stat':
    case 'realpath':
    case 'statvfs':
      return { paths: [at(request.path, ['stat'])], changes: false };
    case 'lstat':
    case 'readlink':
      return { paths: [at(request.path, ['stat'], true)], changes: false };
    case 'setstat':
      return { paths: [at(request.path, ['attributes'])], changes: true };
    case 'lsetstat':
      return { paths: [at(request.path, ['attributes'], true)], changes: true };
    case 'mkdir':
      return { paths: [at(request.path, ['directory'], true)], changes: true };
    case 'remove':
    case 'rmdir':
      return { paths: [at(request.path, ['remove'], true)], changes: true };
    case 'rename':
    case 'posix-rename':
      return { paths: [at(request.from, ['rename'], true), at(request.to, ['rename'], true)], changes: true };
    case 'hardlink':
      return { paths: [at(request.from, ['link'], true), at(request.to, ['link'], true)], changes: true };
    case 'symlink': {
      const link = names.named(request.to);
      const target = names.named(Buffer.concat([Buffer.from(`${posix.dirname(link)}/`), request.from]));
      const from = request.from[0] === SLASH ? names.named(request.from) : target;
      return { paths: [{ named: from, uses: ['link'], itself: false }, at(request.to, ['link'], true)], changes: true };
    }
    case 'expand-path':
      // Only the host knows; it may be anywhere.
      return { paths: [{ named: '/', uses: ['stat'], itself: false }], changes: false };
    case 'home-directory':
    case 'users-groups-by-id':
      return { paths: [], changes: false };
    default:
      return request satisfies never;
  }
}

/** True of what gives all that is below a folder another name. */
export function mayMoveFolder({ kind }: NamingRequest): boolean {
  return kind === 'rename' || kind === 'posix-rename' || kind === 'symlink';
}

/** `found` are the paths of `pathsOf` as the host knows them, in their order; of a folder that is moved all below it counts. */
export function askedFiles(
  request: NamingRequest,
  paths: readonly NamedPath[],
  found: readonly ResolvedPath[],
  isFolder: boolean,
): AskedFiles {
  const files = paths.flatMap(({ uses }, index) => usesOf(uses, found[index], isFolder));
  const said = found.map(({ named, real }) => (named === real ? quoted(named) : `${quoted(named)} (${quoted(real)})`));
  const attributes = 'attributes' in request ? request.attributes : {};
  const { kind, access, verb } = aboutOf(request);
  const words = [verb, ...(isFolder ? [FOLDER] : []), ...said, ...whoOf(request), ...attributeWords(attributes)].join(
    ' ',
  );
  const ask = { kind, access, files, flags: attributeFlags(attributes), words };
  return { ask, forwarded: forwardedOf(request, found) };
}

interface About {
  readonly kind: string;
  readonly access: Access;
  readonly verb: string;
}

function aboutOf(request: NamingRequest): About {
  switch (request.kind) {
    case 'open': {
      const uses = openUses(request.flags);
      const use = uses.find((one) => one !== 'read') ?? 'read';
      return { kind: `file-${use}`, access: use === 'read' ? 'read' : 'write', verb: uses.join('+') };
    }
    case 'opendir':
      return { kind: 'file-list', access: 'read', verb: 'list' };
    case 'setstat':
    case 'lsetstat':
      return { kind: 'file-attributes', access: 'write', verb: request.kind };
    case 'mkdir':
      return { kind: 'file-directory', access: 'write', verb: 'mkdir' };
    case 'remove':
    case 'rmdir':
      return { kind: 'file-remove', access: 'write', verb: request.kind };
    case 'rename':
    case 'posix-rename':
      return { kind: 'file-rename', access: 'write', verb: 'rename' };
    case 'hardlink':
    case 'symlink':
      return { kind: 'file-link', access: 'write', verb: request.kind };
    case 'stat':
    case 'lstat':
    case 'readlink':
    case 'realpath':
    case 'statvfs':
    case 'expand-path':
    case 'home-directory':
    case 'users-groups-by-id':
      return { kind: 'file-stat', access: 'read', verb: request.kind };
    default:
      return request satisfies never;
  }
}

/** The request with the paths that were decided on. */
function forwardedOf(request: NamingRequest, found: readonly ResolvedPath[]): Asked {
  const [first = NOTHING, second = NOTHING] = found.map(({ real }) => Buffer.from(real));
  switch (request.kind) {
    case 'rename':
    case 'posix-rename':
    case 'hardlink':
      return { ...request, from: first, to: second };
    case 'symlink':
      // What a link says is text, sent as it is; where it leads was decided on.
      return { ...request, to: second };
    case 'expand-path':
    case 'home-directory':
    case 'users-groups-by-id':
      return request;
    case 'open':
    case 'opendir':
    case 'stat':
    case 'lstat':
    case 'readlink':
    case 'realpath':
    case 'statvfs':
    case 'setstat':
    case 'lsetstat':
    case 'mkdir':
    case 'remove':
    case 'rmdir':
      return { ...request, path: first };
    default:
      return request satisfies never;
  }
}

/** What opening a file allows (draft, section 6.3); reading first, and only one of what changes it. */
function openUses(flags: number): readonly FileAction[] {
  const reads: readonly FileAction[] = (flags & OPEN.read) === 0 ? [] : ['read'];
  if ((flags & ~OPEN.read) === 0) return ['read'];
  if (flags & OPEN.exclusive) return [...reads, 'create'];
  return [...reads, flags & OPEN.append && !(flags & OPEN.truncate) ? 'append' : 'write'];
}

/** A rule must permit both of what was named and of what that is. */
function usesOf(uses: readonly FileAction[], found: ResolvedPath | undefined, isFolder: boolean): readonly FileUse[] {
  if (found === undefined) return [];
  const paths = found.named === found.real ? [found.named] : [found.named, found.real];
  const below = isFolder ? { recursive: true as const } : {};
  return paths.flatMap((path) => uses.map((use) => ({ path, use, ...below })));
}

function whoOf(request: NamingRequest): readonly string[] {
  return request.kind === 'home-directory' ? [quoted(request.user.toString('utf8'))] : [];
}

/** Said of a request that is about a folder with all below it. */
export const FOLDER = 'folder';

const NOTHING = Buffer.alloc(0);
const SLASH = '/'.charCodeAt(0);
