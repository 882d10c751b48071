import type { Estimate, HoldAnswer } from '../model/approval.ts';
import type { HeldRequest, Hold } from '../model/held-request.ts';
import type { ApprovalId } from '../model/ids.ts';
import { LIMITS } from '../model/limits.ts';
import { Refused } from '../model/refusal.ts';
import {
  type ApprovalRow,
  changed,
  findApproval,
  findConcerned,
  letGo,
  redeemApproval,
  votesOf,
  withdrawApproval,
} from '../store/approval-rows.ts';
import { abandonHolds, cancelEndedRuns, expireApprovals } from '../store/approval-sweeps.ts';
import type { Store } from '../store/store.ts';
import { ApprovalChanges } from './approval-changes.ts';
import { type AskedTarget, askAccess } from './ask-access.ts';
import { boundedEstimate } from './bounded-estimate.ts';
import {
  concernedIn,
  estimatePurpose,
  type FiledApproval,
  filedApproval,
  isVisible,
  voteOf,
} from './filed-approval.ts';
import { Filer } from './filer.ts';
import type { Requestable } from './give-access.ts';
import { giveAnswer } from './give-answer.ts';
import { Holds } from './holds.ts';
import { type ApprovalPage, type ApprovalQuery, listFor } from './list-approvals.ts';
import { requestDigest } from './request-digest.ts';
import type { Answer, ApprovalChange, ApprovalNote, Viewer } from './vocabulary.ts';

export interface ApprovalServiceOptions {
  readonly store: Store;
  /** This gateway, by the name of its log. */
  readonly gateway: string;
  /** In the audit log before it resolves; rejects where that cannot be. */
  readonly note: (note: ApprovalNote) => Promise<void>;
  /** Seals what may be sensitive under the deployment's key, bound to a purpose. */
  readonly seal: (plain: string, boundTo: string) => string;
  readonly open: (sealed: string, boundTo: string) => string;
  /** What trust rules say now of a target that a run asks for. */
  readonly requestable: Requestable;
  /** Where a person answers. */
  readonly url: (id: ApprovalId) => string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly random: (bytes: number) => Uint8Array;
  readonly onFault: (fault: unknown) => void;
}

/** Puts held requests before people, counts their answers, and tells those who wait. */
export class ApprovalService implements AsyncDisposable {
  readonly #options: ApprovalServiceOptions;
  readonly #holder: string;
  readonly #holds: Holds;
  readonly #filer: Filer;
  readonly #changes: ApprovalChanges;
  readonly #filed = new Set<(approval: FiledApproval) => void>();
  readonly #decided = new Set<(approval: FiledApproval) => void>();
  readonly #concerned = new Map<string, Promise<(viewer: Viewer) => boolean>>();
  readonly #unwatch: () => void;
  readonly #timer: NodeJS.Timeout;
  #leaving: Promise<void> = Promise.resolve();
  #sweeping: Promise<void> = Promise.resolve();

  /** Ends what an earlier life of this gateway held, then takes requests. */
  static async open(options: ApprovalServiceOptions): Promise<ApprovalService> {
    const { store, gateway, now } = options;
    await abandonHolds(store, { gateway }, 'the gateway that held it ended', at(now()));
    return new ApprovalService(options);
  }

  private constructor(options: ApprovalServiceOptions) {
    const { store, now, onFault, random } = options;
    this.#options = options;
    this.#holder = Buffer.from(random(16)).toString('hex');
    this.#holds = new Holds({ store, holder: this.#holder, now, onFault });
    this.#filer = new Filer({ ...options, holder: this.#holder });
    this.#changes = new ApprovalChanges({ store, now, onFault });
    this.#unwatch = store.watch('grants', () => this.#sweep());
    this.#timer = setInterval(() => this.#sweep(), LIMITS.approvalSweepMs).unref();
  }

  /** How many requests wait here. */
  get holding(): number {
    return this.#holds.size;
  }

