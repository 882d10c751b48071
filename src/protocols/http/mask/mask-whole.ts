import type { BodyMasker } from '../../../model/reply.ts';

/** What a mask that nothing was given to yet makes of a whole body. */
export function maskWhole(mask: BodyMasker, body: Buffer): Buffer {
  const first = mask.push(body);
  const last = mask.end();
  return last.length === 0 ? first : Buffer.concat([first, last]);
}
