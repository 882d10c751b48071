import { createHash } from 'node:crypto';
import type { Secret } from '../model/secret.ts';

/** SHA-256, base64: how a secret of 128 bits or more is kept and looked up. Nothing else of it is stored. */
export function hashSecret(secret: Secret): string {
  return createHash('sha256').update(secret.reveal()).digest('base64');
}
