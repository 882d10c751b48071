import type { AuditEvent } from '../audit/audit-event.ts';
import { type RecordedEvent, readSession } from '../audit/read/read-session.ts';
import { recordedStatements } from '../audit/record/recorded-statements.ts';
import { detectorsOf } from '../masking/column-preview.ts';
import type { Principal } from '../model/principal.ts';
import type { Operation } from '../model/request.ts';
import type { Target } from '../model/target.ts';
import { explainDecision } from '../policy/explain-decision.ts';
import { decisionWords } from '../policy/obligation-words.ts';
import { parsePolicies } from '../policy/parse-policies.ts';
import type { Policy } from '../policy/policy.ts';
import { analyseOnce } from '../sql/postgres/analyser.ts';
import type { Analysis } from '../sql/postgres/analysis.ts';
import { findApproval } from '../store/approval-rows.ts';
import { policyDocument, readDeclarations } from '../store/configuration-rows.ts';
import { askedPrincipal } from '../trials/asked-principal.ts';
import { type ExplanationView, explanationView } from '../trials/explanation-view.ts';
import { type AskedHttp, askedHttp, httpOperations, NO_REQUEST, recordedHttp } from '../trials/http-operations.ts';
import { maskedClasses, replyFields, resultColumns } from '../trials/result-columns.ts';
import { askedHost, recordedHost } from '../trials/ssh-operations.ts';
import type { ApiParts } from './open-api.ts';
import { HttpProblem } from './problem.ts';

export type ExplainParts = Pick<ApiParts, 'store' | 'audit' | 'targets' | 'classes' | 'catalogue' | 'nowMs'> & {
  /** The audit directory. */
  readonly directory: string;
};

/** A request of the record, or a statement that somebody would ask. */
export type ExplainRequest =
  | { readonly session: string; readonly exchange: number; readonly texts: boolean }
  | { readonly approval: string; readonly texts: boolean }
  | { readonly statement: string; readonly target: string; readonly as: Readonly<Record<string, string>> };

export interface PolicyExplanation extends ExplanationView {
  readonly target: string;
  readonly principal: string;
  /** RFC 3339: when it was asked, or now. */
  readonly at: string;
  /** What was asked, where it may be shown. */
  readonly text?: string;
  /** What was decided then, in words; of a request of the record. */
  readonly recorded?: string;
  /**
   * Where the operations come from: the record of the request, the database as a session last read it, or the text alone,
   * so that what its own views and functions do is not known; a request of HTTP says all of itself.
   */
  readonly analysis: 'recorded' | 'catalogue' | 'text' | 'request';
}

/** Says how the policies in force decide a request, rule by rule. Undefined where there is no such request or target. */
export async function explainRequest(
  request: ExplainRequest,
  parts: ExplainParts,
): Promise<PolicyExplanation | undefined> {
  const { policies: rows } = await readDeclarations(parts.store);
  const { policies } = parsePolicies([{ path: 'in force', text: policyDocument(rows) }]);
  if ('statement' in request) return explainText(request, policies, parts);
  if ('session' in request) return explainRecorded(request, policies, parts);
  const row = await parts.store.read((db) => findApproval(db, request.approval));
  return row && explainRecorded({ ...row, texts: request.texts }, policies, parts);
}

async function explainText(
  { statement, target: name, as }: Extract<ExplainRequest, { readonly statement: string }>,
  policies: readonly Policy[],
  parts: ExplainParts,
): Promise<PolicyExplanation | undefined> {
  const target = targetNow(name, parts);
  if (target === undefined) return undefined;
  const nowMs = parts.nowMs();
  const principal = askedPrincipal(as, nowMs);
  const common = { target: name, principal: principal.display, at: new Date(nowMs).toISOString(), text: statement };
  if (target.http !== undefined) {
    const asked = askedHttp(statement);
    if (asked === undefined) throw new HttpProblem(400, `Not a request: ${NO_REQUEST}`);
    const operations = await httpOperations(asked, target);
    const view = explained(policies, { principal, target, operations, analysis: undefined, nowMs });
    return { ...view, ...common, analysis: 'request' };
  }
  if (target.ssh !== undefined) {
    const operations = askedHost(statement, '');
    const view = explained(policies, { principal, target, operations, analysis: undefined, nowMs });
    return { ...view, ...common, analysis: 'request' };
  }
  const catalogue = parts.catalogue?.(target);
  const analysis = analyse(statement, target, parts);
  const view = explained(policies, { principal, target, operations: analysis.operations, analysis, nowMs });
  return { ...view, ...common, analysis: catalogue === undefined ? 'text' : 'catalogue' };
}

