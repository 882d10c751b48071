/** A run's evidence made by the real writer: a log, sessions, people's approvals, a CI token, a statement. */
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { EvidenceService } from '../../src/audit/bundle/evidence-service.ts';
import type { RunFacts } from '../../src/audit/bundle/run-facts.ts';
import type { StatedApproval } from '../../src/audit/bundle/statement.ts';
import { StatementKeyRing } from '../../src/audit/bundle/statement-keys.ts';
import type { TimestampAuthority } from '../../src/audit/bundle/timestamp.ts';
import { canonicalJson } from '../../src/audit/canonical-json.ts';
import type { OpenAuditLog } from '../../src/audit/open-audit-log.ts';
import type { Permit } from '../../src/model/decision.ts';
import type { ApprovalId, PersonId } from '../../src/model/ids.ts';
import type { Run } from '../../src/model/principal.ts';
import { Secret } from '../../src/model/secret.ts';
import { aRun, aSession, ask, aTarget, DENY, exchange, ORIGIN, openLog } from './audit-log.ts';
import { gather } from './gather.ts';

export const POLICY_OF_TESTS = canonicalJson({ rules: [{ name: 'readers' }], v: 1 });
export const POLICY_DIGEST = sha256(POLICY_OF_TESTS);
/** SHA-256 of what was approved, in a made-up run. */
export const APPROVED_DIGEST = 'cd'.repeat(32);
const PERSON = 'psn_1' as PersonId;

export const PERMIT_OF_POLICY: Permit = {
  effect: 'permit',
  rules: ['readers'],
  obligations: [],
  policy: POLICY_DIGEST,
};
const HELD: Permit = {
  ...PERMIT_OF_POLICY,
  obligations: [
    {
      kind: 'approve',
      group: 'dba',
      quorum: 1,
      withinMs: 60_000,
      allowActor: false,
      measureRows: false,
      showText: true,
    },
  ],
};

export interface MadeBundle {
  readonly run: string;
  readonly bytes: Buffer;
  /** Verifier's own files, as somebody has them from elsewhere. */
  readonly policy: string;
  readonly statementKey: string;
  readonly auditorKey: string;
}

export interface BundleWorld extends AsyncDisposable {
  readonly log: OpenAuditLog;
  readonly service: EvidenceService;
  readonly policy: string;
  readonly statementKey: string;
  readonly auditorKey: string;
  /** Makes a run of two sessions, with a refusal, an approval, a large reply and a mask. */
  readonly makeRun: (id: string, options?: { readonly close?: boolean }) => Promise<void>;
  readonly bundle: (id: string, withholds?: 'role' | 'asked') => Promise<MadeBundle>;
}

/** A gateway's log and its evidence, in a directory that the caller removes. */
export async function bundleWorld(
  directory: string,
  options: {
    readonly timestampAuthorities?: readonly TimestampAuthority[];
    readonly open?: Partial<Parameters<typeof openLog>[1]>;
  } = {},
): Promise<BundleWorld> {
  const log = await openLog(join(directory, 'audit'), options.open);
  const signer = new StatementKeyRing(join(directory, 'audit', 'keys'));
  const auditorKey = await generateX25519Identity();
  const issuer = await makeIssuer();
  const facts = new Map<string, RunFacts>();
  const service = new EvidenceService({
    directory: join(directory, 'audit'),
    evidenceDirectory: join(directory, 'evidence'),
    log,
    origin: ORIGIN,
    version: '0.1.0',
    facts: {
      facts: (run) => Promise.resolve(facts.get(run)),
      policy: (digest) => Promise.resolve(digest === POLICY_DIGEST ? POLICY_OF_TESTS : undefined),
    },
    signer,
    timestampAuthorities: options.timestampAuthorities ?? [],
    auditors: [await identityToRecipient(auditorKey)],
    random: (bytes) => crypto.getRandomValues(new Uint8Array(bytes)),
    verifierKey: () => log.verifierKey,
    terminal: () => undefined,
    onFault: (fault) => {
      throw fault;
    },
  });
  const keys = { policy: `log ${log.verifierKey}\nquorum none\n`, statementKey: signer.current.publicKey, auditorKey };
  await log.note({ kind: 'policy.activated', detail: { digest: POLICY_DIGEST, rules: 1 } });
  return {
    log,
    service,
    ...keys,
    makeRun: async (id, { close = true } = {}) => {
      const run = ofNow(aRun(id));
      const identity = await issuer.tokenFor(run);
      facts.set(id, factsOf(run, identity, close));
      await log.openRun(run, { tokenDigest: sha256(identity.token), jwksDigest: sha256(identity.jwks) });
      await work(log, run);
      if (close) {
        await log.closeRun(run.id, 'completed');
        await service.closed(id);
      }
    },
    bundle: async (id, withholds) => {
      const bundle = await service.open(id, { withholds, signal: AbortSignal.timeout(30_000) });
      if (bundle === undefined) throw new Error(`there is no evidence of ${id}`);
      return { run: id, bytes: await gather(bundle.stream()), ...keys };
    },
    async [Symbol.asyncDispose]() {
      await service[Symbol.asyncDispose]();
      await log[Symbol.asyncDispose]();
    },
  };
}

