import type { AuditLog, ExchangeRecord, SessionOpening, SessionOutcome, SessionRecord } from '../../audit/recorder.ts';
import type { Decision } from '../../model/decision.ts';
import type { ExchangeNumber, RunId } from '../../model/ids.ts';
import type { MaskCount } from '../../model/reply.ts';
import type { Request } from '../../model/request.ts';
import { findRun } from '../../store/run-rows.ts';
import { closeSessionRow, insertSession } from '../../store/session-rows.ts';
import type { Store } from '../../store/store.ts';

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
}

/**
 * The audit log, with an index of its sessions in the store beside it: what lists show. The log is the record; where
 * the index cannot be written, a session is served all the same and the operator is told.
 */
export function indexSessions(audit: AuditLog, options: SessionIndexOptions): SessionIndex {
  const runs = new Set<RunId>();
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
      return openSession(audit, opening, options);
    },
    [Symbol.asyncDispose]: () => audit[Symbol.asyncDispose](),
  };
}

/** Ends the rows that a life of this gateway before this one left open; an embedded store is this gateway's alone. */
export async function closeLeftOverSessions(store: Store, gateway: string, nowMs: number): Promise<void> {
  const closing = { closed_at: new Date(nowMs).toISOString(), outcome: 'gatewayFailed' };
  await store.write((db) => {
    const open = db.updateTable('sessions').set(closing).where('closed_at', 'is', null);
    return (store.kind === 'sqlite' ? open : open.where('gateway', '=', gateway)).execute();
  });
}

async function openSession(
  audit: AuditLog,
  opening: SessionOpening,
  options: SessionIndexOptions,
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
  return new IndexedSession(record, opening.id, options);
}

/** Counts what happens in a session, for its row in the index. */
class IndexedSession implements SessionRecord {
  readonly #record: SessionRecord;
  readonly #id: string;
  readonly #options: SessionIndexOptions;
  #permitted = 0;
  #denied = 0;
  #masked = 0;

  constructor(record: SessionRecord, id: string, options: SessionIndexOptions) {
    this.#record = record;
    this.#id = id;
    this.#options = options;
  }

  request(exchange: ExchangeNumber, request: Request, decision: Decision): ExchangeRecord {
    const record = this.#record.request(exchange, request, decision);
    if (decision.effect === 'deny') {
      this.#denied++;
      return record;
    }
    this.#permitted++;
    return decision.obligations.some(({ kind }) => kind === 'mask') ? this.#countingMasks(record) : record;
  }

  unasked(bytes: Uint8Array): void {
    this.#record.unasked(bytes);
  }

  async close(outcome: SessionOutcome): Promise<void> {
    await this.#record.close(outcome);
    const { store, nowMs, onFault } = this.#options;
    const closing = {
      closed_at: new Date(nowMs()).toISOString(),
      outcome,
      permitted: this.#permitted,
      denied: this.#denied,
      masked: this.#masked,
    };
    await closeSessionRow(store, this.#id, closing).catch(onFault);
  }

  #countingMasks(record: ExchangeRecord): ExchangeRecord {
    return {
      durable: record.durable,
      input: (bytes) => record.input(bytes),
      reply: (bytes) => record.reply(bytes),
      approval: (approval) => record.approval(approval),
      refuse: (refusal) => record.refuse(refusal),
      end: (result, masked: readonly MaskCount[]) => {
        for (const { count } of masked) this.#masked += count;
        return record.end(result, masked);
      },
    };
  }
}
