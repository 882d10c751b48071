import type { AuditEvent } from '../audit/audit-event.ts';
import { type RecordedEvent, readSession } from '../audit/read/read-session.ts';
import type { AuditLog } from '../audit/recorder.ts';
import type { Decision } from '../model/decision.ts';
import { LIMITS } from '../model/limits.ts';
import type { Principal } from '../model/principal.ts';
import type { Target } from '../model/target.ts';
import { compilePolicies } from '../policy/compile-policies.ts';
import { decisionWords } from '../policy/obligation-words.ts';
import { parsePolicies } from '../policy/parse-policies.ts';
import type { PolicySet } from '../policy/policy-set.ts';
import { policyDocument, readDeclarations } from '../store/configuration-rows.ts';
import { listSessions, type SessionRow } from '../store/session-rows.ts';
import type { Store } from '../store/store.ts';
import { readConfiguration } from '../targets/read-configuration.ts';
import type { PolicyTrialView, TrialRequest } from './services.ts';
import { statementView } from './statement-view.ts';

export interface PolicyTrialParts {
  readonly store: Store;
  readonly audit: Pick<AuditLog, 'sync'>;
  /** The audit directory. */
  readonly directory: string;
  /** This gateway, by the name of its log: others record their sessions themselves. */
  readonly gateway: string;
  readonly target: (name: string) => Target | undefined;
  readonly nowMs: () => number;
}

/** Decides what this gateway recorded lately again: under the policies in force, and with a changed one in place. */
export async function tryPolicies(request: TrialRequest, parts: PolicyTrialParts): Promise<PolicyTrialView> {
  const { policies } = await readDeclarations(parts.store);
  const replaced = new Set([...(request.name === undefined ? [] : [request.name]), ...namesIn(request.text)]);
  const others = policies.filter(({ name }) => !replaced.has(name));
  const changed = parsePolicies([
    { path: 'in force', text: policyDocument(others) },
    { path: TRIED, text: request.text },
  ]);
  if (changed.problems.length > 0) {
    const problems = changed.problems.map(({ line, column, message }) => ({
      line,
      message,
      ...(column === undefined ? {} : { column }),
    }));
    return { looked: 0, same: 0, changed: [], problems };
  }
  const now = parsePolicies([{ path: 'in force', text: policyDocument(policies) }]);
  const trial = new Trial(compilePolicies(now.policies), compilePolicies(changed.policies), request, parts);
  await parts.audit.sync();
  return trial.run();
}

const TRIED = 'the text';

/** Names that a text declares, as far as it can be read; its problems are told by the parser of policies. */
function namesIn(text: string): readonly string[] {
  const { policies = [] } = readConfiguration([{ name: TRIED, text }]).sections;
  return policies.flatMap(({ value }) => {
    const name = (value as { readonly name?: unknown } | null)?.name;
    return typeof name === 'string' ? [name] : [];
  });
}

class Trial {
  readonly #now: PolicySet;
  readonly #then: PolicySet;
  readonly #request: TrialRequest;
  readonly #parts: PolicyTrialParts;
  readonly #changed: PolicyTrialView['changed'][number][] = [];
  #looked = 0;
  #same = 0;

  constructor(now: PolicySet, then: PolicySet, request: TrialRequest, parts: PolicyTrialParts) {
    this.#now = now;
    this.#then = then;
    this.#request = request;
    this.#parts = parts;
  }

  async run(): Promise<PolicyTrialView> {
    const { store, gateway, nowMs } = this.#parts;
    const until = nowMs() + LIMITS.trialMs;
    const isOver = () => this.#looked >= this.#request.limit || nowMs() > until;
    const { since } = this.#request;
    for (let before: string | undefined; !isOver(); ) {
      const page = { limit: 100, ...(before ? { before } : {}), ...(since ? { since } : {}) };
      const sessions = await listSessions(store, page);
      for (const session of sessions) {
        if (isOver()) break;
        if (session.gateway === null || session.gateway === gateway) await this.#session(session, isOver);
      }
      before = sessions.at(-1)?.id;
      if (sessions.length < page.limit) break;
    }
    return { looked: this.#looked, same: this.#same, changed: this.#changed, problems: [] };
  }

  async #session(row: SessionRow, isOver: () => boolean): Promise<void> {
    let decide: ((event: AuditEvent) => readonly [Decision, Decision]) | undefined;
    for await (const recorded of readSession(this.#parts.directory, row.id)) {
      const { event } = recorded;
      if (event.kind === 'session.open') decide = this.#deciders(recorded);
      if (event.kind !== 'request' || event.op === undefined || decide === undefined) continue;
      if (isOver()) return;
      this.#judge(recorded, row, decide(event));
    }
  }

  #judge({ event, body }: RecordedEvent, row: SessionRow, [now, then]: readonly [Decision, Decision]): void {
    this.#looked++;
    const [before, after] = [decisionWords(now), decisionWords(then)];
    if (before === after) {
      this.#same++;
      return;
    }
    if (this.#changed.length >= LIMITS.trialChanges) return;
    const opened = this.#request.texts ? body(LIMITS.approvalHistoryTextBytes) : undefined;
    const text = opened?.kind === 'bytes' ? opened.bytes.toString('utf8') : undefined;
    const from = { principal: row.principal, target: row.target, repository: row.repository ?? undefined };
    const statement = statementView({ request: event, outcome: undefined, text }, from);
    this.#changed.push({ statement: this.#request.texts ? statement : { ...statement, text: '' }, before, after });
  }

  /** Undefined where it is not to be known any more who asked, or where. */
  #deciders({ body }: RecordedEvent): ((event: AuditEvent) => readonly [Decision, Decision]) | undefined {
    const opened = body();
    if (opened.kind !== 'bytes') return undefined;
    const { principal, target } = JSON.parse(opened.bytes.toString('utf8')) as {
      readonly principal: Principal;
      readonly target: { readonly name: string };
    };
    // The target's labels and columns as they are now: what is tried is what would be decided next time.
    const known = this.#parts.target(target.name);
    if (known === undefined) return undefined;
    let at = 0;
    const clock = { nowMs: () => at };
    const [now, then] = [this.#now.decider(principal, known, clock), this.#then.decider(principal, known, clock)];
    return ({ op = [], at: asked }) => {
      at = Date.parse(asked);
      return [now({ operations: op }), then({ operations: op })];
    };
  }
}
