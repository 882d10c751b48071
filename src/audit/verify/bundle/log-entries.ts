/** The entries of the log that a bundle brings along, and whether they say of the run what its manifest says. */
import type { RunManifest } from '../../bundle/manifest.ts';
import { utf8 } from '../../c2sp/bytes.ts';
import { isCanonical } from '../../canonical-json.ts';
import type { Engine } from './engine.ts';
import { GrowingTree, leafHash } from './tree.ts';

export interface LogEntry {
  readonly index: number;
  readonly bytes: Uint8Array;
  readonly kind: string;
  readonly at: string;
  readonly members: Readonly<Record<string, unknown>>;
  /** Of a note of the deployment. */
  readonly detail: Readonly<Record<string, unknown>>;
}

/** Reads a line `{"entry":"…","index":"n"}`; a text of what is wrong with it. */
export function parseEntryLine(line: string): LogEntry | string {
  if (!isCanonical(line)) return 'the line is not in canonical JSON';
  const { entry, index, ...more } = JSON.parse(line) as Readonly<Record<string, unknown>>;
  if (typeof entry !== 'string' || typeof index !== 'string' || Object.keys(more).length > 0) {
    return 'the line has not the members of an entry';
  }
  const number = /^(?:0|[1-9][0-9]{0,15})$/u.test(index) ? Number(index) : Number.NaN;
  if (!Number.isSafeInteger(number) || !isCanonical(entry)) return 'the entry is not in canonical JSON';
  const members = JSON.parse(entry) as Readonly<Record<string, unknown>> | null;
  if (typeof members !== 'object' || members === null) return 'the entry is no object';
  const { kind, at, detail } = members;
  if (typeof kind !== 'string' || typeof at !== 'string') return 'the entry does not say what it is';
  const said = typeof detail === 'object' && detail !== null ? (detail as Readonly<Record<string, unknown>>) : {};
  return { index: number, bytes: utf8(entry), kind, at, members, detail: said };
}

export interface LoggedSession {
  readonly id: string;
  readonly openIndex: number;
  readonly heads: { readonly size: number; readonly root: string }[];
  closeIndex: number | undefined;
  headIndex: number | undefined;
}

/** What the log says of one run, taken entry by entry in the log's order. */
export class RunLog {
  readonly sessions = new Map<string, LoggedSession>();
  /** Approvals that were decided, as their entries say it. */
  readonly decided: LogEntry[] = [];
  readonly requested: LogEntry[] = [];
  readonly erasures: LogEntry[] = [];
  readonly manifests: LogEntry[] = [];
  readonly policies = new Map<string, number>();
  opens: LogEntry[] = [];
  lastClose: LogEntry | undefined;
  #open = false;
  #closedSessions: GrowingTree;
  readonly #engine: Engine;
  readonly #run: string;

  constructor(engine: Engine, run: string) {
    this.#engine = engine;
    this.#run = run;
    this.#closedSessions = new GrowingTree(engine);
  }

  get isClosed(): boolean {
    return this.opens.length > 0 && !this.#open;
  }

  /** What is wrong with an entry in its place. */
  take(entry: LogEntry): string | undefined {
    const { kind, members, detail } = entry;
    switch (kind) {
      case 'run.open':
        return members['run'] === this.#run ? this.#runOpen(entry) : OTHER_RUN;
      case 'run.close':
        return members['run'] === this.#run ? this.#runClose(entry) : OTHER_RUN;
      case 'session.open':
        return members['run'] === this.#run ? this.#sessionOpen(entry) : OTHER_RUN;
      case 'session.head':
      case 'session.close':
        return members['run'] === this.#run ? this.#head(entry) : OTHER_RUN;
      case 'run.manifest':
        this.manifests.push(entry);
        return detail['run'] === this.#run ? undefined : OTHER_RUN;
      case 'approval.requested':
        this.requested.push(entry);
        return detail['run'] === this.#run ? undefined : OTHER_RUN;
      case 'approval.decided':
        this.decided.push(entry);
        return detail['run'] === this.#run ? undefined : OTHER_RUN;
      case 'access.requested':
      case 'access.decided':
      case 'access.revoked':
        return detail['run'] === this.#run ? undefined : OTHER_RUN;
      case 'bodies.erased':
        this.erasures.push(entry);
        return detail['run'] === this.#run ? undefined : OTHER_RUN;
      case 'policy.activated':
        this.policies.set(String(detail['digest']), entry.index);
        return undefined;
      default:
        return undefined; // a note that says nothing of the run: it is in the log, and that is all
    }
  }

