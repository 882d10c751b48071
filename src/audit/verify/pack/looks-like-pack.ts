import { PACK } from '../../pack/pack.ts';
import type { ByteSource } from '../bundle/engine.ts';

/** True for an archive that is a pack: it begins with the list of its files. */
export async function looksLikePack(source: ByteSource): Promise<boolean> {
  const head = await source.read(0, Math.min(source.size, 30 + PACK.manifest.length));
  return new TextDecoder().decode(head.subarray(30)) === PACK.manifest;
}
