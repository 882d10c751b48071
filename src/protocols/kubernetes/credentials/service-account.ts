import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Fault } from '../../../model/fault.ts';
import type { KubernetesCredential } from '../../../model/target.ts';
import type { FetchToken } from '../../http/credentials/cached-token.ts';

/** The kubelet writes a new token when 80 % of one's life are over: what was read is not kept for long. */
const KEPT_MS = 60_000;

/** The token of the pod that the gateway runs in (Kubernetes, "Bound service account tokens"), read anew each minute. */
export function serviceAccountTokens(
  { directory }: Extract<KubernetesCredential, { readonly kind: 'serviceAccount' }>,
  nowMs: () => number,
): FetchToken {
  return async () => {
    const value = (await fileOf(directory, 'token')).trim();
    if (!/^[\x21-\x7e]{1,65536}$/.test(value)) {
      throw new Fault('upstream-login', `the token in ${directory} is no text that a request can hold`);
    }
    return { value, expiresAtMs: nowMs() + KEPT_MS };
  };
}

/** PEM of the authority of the cluster that the gateway runs in. */
export function serviceAccountAuthority(directory: string): Promise<string> {
  return fileOf(directory, 'ca.crt');
}

async function fileOf(directory: string, name: string): Promise<string> {
  try {
    return await readFile(join(directory, name), 'utf8');
  } catch (cause) {
    throw new Fault('upstream-login', `the file ${join(directory, name)} cannot be read by the gateway`, { cause });
  }
}
