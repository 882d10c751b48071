/** The text of a checkpoint (https://c2sp.org/tlog-checkpoint), whoever signed it. */
import { fromBase64, fromHex, toBase64, toHex } from './bytes.ts';

export interface Checkpoint {
  readonly origin: string;
  readonly size: number;
  /** The root of the tree, hex. */
  readonly root: string;
}

/** The text that is signed, with its final newline. Throws a `RangeError` where the root is not hex. */
export function checkpointText({ origin, size, root }: Checkpoint): string {
  const bytes = fromHex(root);
  if (bytes === undefined) throw new RangeError(`the root of a tree is hex, and not ${root}`);
  return `${origin}\n${size}\n${toBase64(bytes)}\n`;
}

/** Reads a text without extension lines; undefined where it is not canonical. */
export function parseCheckpointText(text: string): Checkpoint | undefined {
  const [, origin, digits, encoded] = /^([^\n]+)\n(0|[1-9][0-9]{0,15})\n([A-Za-z0-9+/]{43}=)\n$/u.exec(text) ?? [];
  if (origin === undefined || digits === undefined || encoded === undefined) return undefined;
  const root = fromBase64(encoded);
  const size = Number(digits);
  return root === undefined || !Number.isSafeInteger(size) ? undefined : { origin, size, root: toHex(root) };
}

/**
 * Reads the three lines that count, whatever lines follow them: what a witness needs of a log that is not ours. Undefined
 * where they are not canonical, or a line that follows is empty.
 */
export function parseCheckpointHead(text: string): Checkpoint | undefined {
  const [, head] = /^([^\n]+\n[^\n]+\n[^\n]+\n)(?:[^\n]+\n)*$/u.exec(text) ?? [];
  return head === undefined ? undefined : parseCheckpointText(head);
}
