import { lstatSync, readFileSync } from 'node:fs';

/** SO_ACCEPTCON of `struct socket`'s flags, as /proc/net/unix shows them (net/unix/af_unix.c): somebody listens. */
const LISTENING = 0x10000;

/**
 * Unix sockets on which somebody listens, by path: a network namespace does not keep a process from those, and behind
 * one may stand a container engine or a database. `table` is /proc/net/unix; abstract ones belong to their namespace.
 */
export function listeningSockets(table: string): readonly string[] {
  const paths = table
    .split('\n')
    .slice(1)
    .flatMap((line) => {
      const [, flags = '', path] = /^\S+ \S+ \S+ ([0-9A-F]{8}) \S+ \S+ +\S+(?: (\/.*))?$/.exec(line) ?? [];
      return path !== undefined && (Number.parseInt(flags, 16) & LISTENING) !== 0 ? [path] : [];
    });
  return [...new Set(paths)].sort();
}

/** Those of this machine that are there to be connected to, without those of a folder. */
export function openSockets(ownFolder: string): readonly string[] {
  return listeningSockets(readFileSync('/proc/net/unix', 'utf8')).filter(
    (path) => !path.startsWith(`${ownFolder}/`) && isSocket(path),
  );
}

function isSocket(path: string): boolean {
  try {
    return lstatSync(path).isSocket();
  } catch {
    // Bound in another mount namespace, removed since, or in a folder that this user cannot search: nor can a command.
    return false;
  }
}
