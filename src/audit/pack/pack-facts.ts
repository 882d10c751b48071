/** What a pack says of the span, gathered entry by entry: by whoever makes it, and again by whoever verifies it. */

/** An entry of the log. `members` are its own, and those of its `detail` where it is a note. */
export interface PackEntry {
  readonly index: number;
  readonly kind: string;
  /** RFC 3339, UTC, milliseconds. */
  readonly at: string;
  readonly members: Readonly<Record<string, unknown>>;
}

export interface PackSession {
  readonly id: string;
  readonly run: string;
  readonly day: string;
  /** Of its first line: the root of a tree of one leaf, hex. */
  readonly root: string;
  target: string;
  principal: string;
}

export interface PackRun {
  readonly id: string;
  readonly openIndex: number;
  readonly openedAt: string;
  /** SHA-256 of its CI token, hex; empty for a run that no token opened. */
  readonly token: string;
  close: PackEntry | undefined;
  readonly sessions: PackSession[];
  /** Approvals that were asked for. */
  held: number;
  /** Exchanges and logins that the log itself says were refused. */
  refused: number;
}

export interface PackGap {
  readonly after: PackEntry;
  readonly before: PackEntry;
}

export interface Span {
  /** RFC 3339, UTC, milliseconds. */
  readonly from: string;
  readonly to: string;
}

export interface PackFactsOptions {
  readonly span: Span;
  readonly heartbeatMs: number;
}

/** How late a heartbeat may be: the gateway looks when its turn comes. */
const HEARTBEAT_SLACK_MS = 60_000;
const OPERATORS: ReadonlySet<string> = new Set([
  'operator.action',
  'person.action',
  'login.refused',
  'grant.revoked',
  'access.revoked',
]);
const CHANGES: ReadonlySet<string> = new Set(['target.changed', 'trust.changed']);
const HOLDS: ReadonlySet<string> = new Set(['hold.placed', 'hold.lifted']);

export class PackFacts {
  /** Every run that was opened in the span, in the order of their opening. */
  readonly runs = new Map<string, PackRun>();
  readonly sessions = new Map<string, PackSession>();
  readonly activations: PackEntry[] = [];
  readonly operators: PackEntry[] = [];
  readonly erasures: PackEntry[] = [];
  readonly holds: PackEntry[] = [];
  readonly rotations: PackEntry[] = [];
  readonly alarms: PackEntry[] = [];
  readonly gaps: PackGap[] = [];
  /** How often the clock went back by more than a second. */
  backwards = 0;
  #last: PackEntry | undefined;
  readonly #options: PackFactsOptions;

  constructor(options: PackFactsOptions) {
    this.#options = options;
  }

  /** Takes an entry of the range, in the log's order. */
  take(entry: PackEntry): void {
    this.#pulse(entry);
    this.#place(entry, this.#isInSpan(entry));
  }

  /** Takes an entry that does not stand in the range, and belongs to what does: all of them after the range, in order. */
  beside(entry: PackEntry): void {
    if (entry.kind !== 'run.open') this.#place(entry, false);
  }

  #isInSpan({ at }: PackEntry): boolean {
    const { from, to } = this.#options.span;
    return at >= from && at < to;
  }

  #pulse(entry: PackEntry): void {
    const last = this.#last;
    this.#last = entry;
    if (last === undefined) return;
    const silence = Date.parse(entry.at) - Date.parse(last.at);
    if (silence < -1000) this.backwards++;
    if (silence > this.#options.heartbeatMs + HEARTBEAT_SLACK_MS) this.gaps.push({ after: last, before: entry });
  }

  #place(entry: PackEntry, isInSpan: boolean): void {
    const { kind, members } = entry;
    const run = this.runs.get(String(members['run']));
    if (kind === 'run.open') {
      if (isInSpan) this.#open(entry, run);
    } else if (kind === 'run.close') {
      if (run !== undefined) run.close = entry;
    } else if (kind === 'session.open') {
      if (run !== undefined) this.#session(entry, run);
    } else if (kind === 'approval.requested') {
      if (run !== undefined) run.held++;
    } else if (kind === 'bodies.erased') this.erasures.push(entry);
    else if (HOLDS.has(kind)) this.holds.push(entry);
    else if (kind === 'key.rotated') this.rotations.push(entry);
    else if (kind === 'policy.activated') this.activations.push(entry);
    else if (kind === 'log.alarm') this.alarms.push(entry);
    if (kind === 'login.refused' && run !== undefined) run.refused++;
    if (isInSpan && (OPERATORS.has(kind) || CHANGES.has(kind))) this.operators.push(entry);
  }

  /** A gateway takes up a run again after it fell: it is one run, and open again. */
  #open({ index, at, members }: PackEntry, known: PackRun | undefined): void {
    if (known !== undefined) {
      known.close = undefined;
      return;
    }
    const id = String(members['run']);
    const token = typeof members['tokenDigest'] === 'string' ? members['tokenDigest'] : '';
    this.runs.set(id, {
      id,
      openIndex: index,
      openedAt: at,
      token,
      close: undefined,
      sessions: [],
      held: 0,
      refused: 0,
    });
  }

  #session({ members }: PackEntry, run: PackRun): void {
    const [id, day, root] = ['session', 'day', 'root'].map((name) => String(members[name]));
    if (id === undefined || day === undefined || root === undefined || this.sessions.has(id)) return;
    const session = { id, run: run.id, day, root, target: '', principal: '' };
    run.sessions.push(session);
    this.sessions.set(id, session);
  }
}

/** What the first line of a session says of it: its target, and what kind of principal came. */
export function openingOf(line: string): { readonly target: string; readonly principal: string } | undefined {
  try {
    const { opening } = JSON.parse(line) as {
      readonly opening?: { readonly target?: { readonly name?: unknown }; readonly principal?: { kind?: unknown } };
    };
    const [target, principal] = [opening?.target?.name, opening?.principal?.kind];
    return typeof target === 'string' && typeof principal === 'string' ? { target, principal } : undefined;
  } catch {
    return undefined; // no line of ours: the tree of its session says so
  }
}