  /** Files a held request, or takes up the approval of the same one; gateway/control-plane.ts says what it promises. */
  async hold(held: HeldRequest): Promise<Hold> {
    const body = held.request.body();
    if (held.obligations.length === 0) throw unavailable('nobody is named who could approve it');
    if (body.bytes.length > LIMITS.maxApprovalBodyBytes) {
      const message = `It is longer than ${LIMITS.maxApprovalBodyBytes} bytes, more than a person can be asked to read.`;
      throw new Refused({ code: 'too-large', message, hint: 'Split it into several requests.' });
    }
    if (this.#holds.size + this.#filer.size >= LIMITS.approvalsHeldAtOnce)
      throw unavailable('too many requests wait here already');
    // A client that stopped waiting and asks again at once finds its first request, not a second one.
    await this.#leaving;
    const digest = requestDigest(held, body);
    let waits: { readonly id: ApprovalId; readonly answer: Promise<HoldAnswer> } | undefined;
    const notFiled = () => waits && this.#holds.end(waits.id, { state: 'cancelled', why: 'it was not filed' });
    const taken = (row: ApprovalRow) => {
      notFiled();
      const id = row.id as ApprovalId;
      waits = row.state === 'pending' ? { id, answer: this.#holds.wait(id, Date.parse(row.expires_at)) } : undefined;
    };
    try {
      const filed = await this.#filer.file({ held, body, digest, nowMs: this.#options.now(), taken });
      const { row, votes, note } = filed;
      if (note !== undefined) tell(this.#filed, filedApproval(row, [], this.#openedNow()), this.#options.onFault);
      return this.#holdOf(row, waits?.answer ?? Promise.resolve({ state: 'approved', votes: votes.map(voteOf) }));
    } catch (refusal) {
      notFiled();
      throw refusal;
    }
  }

  /** Asks people to give a run a target; what waits for the same one is taken up. Throws `Refused`. */
  async askAccess(asked: AskedTarget): Promise<{ readonly approval: FiledApproval; readonly url: string }> {
    const { store, now, url, onFault } = this.#options;
    const parts = { ...this.#options, holder: this.#holder };
    const { row, isNew } = await store.write((trx) => askAccess(trx, asked, now(), parts), ['approvals']);
    const approval = filedApproval(row, [], this.#openedNow());
    if (isNew) tell(this.#filed, approval, onFault);
    return { approval, url: url(approval.id) };
  }

  /** Counts a person's answer; the approval as it stands then. Throws `Refused`. */
  async decide(id: string, answer: Answer): Promise<FiledApproval> {
    const { row, votes } = await giveAnswer(id, answer, this.#options.now(), this.#options);
    const approval = filedApproval(row, votes, this.#openedNow());
    tell(this.#decided, approval, this.#options.onFault);
    return approval;
  }

  /** One approval; undefined where there is none that the viewer may see. */
  async find(id: string, viewer: Viewer): Promise<FiledApproval | undefined> {
    const { store } = this.#options;
    const [row, votes] = await store.read(async (db) => [await findApproval(db, id), await votesOf(db, [id])] as const);
    const approval = row && filedApproval(row, votes, this.#openedNow());
    return approval && isVisible(approval, viewer) ? approval : undefined;
  }

  /** Tells who may see an approval; one look at the store serves everybody who is asked about at the same time. */
  whoMaySee(id: string): Promise<(viewer: Viewer) => boolean> {
    const asked = this.#concerned.get(id);
    if (asked !== undefined) return asked;
    const looking = this.#options.store
      .read((db) => findConcerned(db, id))
      .then((found) => {
        const concerned = found && concernedIn(found);
        return (viewer: Viewer) => concerned !== undefined && isVisible(concerned, viewer);
      })
      .finally(() => this.#concerned.delete(id));
    this.#concerned.set(id, looking);
    return looking;
  }

  /** What the viewer may see, newest first. */
  list(query: ApprovalQuery, viewer: Viewer): Promise<ApprovalPage> {
    return listFor(viewer, query, { store: this.#options.store, ...this.#openedNow() });
  }

  /** Calls back after each change of an approval, here or in another gateway. Returns how to stop. */
  onChange(listener: (change: ApprovalChange) => void): () => void {
    return this.#changes.listen(listener);
  }

  /** Calls back after a request was filed through this gateway. Returns how to stop. */
  onFiled(listener: (approval: FiledApproval) => void): () => void {
    this.#filed.add(listener);
    return () => void this.#filed.delete(listener);
  }

  /** Calls back after an answer was given through this gateway, whether or not it decided. Returns how to stop. */
  onDecided(listener: (approval: FiledApproval) => void): () => void {
    this.#decided.add(listener);
    return () => void this.#decided.delete(listener);
  }

  /** Marks what is over: what nobody answered in time, and what belongs to a run that ended. */
  async sweep(): Promise<void> {
    const { store, now } = this.#options;
    await expireApprovals(store, at(now()));
    await cancelEndedRuns(store, at(now()));
  }

  /** Withdraws what still waits here. */
  async [Symbol.asyncDispose](): Promise<void> {
    const why = 'the gateway that held it ended';
    clearInterval(this.#timer);
    this.#unwatch();
    await this.#sweeping;
    await this.#changes.stop();
    await this.#holds.stop(why);
    await this.#leaving;
    await abandonHolds(this.#options.store, { holder: this.#holder }, why, at(this.#options.now()));
  }

  #holdOf(row: ApprovalRow, answer: Promise<HoldAnswer>): Hold {
    const { store, now, url } = this.#options;
    const id = row.id as ApprovalId;
    const holder = this.#holder;
    return {
      id,
      digest: row.digest,
      url: url(id),
      expiresAtMs: Date.parse(row.expires_at),
      answered: row.state === 'approved',
      answer,
      describe: (estimate) => this.#describe(id, estimate),
      seen: () => this.#seen(id),
      redeem: (policy) => redeemApproval(store, { id, holder, policy, now: at(now()) }),
      cancel: async (why) => {
        this.#holds.end(id, { state: 'cancelled', why });
        await withdrawApproval(store, { id, holder, why, now: at(now()) });
      },
      leave: () => {
        this.#holds.end(id, { state: 'cancelled', why: 'its client waits no longer' });
        this.#leave(id);
      },
    };
  }

  #leave(id: ApprovalId): void {
    const { store, now, onFault } = this.#options;
    const left = store.write((trx) => letGo(trx, this.#holder, [id], at(now())), ['approvals']).catch(onFault);
    this.#leaving = Promise.all([this.#leaving, left]).then(() => undefined);
  }

  async #describe(id: ApprovalId, estimate: Estimate): Promise<void> {
    const { store, seal, now } = this.#options;
    const sealed = seal(JSON.stringify(boundedEstimate(estimate)), estimatePurpose(id));
    await store.write(
      (trx) =>
        trx
          .updateTable('approvals')
          .set({ estimate: sealed, ...changed(at(now())) })
          .where('id', '=', id)
          .where('holder', '=', this.#holder)
          .execute(),
      ['approvals'],
    );
  }

  async #seen(id: ApprovalId): Promise<string | undefined> {
    const { store, open } = this.#options;
    const row = await store.read((db) => findApproval(db, id));
    const sealed = row?.estimate ?? null;
    return sealed === null ? undefined : (JSON.parse(open(sealed, estimatePurpose(id))) as Estimate).seen;
  }

  #sweep(): void {
    this.#sweeping = this.#sweeping.then(() => this.sweep()).catch(this.#options.onFault);
  }

  #openedNow() {
    const { open, now } = this.#options;
    return { open, now: at(now()) };
  }
}

/** RFC 3339. */
function at(ms: number): string {
  return new Date(ms).toISOString();
}

/** A listener that breaks takes nothing from whoever asked or answered. */
function tell(
  listeners: ReadonlySet<(approval: FiledApproval) => void>,
  approval: FiledApproval,
  onFault: (fault: unknown) => void,
): void {
  for (const listener of listeners) {
    try {
      listener(approval);
    } catch (fault) {
      onFault(fault);
    }
  }
}

function unavailable(why: string): Refused {
  const hint = 'Ask an operator to run it, or use a statement that the policy permits.';
  return new Refused({
    code: 'approval-unavailable',
    message: `This needs the approval of a person, and ${why}.`,
    hint,
  });
}
