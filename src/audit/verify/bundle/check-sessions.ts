/** Every line of every session, every body, and what they add up to. */
import type { AuditEvent, BodyRef, HeldEvent } from '../../audit-event.ts';
import { BUNDLE, type ManifestSession } from '../../bundle/manifest.ts';
import { type RunSummary, RunTally } from '../../bundle/run-summary.ts';
import { fromHex } from '../../c2sp/bytes.ts';
import { BodyOpener, bodyKey } from './body-opener.ts';
import { type BundleCheck, erasureOf, textOf, whyAbsent } from './bundle-check.ts';
import type { RunLog } from './log-entries.ts';
import { walkSession } from './session-walk.ts';

/** What was seen of the run while its lines were read. */
export interface SeenRun {
  readonly summary: RunSummary;
  /** What the openings of sessions say of the job. */
  readonly workloads: readonly Readonly<Record<string, string>>[];
  /** Approvals that requests were forwarded by. */
  readonly approvals: readonly SeenApproval[];
  /** Digests of the policy sets that decided. */
  readonly policies: ReadonlySet<string>;
  readonly firstAt: string | undefined;
  readonly lastAt: string | undefined;
}

export interface SeenApproval {
  readonly session: string;
  readonly line: number;
  readonly exchange: number;
  readonly held: HeldEvent;
}

export async function checkSessions(check: BundleCheck, log: RunLog): Promise<SeenRun> {
  const { report, manifest } = check;
  const walker = new SessionsWalker(check, log);
  const key = await runKey(check);
  for (const session of manifest.sessions) {
    check.signal?.throwIfAborted();
    await walker.walk(session, key);
  }
  const { sessions, events, bodies, withheldBodies } = report.totals;
  report.end('sessions', `${sessions} sessions, ${events} lines`);
  const opened = `${bodies} bodies opened`;
  const skipped = bodies === 0 && withheldBodies > 0;
  report.end('bodies', withheldBodies === 0 ? opened : `${opened}, ${withheldBodies} withheld`, skipped);
  return walker.seen();
}

async function runKey({ archive, manifest, report }: BundleCheck): Promise<Uint8Array | undefined> {
  const path = BUNDLE.runKey(manifest.run.id);
  const text = await textOf(archive, path);
  if (text === undefined) return undefined;
  const key = /^[0-9a-f]{64}\n$/u.test(text) ? fromHex(text.trimEnd()) : undefined;
  if (key === undefined) report.fail('bodies', 'the key of the run is not 64 hex digits and a newline', { file: path });
  return key;
}

class SessionsWalker {
  readonly #check: BundleCheck;
  readonly #log: RunLog;
  readonly #tally = new RunTally();
  readonly #workloads: Readonly<Record<string, string>>[] = [];
  readonly #approvals: SeenApproval[] = [];
  readonly #policies = new Set<string>();
  #firstAt: string | undefined;
  #lastAt: string | undefined;

  constructor(check: BundleCheck, log: RunLog) {
    this.#check = check;
    this.#log = log;
  }

  async walk(session: ManifestSession, key: Uint8Array | undefined): Promise<void> {
    const { archive, engine, report, manifest, onProgress } = this.#check;
    const path = BUNDLE.session(session.id);
    const file = archive.get(path);
    if (file === undefined) return; // said already: it is a file of the manifest
    const logged = this.#log.sessions.get(session.id);
    const heads = logged?.heads ?? [];
    const identity = { id: session.id, run: manifest.run.id, closed: session.closeIndex !== undefined, heads };
    const bodies = await this.#bodies(session, key);
    const sink = {
      problem: (line: number, message: string) => report.fail('sessions', message, { file: path, line }),
      approval: (line: number, exchange: number, held: HeldEvent) =>
        this.#approvals.push({ session: session.id, line, exchange, held }),
      event: (line: number, event: AuditEvent) => this.#event(session, bodies, line, event),
    };
    const walked = await walkSession(engine, file, identity, sink, onProgress);
    if (walked.events !== session.events || walked.root !== session.root) {
      report.fail('sessions', 'the lines are not those that the manifest names', { file: path });
    }
    if (walked.backwards > 0) {
      report.note('sessions', `the clock went back ${walked.backwards} times; the order is that of the numbers`, {
        file: path,
      });
    }
    this.#count(session, walked);
    this.#checkClosing(session, walked.last);
  }