  #runOpen(entry: LogEntry): string | undefined {
    if (this.#open) return 'opens the run a second time';
    this.#open = true;
    this.#closedSessions = new GrowingTree(this.#engine);
    this.opens.push(entry);
    const [first] = this.opens;
    const same = ['tokenDigest', 'jwksDigest', 'keyDigest'].every(
      (name) => first?.members[name] === entry.members[name] || entry.members[name] === undefined,
    );
    return same ? undefined : 'opens the run again for another token or key';
  }

  #runClose(entry: LogEntry): string | undefined {
    if (!this.#open) return 'closes the run, which is not open';
    this.#open = false;
    this.lastClose = entry;
    const { sessions, sessionsRoot } = entry.members;
    const open = [...this.sessions.values()].find(({ closeIndex }) => closeIndex === undefined);
    if (open !== undefined) return `closes the run before its session ${open.id}`;
    if (sessions !== String(this.#closedSessions.size)) {
      return `says that ${String(sessions)} sessions of the run closed; the bundle has ${this.#closedSessions.size}`;
    }
    return sessionsRoot === this.#closedSessions.root()
      ? undefined
      : 'does not fit the sessions of the run that closed';
  }

  #sessionOpen({ index, members }: LogEntry): string | undefined {
    const { session: id, root } = members;
    if (typeof id !== 'string' || typeof root !== 'string') return 'does not say which session it opens';
    if (!this.#open) return `opens session ${id} while the run is not open`;
    if (this.sessions.has(id)) return `opens session ${id} a second time`;
    const heads = [{ size: 1, root }];
    this.sessions.set(id, { id, openIndex: index, heads, closeIndex: undefined, headIndex: undefined });
    return undefined;
  }

  #head({ index, kind, bytes, members }: LogEntry): string | undefined {
    const { session: id, size: sizeText, root } = members;
    const session = this.sessions.get(String(id));
    if (session === undefined || session.closeIndex !== undefined)
      return `is of session ${String(id)}, which is not open`;
    const size = Number(sizeText);
    if (!Number.isSafeInteger(size) || size < (session.heads.at(-1)?.size ?? 0) || typeof root !== 'string') {
      return `says that session ${session.id} shrank`;
    }
    session.heads.push({ size, root });
    if (kind === 'session.head') session.headIndex = index;
    else {
      session.closeIndex = index;
      this.#closedSessions.append(leafHash(this.#engine, bytes));
    }
    return undefined;
  }
}

const OTHER_RUN = 'is of another run';

/** Where manifest and log say different things of the run. */
export function* disagreements(manifest: RunManifest, log: RunLog): Generator<string> {
  const { openIndex, closeIndex } = manifest.log;
  const [open] = log.opens;
  if (open === undefined) yield 'the log does not open the run';
  else if (open.index !== openIndex) yield `the run was opened at ${open.index}; the manifest says ${openIndex}`;
  const closedAt = log.isClosed ? log.lastClose?.index : undefined;
  if (closedAt !== closeIndex) {
    yield `the manifest says that the run closed at ${closeIndex ?? 'no entry'}; the log says ${closedAt ?? 'none'}`;
  }
  const { tokenDigest, jwksDigest } = manifest.identity;
  if (open?.members['tokenDigest'] !== tokenDigest || open?.members['jwksDigest'] !== jwksDigest) {
    yield 'the manifest names another CI token or key set than the log did when the run opened';
  }
  if (
    log.lastClose !== undefined &&
    log.isClosed &&
    log.lastClose.members['termination'] !== manifest.run.termination
  ) {
    yield 'the manifest says that the run ended otherwise than the log says';
  }
  yield* sessionDisagreements(manifest, log);
}

function* sessionDisagreements(manifest: RunManifest, log: RunLog): Generator<string> {
  let before = -1;
  for (const said of manifest.sessions) {
    const logged = log.sessions.get(said.id);
    if (logged === undefined) {
      yield `the manifest names session ${said.id}, and the log does not open it`;
      continue;
    }
    if (said.openIndex < before) yield `session ${said.id} stands in the wrong place of the manifest`;
    before = said.openIndex;
    const head = logged.heads.at(-1);
    const closed = logged.closeIndex !== undefined;
    if (logged.openIndex !== said.openIndex || logged.closeIndex !== said.closeIndex) {
      yield `the manifest says that session ${said.id} stands at other places in the log`;
    }
    if (closed && (head?.size !== said.events || head.root !== said.root)) {
      yield `the manifest says of session ${said.id} what its close in the log does not`;
    }
  }
  const names = new Set(manifest.sessions.map(({ id }) => id));
  for (const id of log.sessions.keys())
    if (!names.has(id)) yield `the log opens session ${id}, which the manifest leaves out`;
}
