import type { AuditEvent } from '../audit/audit-event.ts';
import type { RecordedEvent } from '../audit/read/read-session.ts';
import { recordedStatements } from '../audit/record/recorded-statements.ts';
import type { Decision } from '../model/decision.ts';
import type { Principal } from '../model/principal.ts';
import type { Target } from '../model/target.ts';
import { decisionWords } from '../policy/obligation-words.ts';
import type { PolicySet } from '../policy/policy-set.ts';
import { httpTargetOf } from './asked-target.ts';
import { type ChangeKind, decisionChange } from './decision-change.ts';
import { httpOperations, recordedHttp } from './http-operations.ts';
import { recordedHost } from './ssh-operations.ts';

export interface ReplayParts {
  /** What is compared with: other policies, or what was decided then. */
  readonly before: PolicySet | 'recorded';
  readonly after: PolicySet;
  /** The target as it is now; undefined where there is none of that name any more. */
  readonly target: (recorded: RecordedTarget) => Target | undefined;
  /** How many statements of each group are shown. */
  readonly examples: number;
  /** Whether texts may be shown. */
  readonly texts: boolean;
}

/** What a session's record says of its target. */
export interface RecordedTarget {
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly database?: string;
}

export interface ReplayReport {
  readonly sessions: number;
  /** Requests that were judged again. */
  readonly looked: number;
  readonly same: number;
  readonly loosened: number;
  readonly tightened: number;
  /** The largest first. */
  readonly groups: readonly ReplayGroup[];
  /** What could not be judged again. */
  readonly unread: {
    /** Requests of sessions whose run was erased, or whose key is not here. */
    readonly withheld: number;
    /** Requests in targets that there are not any more. */
    readonly withoutTarget: number;
    /** Requests that were refused whatever policy says: the protocol cannot carry them. */
    readonly unsupported: number;
  };
}

export interface ReplayGroup {
  readonly kind: ChangeKind;
  readonly loosened: boolean;
  readonly tightened: boolean;
  readonly before: string;
  readonly after: string;
  readonly count: number;
  readonly examples: readonly ReplayExample[];
}

export interface ReplayExample {
  readonly session: string;
  readonly exchange: number;
  readonly at: string;
  readonly target: string;
  readonly principal: string;
  readonly kinds: readonly string[];
  readonly tables: readonly string[];
  /** Absent where it may not be shown, or was erased. */
  readonly text?: string;
}

/** Characters of a text that an example shows. */
const SHOWN_TEXT = 2_000;

/**
 * Judges recorded requests again: by the operations that the gateway found then, with the catalogue of that time, at the
 * time at which they were asked, and in the target as it is now.
 */
export class Replay {
  readonly #parts: ReplayParts;
  readonly #groups = new Map<
    string,
    { readonly group: Omit<ReplayGroup, 'count' | 'examples'>; count: number; examples: ReplayExample[] }
  >();
  readonly #counts = { sessions: 0, looked: 0, same: 0, loosened: 0, tightened: 0 };
  readonly #unread = { withheld: 0, withoutTarget: 0, unsupported: 0 };
  #session: SessionJudge | keyof ReplayReport['unread'] = 'withheld';

  constructor(parts: ReplayParts) {
    this.#parts = parts;
  }

  get looked(): number {
    return this.#counts.looked;
  }