  seen(): SeenRun {
    return {
      summary: this.#tally.summary(),
      workloads: this.#workloads,
      approvals: this.#approvals,
      policies: this.#policies,
      firstAt: this.#firstAt,
      lastAt: this.#lastAt,
    };
  }

  #count(session: ManifestSession, walked: Awaited<ReturnType<typeof walkSession>>): void {
    const { totals } = this.#check.report;
    totals.sessions++;
    totals.events += walked.events;
    totals.requests += walked.requests;
    totals.unknownOutcomes += walked.unknownOutcomes;
    const { first, last } = walked;
    const opening = first?.opening;
    if (opening === undefined) return;
    this.#workloads.push(opening.workload);
    if (opening.target.name !== session.target || opening.target.protocol !== session.protocol) {
      this.#check.report.fail('sessions', 'the manifest names another target than the session', {
        file: BUNDLE.session(session.id),
      });
    }
    if (first !== undefined && (this.#firstAt === undefined || first.at < this.#firstAt)) this.#firstAt = first.at;
    if (last !== undefined && (this.#lastAt === undefined || last.at > this.#lastAt)) this.#lastAt = last.at;
  }

  #event(
    session: ManifestSession,
    bodies: BodyOpener | undefined,
    line: number,
    event: AuditEvent,
  ): Promise<void> | undefined {
    this.#tally.take(session.target, event);
    if (event.decision !== undefined) this.#policies.add(event.decision.policy);
    const { body } = event;
    if (body === undefined) return undefined;
    const { totals } = this.#check.report;
    if (body.lost === true) {
      totals.lostBodies++;
      return undefined;
    }
    if (bodies === undefined || body.stored === '0') {
      totals.withheldBodies++;
      return undefined;
    }
    const known = bodies.checkNow(body);
    if (known === 'good') {
      totals.bodies++;
      return undefined;
    }
    return this.#open(bodies, body, { file: BUNDLE.session(session.id), line });
  }

  async #open(bodies: BodyOpener, body: BodyRef, place: { file: string; line: number }): Promise<void> {
    const { report } = this.#check;
    const outcome = await bodies.check(body);
    if (outcome === 'altered') report.fail('bodies', 'the body of this line is not the one that was recorded', place);
    else if (outcome === 'missing') report.incomplete('bodies', 'the body of this line is missing', place);
    else report.totals.bodies++;
  }

  /** The bodies of a session where they are here and can be opened; where not, it is said why. */
  async #bodies({ id }: ManifestSession, key: Uint8Array | undefined): Promise<BodyOpener | undefined> {
    const { archive, engine, report, absent } = this.#check;
    const path = BUNDLE.bodies(id);
    const file = archive.get(path);
    if (file !== undefined) {
      if (key !== undefined) return new BodyOpener(engine, file, await bodyKey(key, id));
      const erasure = erasureOf(this.#log);
      report.withheld.push({ file: path, why: erasure.at === undefined ? 'no-key' : 'erased', ...erasure });
      return undefined;
    }
    if (!absent.has(path)) return undefined; // the session has none, or its close says otherwise
    const why = whyAbsent(this.#check, this.#log, path);
    if (why === undefined) {
      report.incomplete('bodies', 'the bodies of this session are missing, and nothing says why', { file: path });
    } else {
      report.withheld.push({ file: path, why, ...(why === 'erased' ? erasureOf(this.#log) : {}) });
    }
    return undefined;
  }

  /** The close of a session commits to its whole body file, key or no key. */
  #checkClosing(session: ManifestSession, last: AuditEvent | undefined): void {
    const { manifest, report } = this.#check;
    const closing = last?.closing?.bodies;
    if (closing === undefined) return;
    const path = BUNDLE.bodies(session.id);
    const named = manifest.files.find((file) => file.path === path);
    if (named === undefined) {
      if (closing.packs > 0)
        report.incomplete('bodies', 'the manifest leaves out the bodies of this session', { file: path });
      return;
    }
    if (named.bytes !== closing.bytes || named.sha256 !== closing.digest) {
      report.fail('bodies', 'the file is not the one that the close of its session committed to', { file: path });
    }
  }
}
