/** A trust policy (https://c2sp.org/tlog-policy) with the keys that Node verifies by, and witnesses that can be asked. */
import { Fault } from '../../model/fault.ts';
import { parsePolicyText } from '../c2sp/policy-text.ts';
import type { Quorum } from '../c2sp/quorum.ts';
import { type CosignerKey, cosignerOf } from './cosignature.ts';
import { type NoteVerifier, sha256, verifierOf } from './signed-note.ts';

export interface TlogPolicy {
  readonly logs: readonly { readonly verifier: NoteVerifier; readonly url?: string }[];
  readonly witnesses: readonly PolicyWitness[];
  readonly quorum: Quorum;
}

export interface PolicyWitness {
  /** Within the policy alone; the name in its cosignatures is its key's. */
  readonly name: string;
  readonly key: CosignerKey;
  /** Its submission prefix, without a slash at the end. */
  readonly url?: string;
}

/** Reads a policy. Throws a `Fault` of code `config-invalid` that names the line and what is wrong with it. */
export function parsePolicy(file: Uint8Array): TlogPolicy {
  const policy = parsePolicyText(sha256, file);
  if (typeof policy === 'string') throw invalid(policy);
  return {
    logs: policy.logs.map(({ line, key, url }) => ({ verifier: verifierOf(key), ...prefix(line, url) })),
    witnesses: policy.witnesses.map(({ line, name, key, url }) => ({
      name,
      key: cosignerOf(key),
      ...prefix(line, url),
    })),
    quorum: policy.quorum,
  };
}

function prefix(line: number, url: string | undefined): { readonly url?: string } {
  if (url === undefined) return {};
  if (!URL.canParse(url) || !/^https?:\/\//u.test(url)) {
    throw invalid(`line ${line}: "${url}" is no http or https address`);
  }
  return { url: url.replace(/\/+$/u, '') };
}

function invalid(why: string): Fault {
  return new Fault('config-invalid', `the trust policy: ${why}`);
}