  /** The events of one session in order, then those of the next; each once the one before it is done. */
  async add(recorded: RecordedEvent): Promise<void> {
    const { event } = recorded;
    if (event.kind === 'session.open') {
      this.#counts.sessions++;
      this.#session = SessionJudge.open(recorded, this.#parts);
    }
    if (event.kind !== 'request' || event.op === undefined) return;
    if (!(this.#session instanceof SessionJudge)) {
      this.#unread[this.#session]++;
      return;
    }
    if (event.decision?.effect === 'deny' && !isOfPolicy(event.decision)) {
      this.#unread.unsupported++;
      return;
    }
    const op = await operationsOf(recorded, this.#session.target);
    if (op === undefined) this.#unread.withheld++;
    else this.#judge({ ...recorded, event: { ...event, op } }, this.#session);
  }

  report(): ReplayReport {
    const groups = [...this.#groups.values()].map(({ group, count, examples }) => ({ ...group, count, examples }));
    const sorted = groups.toSorted((one, other) => other.count - one.count);
    return { ...this.#counts, groups: sorted, unread: this.#unread };
  }

  #judge(recorded: RecordedEvent, session: SessionJudge): void {
    const { event } = recorded;
    const [before, after] = session.judge(event);
    this.#counts.looked++;
    const change = decisionChange(before, after);
    if (change.kind === 'same') {
      this.#counts.same++;
      return;
    }
    if (change.loosened) this.#counts.loosened++;
    if (change.tightened) this.#counts.tightened++;
    const words = { before: decisionWords(before), after: decisionWords(after) };
    const key = JSON.stringify([change, words]);
    const known = this.#groups.get(key) ?? { group: { ...change, ...words }, count: 0, examples: [] };
    this.#groups.set(key, known);
    known.count++;
    if (known.examples.length < this.#parts.examples) known.examples.push(this.#example(recorded, session));
  }

  #example({ event, body }: RecordedEvent, { principal, target }: SessionJudge): ReplayExample {
    const { session, exchange = 0, at, op = [] } = event;
    const opened = this.#parts.texts ? body(SHOWN_TEXT) : undefined;
    const text = opened?.kind === 'bytes' ? textOf(opened.bytes, event) : undefined;
    const tables = op.flatMap((one) => one.tables.map(({ schema, name }) => (schema ? `${schema}.${name}` : name)));
    return {
      session,
      exchange,
      at,
      target: target.name,
      principal: principal.display,
      kinds: op.map(({ kind }) => kind),
      tables: [...new Set(tables)],
      ...(text === undefined ? {} : { text }),
    };
  }
}

/** Judges the requests of one session, as the gateway would that had these policies. */
class SessionJudge {
  readonly principal: Principal;
  readonly target: Target;
  readonly #before: ((request: Pick<AuditEvent, 'op'>) => Decision) | undefined;
  readonly #after: (request: Pick<AuditEvent, 'op'>) => Decision;
  #atMs = 0;

  private constructor(principal: Principal, target: Target, { before, after }: ReplayParts) {
    this.principal = principal;
    this.target = target;
    const now = { nowMs: () => this.#atMs };
    const decides = (set: PolicySet) => {
      const decide = set.decider(principal, target, now);
      return ({ op = [] }: Pick<AuditEvent, 'op'>) => decide({ operations: op });
    };
    this.#before = before === 'recorded' ? undefined : decides(before);
    this.#after = decides(after);
  }

  static open({ body }: RecordedEvent, parts: ReplayParts): SessionJudge | 'withheld' | 'withoutTarget' {
    const opened = body();
    if (opened.kind !== 'bytes') return 'withheld';
    const { principal, target } = JSON.parse(opened.bytes.toString('utf8')) as {
      readonly principal: Principal;
      readonly target: RecordedTarget;
    };
    const known = parts.target(target);
    return known === undefined ? 'withoutTarget' : new SessionJudge(principal, known, parts);
  }

  judge(event: AuditEvent): readonly [before: Decision, after: Decision] {
    this.#atMs = Date.parse(event.at);
    const after = this.#after(event);
    return [this.#before?.(event) ?? event.decision ?? after, after];
  }
}

/** Codes of the policy's own denials; any other is no matter of policy. */
const OF_POLICY: ReadonlySet<string> = new Set([
  'policy-denied',
  'policy-error',
  'policy-no-match',
  'request-unknown',
  'request-unparsable',
]);

function isOfPolicy({ code }: { readonly code: string }): boolean {
  return OF_POLICY.has(code);
}

/**
 * What a rule sees of a request. The line of one of HTTP has neither its address nor its fields, that of one to an SSH host
 * neither words nor paths: those stand in its body. Undefined where that cannot be opened.
 */
async function operationsOf({ event, body }: RecordedEvent, target: Target): Promise<AuditEvent['op']> {
  const opened = body();
  if (event.op?.some(({ ssh }) => ssh !== undefined) === true) {
    return opened.kind === 'bytes' ? recordedHost(event.op, opened.bytes.toString('utf8')) : undefined;
  }
  if (event.body?.media !== 'message/http') return event.op;
  const asked = opened.kind === 'bytes' ? recordedHttp(opened.bytes, target) : undefined;
  return asked && (await httpOperations(asked, httpTargetOf(target)));
}

function textOf(bytes: Buffer, { body }: AuditEvent): string {
  return recordedStatements(bytes, body?.media ?? '')
    .map(({ text }) => text)
    .join('; ');
}
