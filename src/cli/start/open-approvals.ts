import { randomBytes } from 'node:crypto';
import { ApprovalService } from '../../approvals/approval-service.ts';
import type { AuditLog } from '../../audit/recorder.ts';
import type { TrustDirectory } from '../../identity/trust-directory.ts';
import type { Store } from '../../store/store.ts';
import type { DeploymentKey } from '../../targets/deployment-key.ts';
import { makeSealer } from '../../targets/sealing.ts';

export interface ApprovalParts {
  readonly store: Store;
  readonly audit: Pick<AuditLog, 'note'>;
  /** By the name of its log. */
  readonly gateway: string;
  readonly key: DeploymentKey;
  /** Where people reach this gateway, known once its API listens. */
  readonly web: { readonly url: string };
  readonly trust: Pick<TrustDirectory, 'requestable'>;
  readonly nowMs: () => number;
  readonly onFault: (fault: unknown) => void;
}

/** Approvals, sealed under the deployment's key and noted in this gateway's log. */
export function openApprovals({ store, audit, gateway, key, web, trust, nowMs, onFault }: ApprovalParts) {
  const sealer = makeSealer(key);
  return ApprovalService.open({
    store,
    gateway,
    note: (note) => audit.note(note),
    seal: (plain, boundTo) => sealer.seal(plain, boundTo),
    open: (sealed, boundTo) => sealer.open(sealed, boundTo),
    requestable: (run, name) => trust.requestable(run).find(({ target }) => target === name)?.digest,
    url: (id) => `${web.url}/approvals/${id}`,
    now: nowMs,
    random: (bytes) => randomBytes(bytes),
    onFault,
  });
}
