import { type FiledApproval, standingOf } from '../approvals/filed-approval.ts';
import { operationFacts } from '../audit/record/operation-facts.ts';
import { recordedStatements } from '../audit/record/recorded-statements.ts';
import type { Estimate, Vote } from '../model/approval.ts';
import { askedInLine } from '../model/asked-line.ts';
import { operationWords } from '../model/operation-words.ts';
import type { Operation } from '../model/request.ts';
import type { RunRow } from '../store/grant-rows.ts';
import type { Caller } from './caller.ts';
import type { StatementView } from './recording-service.ts';
import { runReference, unknownRun } from './run-view.ts';
import type { ApprovalDetails, ApprovalView } from './services.ts';
import { joinedText, tableName, tablesOf } from './statement-view.ts';

const EXCERPT_CHARACTERS = 300;

/** An approval as a list shows it. */
export function approvalSummary(approval: FiledApproval, run: RunRow | undefined, caller: Caller): ApprovalView {
  const { id, kind, state, target, protocol, operations, body, session, requirements, rules } = approval;
  const text = joinedText(body.bytes, body.media, operations);
  const line = askedInLine(text, operations, EXCERPT_CHARACTERS);
  return {
    id,
    kind,
    state,
    mine: standing(approval, caller).mine,
    target,
    protocol,
    kinds: [...new Set(operations.map((operation) => operation.kind))],
    tables: tablesOf(operations),
    text: text.slice(0, EXCERPT_CHARACTERS),
    ...(line === undefined ? {} : { line }),
    run: run === undefined ? unknownRun(approval.run, approval.display) : runReference(run),
    session,
    requirements: requirements.map(({ group, quorum, approvals }) => ({ group, quorum, approvals })),
    rules,
    requestedAt: approval.requestedAt,
    expiresAt: approval.expiresAt,
    ...(approval.decidedAt === undefined ? {} : { decidedAt: approval.decidedAt }),
    ...(approval.usedAt === undefined ? {} : { usedAt: approval.usedAt }),
  };
}

/** All of it: nothing that is to be approved is shortened. */
export function approvalDetails(
  approval: FiledApproval,
  run: RunRow | undefined,
  caller: Caller,
  before: readonly StatementView[],
): ApprovalDetails {
  const { body, operations, context, votes, estimate, reason } = approval;
  const stands = standing(approval, caller);
  return {
    ...approvalSummary(approval, run, caller),
    statements: recordedStatements(body.bytes, body.media, operations),
    digest: approval.digest,
    policy: approval.policy,
    gateway: approval.gateway,
    operations: operations.map(operationView),
    context: Object.entries(context).map(([name, value]) => ({ name, value })),
    votes: votes.map(voteView),
    before,
    held: approval.held,
    ...(estimate === undefined ? {} : { estimate: shownEstimate(estimate) }),
    ...(stands.mine ? {} : { notMine: stands.why }),
    ...(reason === undefined ? {} : { reason }),
  };
}

/** Without what stands for the live object: of one that is secret it could be tried until it fits. */
function shownEstimate({ seen: _seen, ...shown }: Estimate): Estimate {
  return shown;
}

/** A person may answer by a browser or by a token of their own; the token must be for that. */
function standing(approval: FiledApproval, { person, scopes }: Caller): ReturnType<typeof standingOf> {
  const stands = standingOf(approval, person);
  if (!stands.mine || scopes.has('approvals:answer')) return stands;
  return { mine: false, code: 'not-yours', why: 'you may look, and not answer' };
}

function operationView(operation: Operation) {
  const { kind, access, tables, functions, hasWhere, flags, outputs, reason } = operation;
  const { reads, filters, writes, copies, lock, unknown } = operationFacts(operation);
  return {
    kind,
    access,
    ...operationWords(operation),
    tables: tables.map((table) => ({ name: tableName(table), use: table.use })),
    columns: unknown ? ['?'] : [...new Set([...reads, ...columnsOf(outputs)])],
    filters,
    writes,
    copies,
    ...(lock === undefined ? {} : { lock }),
    functions,
    hasWhere,
    flags,
    ...(reason === undefined ? {} : { reason }),
  };
}

/** The columns that the result derives from; `?` where that is not known. */
function columnsOf(outputs: Operation['outputs'] = []): readonly string[] {
  const names = outputs.flatMap(({ sources }) =>
    sources === 'unknown'
      ? ['?']
      : sources.map(({ schema, table, column }) => `${tableName({ schema, name: table })}.${column}`),
  );
  return [...new Set(names)];
}

function voteView({ login, answer, reason, channel, at }: Vote) {
  return { login, answer, channel, at, ...(reason === undefined ? {} : { reason }) };
}
