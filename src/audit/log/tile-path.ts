/** Where a log keeps its tiles (https://c2sp.org/tlog-tiles): 256 hashes or entries a file. */
export const TILE_WIDTH = 256;

/** Level of hashes, or the entries themselves. */
export type TileLevel = number | 'entries';

/** `tile/<L>/<N>[.p/<W>]`, N in groups of three digits: 1234067 is `x001/x234/067`. */
export function tilePath(level: TileLevel, index: number, width: number): string {
  const groups: string[] = [];
  for (let rest = index; groups.length === 0 || rest > 0; rest = Math.floor(rest / 1000)) {
    groups.unshift(`${groups.length === 0 ? '' : 'x'}${String(rest % 1000).padStart(3, '0')}`);
  }
  return `tile/${level}/${groups.join('/')}${width === TILE_WIDTH ? '' : `.p/${width}`}`;
}

/** The reverse of `tilePath`; undefined for anything that it would not have written. */
export function parseTilePath(path: string): { level: TileLevel; index: number; width: number } | undefined {
  const parts = /^tile\/(entries|[0-9]{1,2})\/((?:x[0-9]{3}\/)*[0-9]{3})(?:\.p\/([0-9]{1,3}))?$/u.exec(path);
  if (parts?.[1] === undefined || parts[2] === undefined) return undefined;
  const level = parts[1] === 'entries' ? 'entries' : Number(parts[1]);
  const index = Number(parts[2].replaceAll(/[x/]/gu, ''));
  const width = parts[3] === undefined ? TILE_WIDTH : Number(parts[3]);
  return width > 0 && tilePath(level, index, width) === path ? { level, index, width } : undefined;
}

/** Entries of a bundle, each after its length in two bytes; undefined where the framing is broken. */
export function parseBundle(bytes: Buffer): Buffer[] | undefined {
  const entries: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    if (at + 2 > bytes.length) return undefined;
    const end = at + 2 + bytes.readUInt16BE(at);
    if (end > bytes.length) return undefined;
    entries.push(bytes.subarray(at + 2, end));
    at = end;
  }
  return entries;
}