/** Writes what an auditor has of their own; the paths of the files. */
export function writeKeys(
  directory: string,
  { policy, statementKey, auditorKey }: Pick<MadeBundle, 'policy' | 'statementKey' | 'auditorKey'>,
): { readonly policy: string; readonly statementKey: string; readonly auditorKey: string } {
  const paths = {
    policy: join(directory, 'trust.policy'),
    statementKey: join(directory, 'statement.pub.pem'),
    auditorKey: join(directory, 'auditor.key'),
  };
  writeFileSync(paths.policy, policy);
  writeFileSync(paths.statementKey, statementKey);
  writeFileSync(paths.auditorKey, `# an auditor's identity\n${auditorKey}\n`);
  return paths;
}

/** Reads, a large reply, a mask, a refusal, something unasked, and a change that people approved. */
async function work(log: OpenAuditLog, run: Run): Promise<void> {
  const one = await aSession(log, run, `ses_${run.id}_1`);
  const two = await aSession(log, run, `ses_${run.id}_2`, aTarget('batched', 100_000));
  for (let i = 1; i <= 20; i++) await exchange(one, i, `SELECT ${i}`, `row ${i} of ${run.id}`, PERMIT_OF_POLICY);
  await changeThatPeopleApproved(log, run, one);
  const refused = ask(two, 1, 'DROP TABLE orders', { ...DENY, policy: POLICY_DIGEST });
  await refused.refuse({ code: 'policy-denied', message: 'no' });
  const large = ask(two, 2, 'SELECT * FROM orders', PERMIT_OF_POLICY);
  await large.reply(Buffer.alloc(150_000, 'abc'));
  await large.end({ status: 'ok', rows: 10 }, [{ by: 'column', name: 'email', count: 10 }]);
  two.unasked(Buffer.from('a notice'));
  await one.close('clientLeft');
  await two.close('completed');
}

async function changeThatPeopleApproved(
  log: OpenAuditLog,
  run: Run,
  session: Awaited<ReturnType<typeof aSession>>,
): Promise<void> {
  const id = approvalOf(run);
  const detail = {
    approval: id,
    digest: APPROVED_DIGEST,
    run: run.id,
    session: `ses_${run.id}_1`,
    exchange: 21,
    target: 'shop',
  };
  const asked = ask(session, 21, 'ALTER TABLE orders ADD note text', HELD);
  await log.note({ kind: 'approval.requested', detail: { ...detail, groups: 'dba' } });
  await log.note({
    kind: 'approval.decided',
    detail: { ...detail, answer: 'approve', by: PERSON, channel: 'web', state: 'approved' },
  });
  const vote = { person: PERSON, login: 'ada', answer: 'approve', channel: 'web', at: '' } as const;
  await asked.approval({ id, state: 'used', digest: APPROVED_DIGEST, votes: [vote], waitedMs: 5 });
  await asked.end({ status: 'ok', rows: 0 }, []);
}

function approvalOf(run: Run): ApprovalId {
  return `apr_${run.id}` as ApprovalId;
}

function ofNow(run: Run): Run {
  return { ...run, openedAt: new Date().toISOString() };
}

interface Identity {
  readonly token: string;
  readonly jwks: string;
}

function factsOf(run: Run, { token, jwks }: Identity, closed: boolean): RunFacts {
  const approval: StatedApproval = {
    id: approvalOf(run),
    requestDigest: { sha256: APPROVED_DIGEST },
    decision: 'approved',
    requestedAt: run.openedAt,
    decidedAt: run.openedAt,
    usedAt: run.openedAt,
    approvers: [PERSON],
  };
  return {
    run: {
      id: run.id,
      kind: 'ci',
      demo: false,
      openedAt: run.openedAt,
      ...(closed ? { closedAt: run.openedAt, termination: 'completed' } : {}),
      tokenDigest: sha256(token),
      jwksDigest: sha256(jwks),
    },
    workload: { ...run.workload, derived: ['sourceRepositoryUri'] },
    asserted: run.asserted,
    token: new Secret(token),
    jwks,
    grants: [],
    approvals: [approval],
    elsewhere: [],
  };
}

/** A CI system's issuer, whose tokens have GitHub's shape. */
async function makeIssuer(): Promise<{ tokenFor: (run: Run) => Promise<Identity> }> {
  const { publicKey, privateKey } = await generateKeyPair('RS256');
  const jwks = JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: 'one', use: 'sig', alg: 'RS256' }] });
  return {
    async tokenFor({ workload }) {
      const token = await new SignJWT({ actor: workload.actor, ref: workload.sourceRef, repository_id: '12345' })
        .setProtectedHeader({ alg: 'RS256', kid: 'one' })
        .setIssuer(workload.issuer)
        .setSubject(workload.tokenSubject)
        .setIssuedAt()
        .setExpirationTime('5m')
        .sign(privateKey);
      return { token, jwks };
    },
  };
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
