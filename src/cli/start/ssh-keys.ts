import { createPrivateKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import { Fault } from '../../model/fault.ts';
import { signCertificate } from '../../protocols/ssh/keys/certificate.ts';
import { type PrivateKey, privateKey } from '../../protocols/ssh/keys/private-key.ts';
import { lineOf } from '../../protocols/ssh/keys/public-key.ts';
import { ownSshKey } from '../../store/ssh-rows.ts';
import type { Store } from '../../store/store.ts';
import type { DeploymentKey } from '../../targets/deployment-key.ts';
import { makeSealer } from '../../targets/sealing.ts';

/** The keys that every gateway of a store has for SSH. */
export interface SshKeys {
  /** By which clients know the gateway. */
  readonly host: PrivateKey;
  /** Signs certificates of clients. */
  readonly users: PrivateKey;
}

export interface SshKeysParts {
  readonly store: Store;
  readonly key: DeploymentKey;
  readonly nowMs: () => number;
}

/** Made at the first start, and kept sealed in the store. */
export async function openSshKeys(parts: SshKeysParts): Promise<SshKeys> {
  return { host: await ownKey('host', parts), users: await ownKey('users', parts) };
}

async function ownKey(name: string, { store, key, nowMs }: SshKeysParts): Promise<PrivateKey> {
  const sealer = makeSealer(key, 'ssh/own');
  const made = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const now = new Date(nowMs()).toISOString();
  const kept = await ownSshKey(store, { name, made: sealer.seal(made, name), now });
  try {
    return privateKey(createPrivateKey(sealer.open(kept, name)));
  } catch (cause) {
    throw new Fault('config-invalid', `the SSH key "${name}" of the store was sealed by another key`, { cause });
  }
}

/** What the API tells of SSH. */
export interface SshOfGateway {
  /** Lines as in known_hosts and `TrustedUserCAKeys`. */
  readonly hostKey: string;
  readonly userAuthority: string;
  /** A certificate by which a key proves a grant until it ends. `untilMs` is since 1970. */
  certify(key: Buffer, grant: string, untilMs: number): string;
}

export function sshOf(keys: SshKeys, nowMs: () => number): SshOfGateway {
  return {
    hostKey: lineOf(keys.host.blob),
    userAuthority: lineOf(keys.users.blob),
    certify: (key, grant, untilMs) => certifyGrant(keys, key, grant, { nowMs: nowMs(), untilMs }),
  };
}

const CLOCKS_DIFFER_MS = 60_000;

/** A certificate by which the holder of a key proves a grant until it ends; a line as in `id_ed25519-cert.pub`. */
function certifyGrant(
  { users }: SshKeys,
  blob: Buffer,
  grant: string,
  times: { readonly nowMs: number; readonly untilMs: number },
): string {
  const certificate = signCertificate({
    key: { blob },
    authority: users,
    keyId: grant,
    principals: [grant],
    validAfterMs: times.nowMs - CLOCKS_DIFFER_MS,
    validBeforeMs: times.untilMs,
    serial: randomBytes(8).readBigUInt64BE() >> 1n,
    nonce: randomBytes(32),
    extensions: ['permit-port-forwarding', 'permit-pty'],
  });
  return lineOf(certificate);
}
