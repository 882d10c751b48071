import { createHash } from 'node:crypto';
import { readSshKeyLine, sshFingerprint } from '../model/ssh-key.ts';
import { forgetHostKey, keptHostKey, keptHostKeys } from '../store/ssh-rows.ts';
import type { Store } from '../store/store.ts';
import type { HostKeyService } from './host-keys.ts';

export function hostKeyServices(store: Store): HostKeyService {
  return {
    list: async () => {
      const rows = await keptHostKeys(store);
      return rows.map(({ target, line, first_met_at: firstMetAt }) => {
        const blob = readSshKeyLine(line);
        return { target, line, fingerprint: blob === undefined ? 'none' : sshFingerprint(blob), firstMetAt };
      });
    },
    digest: async (target) => {
      const line = await keptHostKey(store, target);
      return line === undefined ? undefined : createHash('sha256').update(line).digest('hex');
    },
    forget: (target) => forgetHostKey(store, target),
  };
}
