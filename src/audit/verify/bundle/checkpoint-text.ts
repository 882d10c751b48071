/** C2SP tlog-checkpoint (https://c2sp.org/tlog-checkpoint) without extension lines. */
import { fromBase64, toHex } from './bytes.ts';

export interface Checkpoint {
  readonly origin: string;
  readonly size: number;
  /** Hex. */
  readonly root: string;
}

/** What a checkpoint's text says, whoever signed it. */
export function readCheckpoint(text: string): Checkpoint | undefined {
  const [, origin, sizeText, encoded] = /^([^\n]+)\n(0|[1-9][0-9]{0,15})\n([A-Za-z0-9+/]{43}=)\n$/u.exec(text) ?? [];
  if (origin === undefined || sizeText === undefined || encoded === undefined) return undefined;
  const root = fromBase64(encoded);
  const size = Number(sizeText);
  return root === undefined || !Number.isSafeInteger(size) ? undefined : { origin, size, root: toHex(root) };
}
