import { randomBytes } from 'node:crypto';
import type { ApprovalService } from '../../approvals/approval-service.ts';
import type { AuditLog } from '../../audit/recorder.ts';
import { type Logins, openLogins } from '../../identity/logins.ts';
import type { TrustDirectory } from '../../identity/trust-directory.ts';
import type { Store } from '../../store/store.ts';
import type { DeploymentKey } from '../../targets/deployment-key.ts';
import { makeSealer } from '../../targets/sealing.ts';
import type { SecretReader } from '../../targets/secret-source.ts';
import { openApprovals } from './open-approvals.ts';
import { type OpenChannels, openChannels } from './open-channels.ts';
import type { StartConfig } from './start-config.ts';

/** People, what waits for them, and how they hear of it. */
export interface OpenPeople extends AsyncDisposable {
  readonly logins: Logins;
  readonly approvals: ApprovalService;
  readonly channels: OpenChannels;
  /** Where people reach this gateway; its port is known once the API listens. */
  readonly web: { url: string };
}

export interface PeopleParts {
  readonly store: Store;
  readonly audit: Pick<AuditLog, 'note'>;
  readonly gateway: string;
  readonly key: DeploymentKey;
  readonly secrets: SecretReader;
  readonly trust: Pick<TrustDirectory, 'requestable'>;
  readonly nowMs: () => number;
  readonly onFault: (fault: unknown) => void;
}

/** What the demo's policies ask for approval. */
const DEMO_GROUPS = ['dba', 'support'];

/** Logins, approvals and channels, over one store and one log. */
export async function openPeople(config: StartConfig, parts: PeopleParts): Promise<OpenPeople> {
  const { store, key, secrets, nowMs, onFault } = parts;
  await using opened = new AsyncDisposableStack();
  const firstGroups = config.kind === 'demo' ? DEMO_GROUPS : [];
  const random = (bytes: number) => randomBytes(bytes);
  const logins = openLogins({ store, config: config.login, firstGroups, now: nowMs, random });
  const web = { url: config.publicUrl ?? '' };
  const approvals = opened.use(await openApprovals({ ...parts, web }));
  const { people } = logins;
  const sealer = makeSealer(key);
  const channels = opened.use(await openChannels({ store, sealer, secrets, approvals, people, web, nowMs, onFault }));
  const running = opened.move();
  return { logins, approvals, channels, web, [Symbol.asyncDispose]: () => running.disposeAsync() };
}
