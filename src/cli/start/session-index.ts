import type { AuditLog, ExchangeRecord, SessionOpening, SessionOutcome, SessionRecord } from '../../audit/recorder.ts';
import type { ApprovalRecord } from '../../model/approval.ts';
import type { Decision } from '../../model/decision.ts';
import type { ExchangeNumber, RunId } from '../../model/ids.ts';
import type { Refusal } from '../../model/refusal.ts';
import type { ExchangeResult, MaskCount } from '../../model/reply.ts';
import type { Request } from '../../model/request.ts';
import { findRun } from '../../store/run-rows.ts';
import { closeSessionRow, insertSession, type SessionCounts } from '../../store/session-rows.ts';
import type { Store } from '../../store/store.ts';
import { MetClasses } from './met-classes.ts';
import { SessionProgress } from './session-progress.ts';

export interface SessionIndexOptions {
  readonly store: Store;
  /** This gateway, by the name of its log: others may share the store. */
  readonly gateway: string;
  readonly nowMs: () => number;
  readonly onFault: (fault: unknown) => void;
}

export interface SessionIndex extends AuditLog {
  /** Runs that this gateway's log has open. */
  openRuns(): readonly RunId[];
  /** Calls back whenever something was recorded in a session that this gateway serves. Returns how to stop. */
  onActivity(session: string, listener: () => void): () => void;
}

/**
 * The audit log, with an index of its sessions in the store beside it: what lists show. The log is the record; where
 * the index cannot be written, a session is served all the same and the operator is told.
 */
export function indexSessions(audit: AuditLog, options: SessionIndexOptions): SessionIndex {
  const runs = new Set<RunId>();
  const progress = new SessionProgress(options);
  return {
    openRun: async (run, evidence) => {
      runs.add(run.id);
      await audit.openRun(run, evidence);
    },
    closeRun: async (run, termination) => {
      await audit.closeRun(run, termination);
      runs.delete(run);
    },
    openRuns: () => [...runs],
    note: (entry) => audit.note(entry),
    sync: () => audit.sync(),
    openSession: (opening) => {
      runs.add(opening.principal.run.id);
      return openSession(audit, opening, options, progress);
    },
    onActivity: (session, listener) => progress.onActivity(session, listener),
    [Symbol.asyncDispose]: async () => {
      progress[Symbol.dispose]();
      await audit[Symbol.asyncDispose]();
    },
  };
}

/** Ends the rows that a life of this gateway before this one left open; an embedded store is this gateway's alone. */
export async function closeLeftOverSessions(store: Store, gateway: string, nowMs: number): Promise<void> {
  const now = new Date(nowMs).toISOString();
  const closing = { closed_at: now, outcome: 'gatewayFailed', updated_at: now };
  await store.write((db) => {
    const open = db.updateTable('sessions').set(closing).where('closed_at', 'is', null);
    return (store.kind === 'sqlite' ? open : open.where('gateway', '=', gateway)).execute();
  });
}

async function openSession(
  audit: AuditLog,
  opening: SessionOpening,
  options: SessionIndexOptions,
  progress: SessionProgress,
): Promise<SessionRecord> {
  const { principal } = opening;
  const { workload } = principal.run;
  const row = await findRun(options.store, principal.run.id);
  // Known to the log already where this gateway gave the grant; not where another one did, or a life before this.
  await audit.openRun(principal.run, {
    ...(row?.token_digest ? { tokenDigest: row.token_digest } : {}),
    ...(row?.jwks_digest ? { jwksDigest: row.jwks_digest } : {}),
  });
  const record = await audit.openSession(opening);
  await insertSession(options.store, {
    id: opening.id,
    run_id: principal.run.id,
    target: opening.target.name,
    principal: principal.display,
    repository: workload.sourceRepositoryUri ?? workload.sourceRepositoryId ?? null,
    gateway: options.gateway,
    opened_at: new Date(options.nowMs()).toISOString(),
  }).catch(options.onFault);
  progress.changed();
  return new IndexedSession(record, opening, options, progress);
}

/** Counts what happens in a session, for its row in the index. */
class IndexedSession implements SessionRecord, SessionCounts {
  readonly id: string;
  permitted = 0;
  denied = 0;
  masked = 0;
  readonly #record: SessionRecord;
  readonly #options: SessionIndexOptions;
  readonly #progress: SessionProgress;
  readonly #classes: MetClasses;

  constructor(record: SessionRecord, opening: SessionOpening, options: SessionIndexOptions, progress: SessionProgress) {
    this.#record = record;
    this.id = opening.id;
    this.#options = options;
    this.#progress = progress;
    this.#classes = new MetClasses(opening.target.classified);
  }

  request(exchange: ExchangeNumber, request: Request, decision: Decision): ExchangeRecord {
    this.#classes.meet(request.operations);
    const record = this.#record.request(exchange, request, decision);
    if (decision.effect === 'deny') this.denied++;
    else this.permitted++;
    this.moved();
    return new IndexedExchange(record, this, decision.effect === 'permit');
  }

  unasked(bytes: Uint8Array): void {
    this.#record.unasked(bytes);
    this.moved();
  }

  /** What was permitted was refused in the end. */
  refused(): void {
    this.permitted--;
    this.denied++;
  }

  /** Values of columns or detectors were masked. */
  sawMasked(masked: readonly MaskCount[]): void {
    for (const one of masked) {
      this.masked += one.count;
      this.#classes.mask(one);
    }
  }

  moved(): void {
    this.#progress.moved(this);
  }

  async close(outcome: SessionOutcome): Promise<void> {
    await this.#record.close(outcome);
    const { store, nowMs, onFault } = this.#options;
    const { permitted, denied, masked } = this;
    const met = this.#classes.names();
    const classes = met === undefined ? {} : { classes: JSON.stringify(met) };
    const closing = { closed_at: new Date(nowMs()).toISOString(), outcome, permitted, denied, masked, ...classes };
    await closeSessionRow(store, this.id, closing).catch(onFault);
    this.#progress.closed(this.id);
  }
}

/** Passes everything on; counts what was masked, and says that the session moved. */
class IndexedExchange implements ExchangeRecord {
  readonly #record: ExchangeRecord;
  readonly #session: IndexedSession;
  #permitted: boolean;

  constructor(record: ExchangeRecord, session: IndexedSession, permitted: boolean) {
    this.#record = record;
    this.#session = session;
    this.#permitted = permitted;
  }

  get durable(): Promise<void> | undefined {
    return this.#record.durable;
  }

  input(bytes: Uint8Array): Promise<void> | undefined {
    return this.#record.input(bytes);
  }

  reply(bytes: Uint8Array): Promise<void> | undefined {
    return this.#record.reply(bytes);
  }

  approval(approval: ApprovalRecord): Promise<void> {
    const recorded = this.#record.approval(approval);
    this.#session.moved();
    return recorded;
  }

  refuse(refusal: Refusal): Promise<void> | undefined {
    const recorded = this.#record.refuse(refusal);
    // Permitted once people approve, and they did not; or not to be forwarded after all.
    if (this.#permitted) this.#session.refused();
    this.#permitted = false;
    this.#session.moved();
    return recorded;
  }

  end(result: ExchangeResult, masked: readonly MaskCount[], refusal?: Refusal): Promise<void> | undefined {
    this.#session.sawMasked(masked);
    const recorded = this.#record.end(result, masked, refusal);
    if (refusal !== undefined) this.#session.refused();
    this.#session.moved();
    return recorded;
  }
}
