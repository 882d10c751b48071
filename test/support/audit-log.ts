/** A run, a target and a client for tests of the audit log. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AuditLogOptions, type OpenAuditLog, openAuditLog } from '../../src/audit/open-audit-log.ts';
import type { ExchangeRecord, SessionRecord } from '../../src/audit/recorder.ts';
import type { ApprovalRecord } from '../../src/model/approval.ts';
import type { Decision } from '../../src/model/decision.ts';
import type {
  ApprovalId,
  ExchangeNumber,
  GrantId,
  PersonId,
  PrincipalId,
  RunId,
  SessionId,
  TargetName,
} from '../../src/model/ids.ts';
import { LIMITS } from '../../src/model/limits.ts';
import type { Principal, Run } from '../../src/model/principal.ts';
import type { Operation, Request } from '../../src/model/request.ts';
import type { RecordMode, Target } from '../../src/model/target.ts';

export const ORIGIN = 'gateway.example/log';

/** A directory that is gone when the test is over; hand it `after`. */
export function auditDirectory(after: (cleanUp: () => void) => void): string {
  const parent = mkdtempSync(join(tmpdir(), 'chaperone-audit-'));
  after(() => rmSync(parent, { recursive: true, force: true }));
  return join(parent, 'audit');
}

/** Opens a log of the tests' origin. Heads and checkpoints come when a test asks, unless `limits` says otherwise. */
export async function openLog(directory: string, options: Partial<AuditLogOptions> = {}): Promise<OpenAuditLog> {
  return await openAuditLog({ directory, origin: ORIGIN, ...options });
}

export function aRun(id: string): Run {
  return {
    id: id as RunId,
    kind: 'ci',
    workload: {
      issuer: 'https://token.actions.githubusercontent.com',
      issuerKind: 'github',
      tokenSubject: 'repo:acme/shop:ref:refs/heads/main',
      sourceRepositoryUri: 'https://github.com/acme/shop',
      sourceRef: 'refs/heads/main',
      actor: 'octavia',
    },
    demo: false,
    asserted: { agent: 'claude-code' },
    openedAt: '2026-03-04T05:06:07.008Z',
  };
}

export function aPrincipal(run: Run): Principal {
  const grant = {
    id: 'grt_1' as GrantId,
    run: run.id,
    targets: ['shop' as TargetName],
    rule: 'acme-main',
    issuedAt: '2026-03-04T05:06:07.008Z',
    expiresAt: '2026-03-04T05:21:07.008Z',
  };
  return { id: 'prn_1' as PrincipalId, kind: 'workload', display: 'acme/shop@refs/heads/main', run, grant };
}

export function aTarget(recordMode: RecordMode = 'strict', storedReplyBytes: number = LIMITS.storedReplyBytes): Target {
  return {
    name: 'shop' as TargetName,
    protocol: 'postgres',
    address: { host: 'db.internal', port: 5432 },
    database: 'shop',
    tls: { mode: 'verify-full' },
    labels: {},
    classified: [],
    recordMode,
    storedReplyBytes,
  };
}

export async function aSession(log: OpenAuditLog, run: Run, id: string, target = aTarget()): Promise<SessionRecord> {
  const principal = aPrincipal(run);
  return await log.openSession({
    id: id as SessionId,
    principal,
    target,
    client: '10.1.2.3:4567',
    carrier: 'native',
    asserted: {},
  });
}

export const SELECT: readonly Operation[] = [
  {
    kind: 'select',
    access: 'read',
    tables: [{ schema: 'public', name: 'orders', use: 'read' }],
    functions: [],
    hasWhere: true,
    flags: [],
  },
];

export const PERMIT: Decision = { effect: 'permit', rules: ['readers'], obligations: [], policy: 'ab'.repeat(32) };
/** A permit that asks one of the group `dba`. */
export const ASK: Decision = {
  ...PERMIT,
  effect: 'permit',
  rules: ['ask'],
  obligations: [
    {
      kind: 'approve',
      group: 'dba',
      quorum: 1,
      withinMs: 60_000,
      allowActor: false,
      measureRows: false,
      showText: false,
    },
  ],
};

/** How the wait of a held request ended, with the approval of one person. */
export function approvalEnded(state: ApprovalRecord['state']): ApprovalRecord {
  const vote = {
    person: 'psn_1' as PersonId,
    login: 'ada',
    answer: 'approve',
    channel: 'web',
    reason: 'fine',
  } as const;
  const votes = [{ ...vote, at: '2026-03-04T05:06:07.008Z' }];
  return { id: 'apr_1' as ApprovalId, state, digest: 'cd'.repeat(32), votes, waitedMs: 42_000 };
}

export const DENY: Decision = {
  effect: 'deny',
  code: 'policy-denied',
  rules: ['no-drops'],
  reason: 'dropping is not allowed',
  policy: 'ab'.repeat(32),
};

export function aRequest(text: string, operations: readonly Operation[] = SELECT): Request {
  return { operations, body: () => ({ media: 'application/sql', bytes: Buffer.from(text) }) };
}

export function ask(session: SessionRecord, exchange: number, text: string, decision = PERMIT): ExchangeRecord {
  return session.request(exchange as ExchangeNumber, aRequest(text), decision);
}

/** A whole exchange: a request that is permitted, and a reply. */
export async function exchange(
  session: SessionRecord,
  number: number,
  text: string,
  reply: string,
  decision = PERMIT,
): Promise<void> {
  const record = ask(session, number, text, decision);
  await record.durable;
  await record.reply(Buffer.from(reply));
  await record.end({ status: 'ok', rows: 1, tags: ['SELECT 1'] }, []);
}