async function explainRecorded(
  { session, exchange, texts }: Extract<ExplainRequest, { readonly session: string }>,
  policies: readonly Policy[],
  parts: ExplainParts,
): Promise<PolicyExplanation | undefined> {
  await parts.audit.sync();
  const found = await findRequest(parts, session, exchange, texts);
  if (found === undefined) return undefined;
  const { principal, target: name, event, text } = found;
  const target = targetNow(name, parts);
  if (target === undefined) throw new HttpProblem(404, `The target ${name} is not there any more`);
  const { op = [], at, decision } = event;
  const isPlain = event.body?.media === 'message/http' || op.some(({ ssh }) => ssh !== undefined);
  const analysis = text === undefined || isPlain ? undefined : analyse(text, target, parts);
  const operations = found.host ?? (found.http === undefined ? op : await httpOperations(found.http, target));
  const view = explained(policies, { principal, target, operations, analysis, nowMs: Date.parse(at) });
  return {
    ...view,
    target: name,
    principal: principal.display,
    at,
    ...(text === undefined ? {} : { text }),
    ...(decision === undefined ? {} : { recorded: decisionWords(decision) }),
    analysis: 'recorded',
  };
}

interface Asked {
  readonly principal: Principal;
  readonly target: Target;
  readonly operations: readonly Operation[];
  /** For the columns of its results. */
  readonly analysis: Analysis | undefined;
  readonly nowMs: number;
}

function explained(policies: readonly Policy[], asked: Asked): ExplanationView {
  const { principal, target, operations, analysis, nowMs } = asked;
  const explanation = explainDecision(policies, principal, target, { operations }, { nowMs: () => nowMs });
  const { decision } = explanation;
  if (decision.effect === 'deny') return explanationView(explanation, { results: [], detectors: [] });
  const classes = maskedClasses(decision.obligations);
  const results =
    analysis === undefined
      ? replyFields(operations, classes, target.classified)
      : resultColumns(analysis, operations, classes, target.classified);
  return explanationView(explanation, { results, detectors: detectorsOf(classes) });
}

/** The target with its labels and columns as they are now. */
function targetNow(name: string, { targets, classes }: ExplainParts): Target | undefined {
  const target = targets.get(name);
  return target && { ...target, classified: classes.of(target) };
}

function analyse(text: string, target: Target, { catalogue }: ExplainParts): Analysis {
  return analyseOnce(text, { catalogue: catalogue?.(target), prepared: () => undefined, cursor: () => undefined });
}

interface FoundRequest {
  readonly principal: Principal;
  readonly target: string;
  readonly event: AuditEvent;
  /** Where it may be shown and is there. */
  readonly text: string | undefined;
  /** Of a request of HTTP: what its line does not tell. */
  readonly http: AskedHttp | undefined;
  /** The same of one to an SSH host. */
  readonly host: readonly Operation[] | undefined;
}

async function findRequest(
  parts: ExplainParts,
  session: string,
  exchange: number,
  texts: boolean,
): Promise<FoundRequest | undefined> {
  if (!/^[A-Za-z0-9_-]{1,100}$/.test(session)) return undefined;
  let opening: { readonly principal: Principal; readonly target: { readonly name: string } } | undefined;
  for await (const recorded of readSession(parts.directory, session)) {
    const { event } = recorded;
    if (event.kind === 'session.open') opening = openingOf(recorded);
    if (event.kind !== 'request' || event.exchange !== exchange) continue;
    if (opening === undefined) throw new HttpProblem(410, 'Who asked was erased, or cannot be opened here');
    // Bodies are there only while the session is read.
    const text = texts ? textOf(recorded) : undefined;
    const { principal, target } = opening;
    const http = httpOf(recorded, targetNow(target.name, parts));
    return { principal, target: target.name, event, text, http, host: hostOf(recorded) };
  }
  return undefined;
}

function hostOf({ event, body }: RecordedEvent): readonly Operation[] | undefined {
  const { op = [] } = event;
  if (!op.some(({ ssh }) => ssh !== undefined)) return undefined;
  const opened = body();
  return opened.kind === 'bytes' ? recordedHost(op, opened.bytes.toString('utf8')) : undefined;
}

function httpOf({ event, body }: RecordedEvent, target: Target | undefined): AskedHttp | undefined {
  if (event.body?.media !== 'message/http' || target === undefined) return undefined;
  const opened = body();
  return opened.kind === 'bytes' ? recordedHttp(opened.bytes, target) : undefined;
}

function openingOf({ body }: RecordedEvent): { principal: Principal; target: { name: string } } | undefined {
  const opened = body();
  return opened.kind === 'bytes' ? JSON.parse(opened.bytes.toString('utf8')) : undefined;
}

function textOf({ event, body }: { readonly event: AuditEvent; readonly body: RecordedEvent['body'] }) {
  const opened = body();
  if (opened.kind !== 'bytes') return undefined;
  const texts = recordedStatements(opened.bytes, event.body?.media ?? '').map(({ text }) => text);
  return texts.join(';\n');
}
