import { z } from 'zod';
import type { ApprovalId } from '../../model/ids.ts';
import { isMcp, mcpRequestText } from '../../model/mcp-message.ts';
import { plainTitles } from '../../model/operation-words.ts';
import type { Workload } from '../../model/principal.ts';
import type { Body } from '../../model/request.ts';
import type { RunReference } from '../../model/run-reference.ts';
import { SSH_MEDIA } from '../../model/ssh-frames.ts';
import type { RunRow } from '../../store/grant-rows.ts';
import { findRun } from '../../store/run-rows.ts';
import type { Store } from '../../store/store.ts';
import type { FiledApproval } from '../filed-approval.ts';
import type { ApprovalNotice, NoticeStatement } from './approval-notice.ts';

export interface NoticeParts {
  readonly store: Store;
  /** Any approval, opened. */
  readonly find: (id: string) => Promise<FiledApproval | undefined>;
  /** Where a person reads it and answers. */
  readonly url: (id: ApprovalId) => string;
}

/** An approval as channels tell of it; its text only where every rule that asked shows it. */
export async function noticeOf(id: string, { store, find, url }: NoticeParts): Promise<ApprovalNotice | undefined> {
  const approval = await find(id);
  if (approval === undefined) return undefined;
  const { kind, obligations, operations, decidedAt, reason, body } = approval;
  const isShown = obligations.length > 0 && obligations.every(({ showText }) => showText);
  const asked = kind === 'access' ? [{ text: Buffer.from(body.bytes).toString('utf8'), parameters: [] }] : undefined;
  const statements = isShown ? (asked ?? statementsOf(body, operations)) : undefined;
  const tables = operations.flatMap(({ tables: used }) =>
    used.map(({ schema, name }) => (schema ? `${schema}.${name}` : name)),
  );
  return {
    id: approval.id,
    digest: approval.digest,
    url: url(approval.id),
    state: approval.state,
    requestedAt: approval.requestedAt,
    expiresAt: approval.expiresAt,
    ...(decidedAt !== undefined && { decidedAt }),
    target: approval.target,
    protocol: approval.protocol,
    kinds: [...new Set(operations.map((operation) => operation.kind))],
    does: plainTitles(operations),
    tables: [...new Set(tables)],
    requirements: approval.requirements.map(({ group, quorum, approvals }) => ({ group, quorum, approvals })),
    rules: approval.rules,
    run: runOf(approval, await findRun(store, approval.run)),
    votes: approval.votes,
    ...(reason !== undefined && { reason }),
    ...(statements && { statements }),
    context: approval.context,
  };
}

const batchSchema = z.array(z.looseObject({ text: z.string(), parameters: z.array(z.unknown()).optional() })).min(1);

/** The statements of a request's body; undefined where it is of a form that is not known here, and nothing is shown. */
export function statementsOf(
  { media, bytes }: Body,
  operations: readonly unknown[] = [],
): readonly NoticeStatement[] | undefined {
  const message = isMcp(operations) ? mcpRequestText(bytes) : undefined;
  if (message !== undefined) return [{ text: message, parameters: [] }];
  const text = Buffer.from(bytes).toString('utf8');
  if (media === 'application/sql' || media === SSH_MEDIA) return [{ text, parameters: [] }];
  if (media === 'message/http') return isText(bytes) ? [{ text, parameters: [] }] : undefined;
  if (media !== 'application/json') return undefined;
  const batch = batchSchema.safeParse(parseJson(text));
  return batch.success
    ? batch.data.map((item) => ({ text: item.text, parameters: (item.parameters ?? []).map(shown) }))
    : undefined;
}

/** Bytes that are no text are shown as a person can look at them, on the page. */
function isText(bytes: Uint8Array): boolean {
  return !Buffer.from(bytes).toString('utf8').includes('\uFFFD');
}

function shown(parameter: unknown): string | null {
  if (parameter === null || parameter === undefined) return null;
  return typeof parameter === 'string' ? parameter : JSON.stringify(parameter);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The schema then says that it is no batch.
    return undefined;
  }
}

function runOf(approval: FiledApproval, row: RunRow | undefined): RunReference {
  const workload: Partial<Workload> = row === undefined ? {} : (JSON.parse(row.workload) as Workload);
  const asserted = row === undefined ? {} : (JSON.parse(row.asserted) as Readonly<Record<string, string>>);
  const optional = {
    repository: workload.sourceRepositoryUri ?? approval.repository,
    ref: workload.sourceRef,
    commit: workload.sourceDigest,
    workflow: workload.buildConfigUri,
    url: workload.runInvocationUri,
    actor: workload.actor,
    agent: asserted['agent'],
  };
  return {
    id: approval.run,
    display: approval.display,
    ...Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)),
    demo: row?.demo === 1,
  };
}
