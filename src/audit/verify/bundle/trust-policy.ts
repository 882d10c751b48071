/** A trust policy (https://c2sp.org/tlog-policy) with the keys that WebCrypto verifies by. */
import { parsePolicyText } from '../../c2sp/policy-text.ts';
import type { Quorum } from '../../c2sp/quorum.ts';
import type { Engine } from './engine.ts';
import { type VerifierKey, verifierOf } from './signed-note.ts';

/** The verifier's own word on which logs and witnesses count. */
export interface TrustPolicy {
  readonly logs: readonly VerifierKey[];
  readonly witnesses: readonly TrustedWitness[];
  readonly quorum: Quorum;
}

export interface TrustedWitness {
  /** Within the policy alone; the name in its cosignatures is its key's. */
  readonly name: string;
  readonly key: VerifierKey;
}

/** Reads a policy; a text of what is wrong with it, with its line. */
export async function parsePolicy(engine: Engine, file: Uint8Array): Promise<TrustPolicy | string> {
  const policy = parsePolicyText(engine.sha256, file);
  if (typeof policy === 'string') return policy;
  return {
    logs: await Promise.all(policy.logs.map(({ key }) => verifierOf(key))),
    witnesses: await Promise.all(policy.witnesses.map(async ({ name, key }) => ({ name, key: await verifierOf(key) }))),
    quorum: policy.quorum,
  };
}
