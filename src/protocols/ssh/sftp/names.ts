import { posix } from 'node:path';
import { type Refusal, Refused } from '../../../model/refusal.ts';
import { readAttributes } from './attributes.ts';
import type { SftpHost } from './host.ts';
import { FieldReader } from './packets.ts';
import type { SftpReply } from './replies.ts';

/** A path of a request: as it was named, and what it is at the host. Both absolute, without `.`, `..` and `//`. */
export interface ResolvedPath {
  readonly named: string;
  /** Symbolic links looked through, as far as the host could say so just before. */
  readonly real: string;
}

/** A path that nobody can decide on; what is asked of it is refused, and the session goes on. */
export class Unnamed extends Refused {}

const DANGLING: Refusal = {
  code: 'protocol-unsupported',
  message: 'a symbolic link that leads to nothing cannot be decided on',
  hint: 'Name what it leads to.',
};

/** `S_IFMT` and `S_IFDIR` of POSIX's mode. */
const FILE_TYPE = 0o170000;
const A_FOLDER = 0o040000;

/** Longer ones are refused: no system has them. */
const MOST_PATH_BYTES = 4096;

/** Makes paths absolute as the host would: relative ones hang on the folder that a session begins in. */
export class Names {
  readonly #host: Pick<SftpHost, 'ask'>;
  readonly #home: string;

  private constructor(host: Pick<SftpHost, 'ask'>, home: string) {
    this.#host = host;
    this.#home = home;
  }

  /** Asks the host where the session begins; where it does not say, relative paths hang on `/`. */
  static async of(host: Pick<SftpHost, 'ask'>): Promise<Names> {
    const home = await realPath(host, '.');
    return new Names(host, home ?? '/');
  }

  /** The path as text, absolute. Throws `Unnamed` where it is none that could be decided on. */
  named(path: Buffer): string {
    const text = textOf(path);
    return trimmed(posix.resolve(this.#home, text));
  }

  /**
   * Asks the host what a name is. `itself`: the last part is not looked through, as of what is removed or renamed. What the
   * host does not know is as it was named: who asks for it gets the host's error. Throws `Unnamed` for a link that leads
   * to where nothing can be.
   */
  async resolve(named: string, itself: boolean): Promise<ResolvedPath> {
    if (named === '/') return { named, real: '/' };
    if (!itself) {
      const real = await realPath(this.#host, named);
      if (real !== undefined) return { named, real };
      // What is made by its name would be made where the link leads, and nobody has said where that is.
      const link = await this.#host.ask({ kind: 'readlink', path: Buffer.from(named) });
      if (link.kind === 'name') throw new Unnamed(DANGLING);
    }
    const folder = await realPath(this.#host, posix.dirname(named));
    return { named, real: folder === undefined ? named : posix.join(folder, posix.basename(named)) };
  }

  /** True of a folder, which a link to one is not, and of what the host says nothing of. */
  async isFolder(path: string): Promise<boolean> {
    const reply = await this.#host.ask({ kind: 'lstat', path: Buffer.from(path) });
    if (reply.kind !== 'attrs') return false;
    const { permissions } = readAttributes(new FieldReader(reply.raw));
    return permissions === undefined || (permissions & FILE_TYPE) === A_FOLDER;
  }

  /** What `~` or `~user` is at the beginning of a path (OpenSSH's PROTOCOL, 4.9). */
  async expand(path: Buffer): Promise<ResolvedPath> {
    const named = textOf(path);
    const reply = await this.#host.ask({ kind: 'expand-path', path });
    const real = pathOf(reply);
    return real === undefined ? { named, real: named } : { named: real, real };
  }
}

async function realPath(host: Pick<SftpHost, 'ask'>, path: string): Promise<string | undefined> {
  return pathOf(await host.ask({ kind: 'realpath', path: Buffer.from(path) }));
}

/** The one path of a reply; undefined where there is none that is absolute text. */
function pathOf(reply: SftpReply): string | undefined {
  const [only] = reply.kind === 'name' ? reply.names : [];
  if (only === undefined) return undefined;
  const text = only.name.toString('utf8');
  return text.startsWith('/') && Buffer.from(text).equals(only.name) ? trimmed(posix.normalize(text)) : undefined;
}

function trimmed(path: string): string {
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
}

function textOf(path: Buffer): string {
  if (path.length > MOST_PATH_BYTES) {
    throw new Unnamed({ code: 'too-large', message: `a path of more than ${MOST_PATH_BYTES} bytes` });
  }
  const text = path.toString('utf8');
  if (path.includes(0) || !Buffer.from(text).equals(path)) {
    throw new Unnamed({
      code: 'protocol-unsupported',
      message: 'a path that is not text in UTF-8 cannot be decided on',
      hint: 'Rename it at the host.',
    });
  }
  return text;
}
