import { KeptTokens } from '../../src/grants/kept-tokens.ts';
import type { Store } from '../../src/store/store.ts';
import { DeploymentKey } from '../../src/targets/deployment-key.ts';
import { makeSealer } from '../../src/targets/sealing.ts';

/** The tokens of a store, sealed under the key of the test deployment with this number. */
export function keptTokens(store: Store, deployment = 7): KeptTokens {
  const key = new DeploymentKey(new Uint8Array(32).fill(deployment));
  return new KeptTokens(store, makeSealer(key, 'grants/token'));
}
