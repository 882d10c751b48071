/** What other processes hold, for tests that look for a secret. Linux, and processes that this one started. */
import { open, readdir, readFile } from 'node:fs/promises';

export interface Needle {
  readonly name: string;
  readonly bytes: Buffer;
}

/** A secret in the forms in which it could lie about. */
export function needlesOf(name: string, secret: string): readonly Needle[] {
  const plain = Buffer.from(secret);
  const forms = {
    plain,
    base64: Buffer.from(plain.toString('base64').replace(/.?=*$/, '')),
    hex: Buffer.from(plain.toString('hex')),
    'UTF-16': Buffer.from(secret, 'utf16le'),
  };
  return Object.entries(forms).map(([form, bytes]) => ({ name: `${name} (${form})`, bytes }));
}

/** The process and all that it started, and they. */
export async function processTree(root: number): Promise<readonly number[]> {
  const parents = new Map<number, number>();
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const stat = await readFile(`/proc/${entry}/stat`, 'latin1').catch(() => '');
    const [, parent] = /^\d+ \(.*\) \S (\d+)/s.exec(stat) ?? [];
    if (parent !== undefined) parents.set(Number(entry), Number(parent));
  }
  const tree = [root];
  for (const pid of tree) for (const [child, parent] of parents) if (parent === pid) tree.push(child);
  return tree;
}

/** Names of the needles in a process's arguments, environment and memory, with where. */
export async function findInProcess(pid: number, needles: readonly Needle[]): Promise<readonly string[]> {
  const found = new Set<string>();
  for (const name of ['cmdline', 'environ']) {
    const bytes = await readFile(`/proc/${pid}/${name}`);
    for (const needle of findIn(bytes, needles)) found.add(`${needle} in ${name}`);
  }
  for (const needle of await findInMemory(pid, needles)) found.add(`${needle} in memory`);
  return [...found];
}

export function findIn(bytes: Buffer, needles: readonly Needle[]): readonly string[] {
  return needles.filter((needle) => bytes.includes(needle.bytes)).map(({ name }) => name);
}

const PIECE_BYTES = 8 * 1024 * 1024;

/** Every readable mapping but those of unchanged files (proc(5), `/proc/PID/maps` and `/proc/PID/mem`). */
async function findInMemory(pid: number, needles: readonly Needle[]): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  const overlap = Math.max(...needles.map(({ bytes }) => bytes.length)) - 1;
  const piece = Buffer.alloc(PIECE_BYTES);
  await using memory = await open(`/proc/${pid}/mem`, 'r');
  let read = 0;
  for (const { from, to } of await mappings(pid)) {
    for (let at = from; at < to; at += PIECE_BYTES - overlap) {
      const length = Math.min(PIECE_BYTES, to - at);
      // A mapping that went since the list was read, or a device's, cannot be read.
      const { bytesRead } = await memory.read(piece, 0, length, at).catch(() => ({ bytesRead: 0 }));
      read += bytesRead;
      for (const name of findIn(piece.subarray(0, bytesRead), needles)) found.add(name);
      if (length < PIECE_BYTES) break;
    }
  }
  if (read === 0) throw new Error(`nothing of the memory of process ${pid} could be read`);
  return found;
}

async function mappings(pid: number): Promise<readonly { readonly from: number; readonly to: number }[]> {
  const lines = (await readFile(`/proc/${pid}/maps`, 'utf8')).split('\n');
  return lines.flatMap((line) => {
    const [, from, to, mode, path] = /^([0-9a-f]+)-([0-9a-f]+) (\S{4}) \S+ \S+ \S+\s*(.*)$/.exec(line) ?? [];
    if (from === undefined || to === undefined || !mode?.startsWith('r')) return [];
    if (path?.startsWith('/') && !mode.includes('w')) return [];
    if (path === '[vsyscall]' || path === '[vvar]') return [];
    return [{ from: Number.parseInt(from, 16), to: Number.parseInt(to, 16) }];
  });
}
