import { createHash } from 'node:crypto';
import type { AuditLog } from '../../audit/recorder.ts';
import type { GatewayParts } from '../../gateway/admission.ts';
import { Carriers } from '../../gateway/carriers.ts';
import type { Connections } from '../../gateway/connections.ts';
import { Listener } from '../../gateway/listener.ts';
import type { Credential, Target } from '../../model/target.ts';
import type { KnownHosts } from '../../protocols/ssh/host/connect-host.ts';
import { createSsh } from '../../protocols/ssh/ssh.ts';
import { keepHostKey, keptHostKey } from '../../store/ssh-rows.ts';
import type { Store } from '../../store/store.ts';
import { type Listening, listenFrom } from './listen.ts';
import type { SshKeys } from './ssh-keys.ts';
import type { Address } from './start-config.ts';

export interface SshPort extends AsyncDisposable {
  readonly port: number;
  /** True while connections are taken. */
  readonly listening: boolean;
  stop(): void;
}

export interface SshSide {
  readonly keys: SshKeys;
  listen(
    address: Address,
    mayMove: boolean,
    gateway: GatewayParts,
    connections: Connections,
  ): Promise<Listening<SshPort>>;
  /** What takes its connections where they come inside a WebSocket. */
  carriers(gateway: GatewayParts, connections: Connections): Pick<Carriers<never, never>, 'checkRoom' | 'serve'>;
  /** Connects and logs in as a session would, and leaves at once. */
  check(target: Target, credential: Credential, signal: AbortSignal): Promise<void>;
}

export interface SshSideParts {
  readonly keys: SshKeys;
  readonly store: Store;
  readonly audit: Pick<AuditLog, 'note'>;
  readonly nowMs: () => number;
}

/** Makes the protocol. */
export function openSshSide({ keys, store, audit, nowMs }: SshSideParts): SshSide {
  const hosts = knownHosts({ store, audit, nowMs });
  const protocol = createSsh({ hostKey: keys.host, authorities: [keys.users.blob], hosts, nowMs });
  return {
    keys,
    listen: (address, mayMove, gateway, connections) =>
      listenFrom(address, mayMove, 'the SSH port', (at) => Listener.open(at, protocol, gateway, connections)),
    carriers: (gateway, connections) => new Carriers(protocol, gateway, connections),
    check: async (target, credential, signal) => {
      const { upstream } = await protocol.connect(target, credential, { parameters: {}, cancelKeyBytes: 16 }, signal);
      await upstream[Symbol.asyncDispose]();
    },
  };
}

/** The log tells of a host before its key is trusted: where it cannot, nothing is. */
function knownHosts({ store, audit, nowMs }: Omit<SshSideParts, 'keys'>): KnownHosts {
  return {
    kept: (target) => keptHostKey(store, target),
    keep: async (target, line) => {
      const digest = createHash('sha256').update(line).digest('hex');
      await audit.note({ kind: 'host.met', detail: { target, digest } });
      const kept = await keepHostKey(store, { target, line, now: new Date(nowMs()).toISOString() });
      return kept.line;
    },
  };
}
