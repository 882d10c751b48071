import { LIMITS } from '../model/limits.ts';
import {
  dropPart,
  type ErasureRow,
  erasuresToDo,
  gatewaysOfRuns,
  lockRetention,
  setPart,
} from '../store/erasure-rows.ts';
import { eraseCopies, findKeptRun } from '../store/kept-runs.ts';
import type { StoreTransaction } from '../store/schema.ts';
import type { Store } from '../store/store.ts';
import { holdOver } from './erasures.ts';

export interface ErasureWorkerParts {
  readonly store: Store;
  /** This gateway, by the name of its log. */
  readonly gateway: string;
  /** Says it in this gateway's log and destroys the key of the run; `absent` where there is none here. */
  readonly eraseRun: (detail: {
    readonly run: string;
    readonly erasure: string;
    readonly by: string;
    readonly reason: string;
    readonly rule?: string;
  }) => Promise<'erased' | 'absent' | 'open'>;
  /** What else on this machine holds bodies of the run: derived files, caches. Called again after a crash. */
  readonly eraseFiles: (run: string) => Promise<void>;
  readonly nowMs: () => number;
  readonly onFault: (fault: unknown) => void;
}

/** Carries out on this gateway what was ordered, when the store tells of it and every now and then. */
export class ErasureWorker implements AsyncDisposable {
  readonly #parts: ErasureWorkerParts;
  readonly #unwatch: () => void;
  readonly #timer: NodeJS.Timeout;
  #working: Promise<void> = Promise.resolve();
  #ended = false;

  constructor(parts: ErasureWorkerParts) {
    this.#parts = parts;
    const again = (): void => void this.run().catch(parts.onFault);
    this.#unwatch = parts.store.watch('retention', again);
    this.#timer = setInterval(again, LIMITS.erasureRetryMs).unref();
  }

  /** Does what there is to do, one run after the other; rejects where one could not be done, after the others. */
  run(): Promise<void> {
    this.#working = this.#working.catch(() => undefined).then(() => this.#runOnce());
    return this.#working;
  }

  /** Lets the run that is being erased finish. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended = true;
    this.#unwatch();
    clearInterval(this.#timer);
    await this.#working.catch(this.#parts.onFault);
  }

  async #runOnce(): Promise<void> {
    const { store, gateway } = this.#parts;
    const failures: unknown[] = [];
    for (const erasure of await erasuresToDo(store, gateway, LIMITS.erasuresAtOnce)) {
      if (this.#ended) return;
      await this.#erase(erasure).catch((failure: unknown) => failures.push(failure));
    }
    if (failures.length > 0) throw failures[0];
  }

  async #erase(erasure: ErasureRow): Promise<void> {
    const { store, gateway, eraseRun, eraseFiles } = this.#parts;
    const claim = await this.#claim(erasure);
    if (claim === 'held') return;
    const { id, run_id: run, by_id: by, reason, rule } = erasure;
    const erased = await eraseRun({ run, erasure: id, by, reason, ...(rule === null ? {} : { rule }) });
    if (erased === 'open') return this.#giveBack(id);
    const served = (await store.read((db) => gatewaysOfRuns(db, [run]))).get(run) ?? [];
    // A life of this gateway before this one had begun it, and its key is gone since.
    const isDone = erased === 'erased' || claim === 'again';
    await eraseFiles(run);
    await store.write(
      async (trx) => {
        await eraseCopies(trx, run);
        await setPart(trx, { erasure: id, gateway, state: isDone ? 'done' : 'absent', at: this.#now() });
        await this.#finish(trx, id, served);
      },
      ['retention', 'approvals'],
    );
    await store.forgetDeleted();
  }

  /** From here on no hold can stop it; `again` where that was so before. */
  #claim({ id, run_id }: ErasureRow): Promise<'first' | 'again' | 'held'> {
    const { store, gateway } = this.#parts;
    return store.write(async (trx) => {
      await lockRetention(trx);
      const began = await trx
        .selectFrom('erasure_parts')
        .select('state')
        .where('erasure', '=', id)
        .where('gateway', '=', gateway)
        .executeTakeFirst();
      if (began !== undefined) return 'again';
      const row = await trx.selectFrom('erasures').select('state').where('id', '=', id).executeTakeFirst();
      const run = await findKeptRun(trx, run_id);
      const hold = run && (await holdOver(trx, run));
      if (hold !== undefined) {
        await trx.updateTable('erasures').set({ state: 'pending', hold }).where('id', '=', id).execute();
      }
      if (hold !== undefined || row?.state !== 'ordered') return 'held';
      await setPart(trx, { erasure: id, gateway, state: 'erasing', at: this.#now() });
      return 'first';
    });
  }

  async #giveBack(id: string): Promise<void> {
    const { store, gateway } = this.#parts;
    await store.write(async (trx) => {
      await lockRetention(trx);
      await dropPart(trx, id, gateway);
    });
  }

  /** The last gateway that served the run ends the erasure. */
  async #finish(trx: StoreTransaction, id: string, served: readonly string[]): Promise<void> {
    await lockRetention(trx);
    const parts = await trx.selectFrom('erasure_parts').selectAll().where('erasure', '=', id).execute();
    const isOver = (name: string): boolean =>
      parts.some(({ gateway, state }) => gateway === name && state !== 'erasing');
    if (!served.every(isOver) || parts.some(({ state }) => state === 'erasing')) return;
    await trx.updateTable('erasures').set({ state: 'done', done_at: this.#now() }).where('id', '=', id).execute();
  }

  #now(): string {
    return new Date(this.#parts.nowMs()).toISOString();
  }
}
