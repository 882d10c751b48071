import type { ApprovalService } from '../approvals/approval-service.ts';
import type { FiledApproval } from '../approvals/filed-approval.ts';
import { recentRequests } from '../audit/read/recent-requests.ts';
import type { AuditLog } from '../audit/recorder.ts';
import { LIMITS } from '../model/limits.ts';
import { findRuns } from '../store/run-rows.ts';
import { listSessions } from '../store/session-rows.ts';
import type { Store } from '../store/store.ts';
import { approvalDetails, approvalSummary } from './approval-view.ts';
import type { Caller } from './caller.ts';
import type { StatementView } from './recording-service.ts';
import type { ApprovalServices } from './services.ts';
import { statementView, withoutText } from './statement-view.ts';

export interface ApprovalServicesParts {
  readonly store: Store;
  readonly approvals: ApprovalService;
  readonly audit: Pick<AuditLog, 'sync'>;
  /** The audit directory. */
  readonly directory: string;
}

/** Approvals as a caller may see them, with the run that asks and what it did before. */
export function approvalServices(parts: ApprovalServicesParts): ApprovalServices {
  const { store, approvals } = parts;
  const around = async (approval: FiledApproval, caller: Caller) => {
    const runs = await findRuns(store, [approval.run]);
    return [runs.get(approval.run), caller, await before(approval, caller, parts)] as const;
  };
  return {
    async list(query, caller) {
      const { items, next } = await approvals.list(query, viewerOf(caller));
      const runs = await findRuns(
        store,
        items.map(({ run }) => run),
      );
      const views = items.map((approval) => approvalSummary(approval, runs.get(approval.run), caller));
      return next === undefined ? { items: views } : { items: views, next };
    },
    async find(id, caller) {
      const approval = await approvals.find(id, viewerOf(caller));
      return approval && approvalDetails(approval, ...(await around(approval, caller)));
    },
    async answer(id, answer, caller) {
      // All that can fail comes first: an answer that counts is never told to have failed.
      const asked = await approvals.find(id, viewerOf(caller));
      const shown = asked && (await around(asked, caller));
      const decided = await approvals.decide(id, answer);
      return approvalDetails(decided, ...(shown ?? (await around(decided, caller))));
    },
    maySee: async (id, caller) => (await approvals.whoMaySee(id))(viewerOf(caller)),
  };
}

function viewerOf({ person, scopes }: Caller) {
  return { person: scopes.has('approvals:answer') ? person : undefined, all: scopes.has('approvals:read') };
}

/** What the run did before in this target, as far as this gateway recorded it: newest first. */
async function before(
  approval: FiledApproval,
  caller: Caller,
  { store, audit, directory }: ApprovalServicesParts,
): Promise<readonly StatementView[]> {
  if (!caller.scopes.has('sessions:read')) return [];
  const limit = LIMITS.approvalHistoryStatements;
  const sessions = await listSessions(store, { run: approval.run, target: approval.target, limit });
  await audit.sync();
  const shown: StatementView[] = [];
  for (const session of sessions) {
    if (shown.length >= limit || session.id > approval.session) continue;
    const held = session.id === approval.session ? { before: approval.exchange } : {};
    const textBytes = caller.scopes.has('recordings:read') ? LIMITS.approvalHistoryTextBytes : 0;
    const query = { limit: limit - shown.length, tailBytes: LIMITS.approvalHistoryBytes, textBytes, ...held };
    const from = {
      principal: session.principal,
      target: session.target,
      repository: session.repository ?? undefined,
    };
    for (const request of await recentRequests(directory, session.id, query)) {
      const statement = statementView(request, from);
      shown.push(textBytes === 0 ? withoutText(statement) : statement);
    }
  }
  return shown;
}
