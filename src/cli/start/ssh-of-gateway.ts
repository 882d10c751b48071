import { lineOf } from '../../protocols/ssh/keys/public-key.ts';
import { certifyGrant, type SshKeys } from './ssh-keys.ts';

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
