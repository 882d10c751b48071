import { open } from 'node:fs/promises';
import { LIMITS } from '../model/limits.ts';
import type { SecretReader } from './secret-source.ts';

/** The gateway's own environment and file system. */
export function systemSecrets(environment: Readonly<Record<string, string | undefined>>): SecretReader {
  return {
    env: (name) => environment[name],
    async file(path) {
      await using handle = await open(path, 'r');
      const buffer = Buffer.alloc(LIMITS.maxCredentialBytes + 1);
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, 0);
      if (bytesRead > LIMITS.maxCredentialBytes) throw new Error(`longer than ${LIMITS.maxCredentialBytes} bytes`);
      return buffer.toString('utf8', 0, bytesRead);
    },
  };
}
