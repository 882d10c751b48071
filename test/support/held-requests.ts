import { randomBytes } from 'node:crypto';
import { ApprovalService, type ApprovalServiceOptions } from '../../src/approvals/approval-service.ts';
import type { Answer, ApprovalNote } from '../../src/approvals/vocabulary.ts';
import type { ApproveObligation } from '../../src/model/decision.ts';
import type { HeldRequest } from '../../src/model/held-request.ts';
import type { ExchangeNumber, PersonId, RunId, SessionId } from '../../src/model/ids.ts';
import type { Person } from '../../src/model/person.ts';
import type { Principal } from '../../src/model/principal.ts';
import { type RefusalCode, Refused } from '../../src/model/refusal.ts';
import type { Request } from '../../src/model/request.ts';
import { openStore, type Store, type StoreOptions } from '../../src/store/store.ts';
import { DeploymentKey } from '../../src/targets/deployment-key.ts';
import { makeSealer } from '../../src/targets/sealing.ts';
import { jobOf, operationOf, targetNamed } from './subjects.ts';

export const POLICY = 'a'.repeat(64);

export interface HeldParts {
  readonly text?: string;
  readonly run?: string;
  readonly principal?: Principal;
  readonly obligations?: readonly ApproveObligation[];
  readonly policy?: string;
  readonly session?: string;
  readonly exchange?: number;
  readonly context?: Readonly<Record<string, string>>;
}

export function obligation(group: string, more: Partial<ApproveObligation> = {}): ApproveObligation {
  const switches = { allowActor: false, measureRows: false, showText: false };
  return { kind: 'approve', group, quorum: 1, withinMs: 600_000, ...switches, ...more };
}

/** One `ALTER TABLE` of the demo's job that the group `dba` must approve, but for what a test says. */
export function heldRequest(parts: HeldParts = {}): HeldRequest {
  const { text = 'alter table orders add note text', obligations = [obligation('dba')], policy = POLICY } = parts;
  const job = parts.principal ?? jobOf({ actor: 'octocat', actorId: '583231' });
  const principal = parts.run === undefined ? job : { ...job, run: { ...job.run, id: parts.run as RunId } };
  const request: Request = {
    operations: [operationOf('alter', 'ddl', { tables: [{ schema: 'public', name: 'orders', use: 'write' }] })],
    body: () => ({ media: 'application/sql', bytes: Buffer.from(text) }),
    context: () => parts.context ?? { database: 'shop' },
  };
  return {
    session: (parts.session ?? 'ses_1') as SessionId,
    exchange: (parts.exchange ?? 1) as ExchangeNumber,
    principal,
    target: targetNamed('demo'),
    request,
    permit: { effect: 'permit', rules: ['ddl needs a dba'], obligations, policy },
    obligations,
  };
}

export function person(login: string, groups: readonly string[] = ['dba'], more: Partial<Person> = {}): Person {
  return { id: `per_${login}` as PersonId, login, groups, roles: ['approver'], handles: [], ...more };
}

export function answerOf(
  answer: 'approve' | 'deny',
  who: Person,
  { digest }: { readonly digest: string },
  more: Partial<Answer> = {},
): Answer {
  return { person: who, answer, digest, channel: 'web', ...more };
}

export const SEALER = makeSealer(new DeploymentKey(new Uint8Array(32).fill(7)));

/** A service as one gateway has it; its notes and faults are kept. */
export async function approvalsOn(store: Store, options: Partial<ApprovalServiceOptions> = {}) {
  const notes: ApprovalNote[] = [];
  const faults: unknown[] = [];
  const service = await ApprovalService.open({
    requestable: () => undefined,
    store,
    gateway: 'gateway.test/1',
    note: (note) => {
      notes.push(note);
      return Promise.resolve();
    },
    seal: SEALER.seal,
    open: SEALER.open,
    url: (id) => `https://gateway.test/approvals/${id}`,
    now: Date.now,
    random: (bytes) => randomBytes(bytes),
    onFault: (fault) => faults.push(fault),
    ...options,
  });
  return { service, notes, faults, [Symbol.asyncDispose]: () => service[Symbol.asyncDispose]() };
}

/** The same with a connection to the store of its own, as another process has it; both end together. */
export async function gatewayAt(place: StoreOptions, options: Partial<ApprovalServiceOptions> = {}) {
  const store = await openStore(place);
  const parts = await approvalsOn(store, options);
  return {
    ...parts,
    store,
    [Symbol.asyncDispose]: async () => {
      await parts.service[Symbol.asyncDispose]();
      await store[Symbol.asyncDispose]();
    },
  };
}

/**
 * Two gateways of one deployment. On SQLite they share a connection: a process that waits for another's lock stands
 * still, and here both would be one process.
 */
export async function twoGateways(place: StoreOptions, options: Partial<ApprovalServiceOptions> = {}) {
  const left = await gatewayAt(place, options);
  const second = { gateway: 'gateway.test/2', ...options };
  const isFile = left.store.kind === 'sqlite';
  const right = isFile ? await approvalsOn(left.store, second) : await gatewayAt(place, second);
  return {
    left,
    right,
    [Symbol.asyncDispose]: async () => {
      await right[Symbol.asyncDispose]();
      await left[Symbol.asyncDispose]();
    },
  };
}

/** For `assert.rejects`: a refusal of this code. */
export function refusedAs(code: RefusalCode) {
  return (error: unknown) => error instanceof Refused && error.refusal.code === code;
}
