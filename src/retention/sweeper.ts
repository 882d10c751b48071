import { mintId } from '../model/ids.ts';
import { LIMITS } from '../model/limits.ts';
import { activeHolds } from '../store/hold-rows.ts';
import { erasableRuns, type KeptRun } from '../store/kept-runs.ts';
import { insertSweep, listSweeps, readRetentionRules } from '../store/retention-rows.ts';
import type { Store } from '../store/store.ts';
import { type Tidied, tidyStore } from '../store/tidy-store.ts';
import type { Erasures } from './erasures.ts';
import { holdOf, isUnder } from './hold.ts';
import type { RetentionRule } from './retention-rule.ts';
import { type Term, termOf } from './term.ts';

/** What the rules would do now. */
export interface RetentionPlan {
  /** RFC 3339. */
  readonly at: string;
  readonly rules: readonly (RetentionRule & { readonly erases: number; readonly holds: number })[];
  /** Runs whose time is over, oldest first, `retentionRunsAtOnce` at most. */
  readonly due: readonly (Term & { readonly run: string; readonly closedAt: string; readonly hold?: string })[];
  /** True where there are more than are named. */
  readonly more: boolean;
  /** Closed runs that were looked at and whose time is not over, or that no rule would erase. */
  readonly kept: number;
}

/** What a sweep did. */
export interface RetentionSweep {
  readonly id: string;
  readonly at: string;
  readonly gateway: string;
  /** Runs whose erasure was ordered, by rule. */
  readonly erased: Readonly<Record<string, number>>;
  /** Runs that a hold kept. */
  readonly held: number;
  readonly kept: number;
}

export interface SweeperParts {
  readonly store: Store;
  readonly erasures: Pick<Erasures, 'order'>;
  readonly gateway: string;
  readonly note: (note: {
    readonly kind: 'retention.swept';
    readonly detail: Readonly<Record<string, string | number>>;
  }) => Promise<void>;
  readonly nowMs: () => number;
  readonly random: (bytes: number) => Uint8Array;
  readonly onFault: (fault: unknown) => void;
}

const DAY_MS = 86_400_000;

/** Applies the retention rules once a day, at `retentionHour` or as soon after it as a gateway runs. */
export class RetentionSweeper implements AsyncDisposable {
  readonly #parts: SweeperParts;
  readonly #timer: NodeJS.Timeout;
  #sweeping: Promise<unknown> = Promise.resolve();

  constructor(parts: SweeperParts) {
    this.#parts = parts;
    this.#timer = setInterval(() => void this.sweepIfDue().catch(parts.onFault), LIMITS.retentionCheckMs).unref();
  }

  /** What a sweep would do now; changes nothing. */
  async plan(): Promise<RetentionPlan> {
    const { store, nowMs } = this.#parts;
    const now = new Date(nowMs()).toISOString();
    const rules = await readRetentionRules<RetentionRule>(store);
    const due: RetentionPlan['due'][number][] = [];
    let kept = 0;
    let more = false;
    for await (const { run, term, hold } of this.#candidates(rules, now)) {
      if (term === undefined || term.eraseAt > now) kept++;
      else if (due.length === LIMITS.retentionRunsAtOnce) more = true;
      else due.push({ run: run.id, closedAt: run.closedAt ?? '', ...term, ...(hold === undefined ? {} : { hold }) });
    }
    const count = (rule: string, held: boolean): number =>
      due.filter((one) => one.rule === rule && (one.hold !== undefined) === held).length;
    return {
      at: now,
      rules: rules.map((rule) => ({ ...rule, erases: count(rule.name, false), holds: count(rule.name, true) })),
      due,
      more,
      kept,
    };
  }

  /** Orders what is due, `retentionRunsAtOnce` runs at most, and puts into the log how many those were. */
  sweep(): Promise<RetentionSweep> {
    const swept = this.#sweeping.catch(() => undefined).then(() => this.#sweep());
    this.#sweeping = swept;
    return swept;
  }

  /** Sweeps where the hour has come and no gateway has swept today; true where it did. */
  async sweepIfDue(): Promise<boolean> {
    const { store, nowMs } = this.#parts;
    const now = new Date(nowMs());
    if (now.getUTCHours() < LIMITS.retentionHour) return false;
    const [last] = await listSweeps(store, 1);
    if (last !== undefined && last.at.slice(0, 10) >= now.toISOString().slice(0, 10)) return false;
    await this.sweep();
    return true;
  }

  /** Removes what nothing in the store can use any more. */
  tidy(): Promise<Tidied> {
    const { store, nowMs } = this.#parts;
    const now = nowMs();
    return tidyStore(
      store,
      new Date(now).toISOString(),
      new Date(now - LIMITS.grantSecretsKeptDays * DAY_MS).toISOString(),
    );
  }

  async history(limit: number): Promise<readonly RetentionSweep[]> {
    const rows = await listSweeps(this.#parts.store, limit);
    return rows.map((row) => ({ ...row, erased: JSON.parse(row.erased) as Readonly<Record<string, number>> }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await this.#sweeping.catch(this.#parts.onFault);
  }

  async #sweep(): Promise<RetentionSweep> {
    const { store, erasures, gateway, note, nowMs, random } = this.#parts;
    const { due, kept } = await this.plan();
    const erased: Record<string, number> = {};
    let held = 0;
    for (const { run, rule, hold } of due) {
      if (hold !== undefined) {
        // A rule asks again every day: what a hold keeps from it is no order that waits.
        held++;
        continue;
      }
      const ordered = await erasures.order({ run, reason: 'retention', by: 'gateway', rule });
      if (ordered.kind === 'ordered') erased[rule] = (erased[rule] ?? 0) + 1;
      if (ordered.kind === 'held') held++;
    }
    await this.tidy();
    const at = new Date(nowMs()).toISOString();
    const id = mintId('swp', nowMs(), random);
    const total = Object.values(erased).reduce((sum, one) => sum + one, 0);
    await note({ kind: 'retention.swept', detail: { by: 'gateway', erased: total, held, kept } });
    const forgetBefore = new Date(nowMs() - LIMITS.retentionSweepsKeptDays * DAY_MS).toISOString();
    await insertSweep(store, { id, gateway, at, erased: JSON.stringify(erased), held, kept }, forgetBefore);
    return { id, at, gateway, erased, held, kept };
  }

  async *#candidates(
    rules: readonly RetentionRule[],
    now: string,
  ): AsyncGenerator<{ readonly run: KeptRun; readonly term: Term | undefined; readonly hold: string | undefined }> {
    const days = rules.flatMap(({ eraseAfterDays }) => eraseAfterDays ?? []);
    if (days.length === 0) return;
    const closedBefore = new Date(Date.parse(now) - Math.min(...days) * DAY_MS).toISOString();
    const { store } = this.#parts;
    const holds = (await store.read((db) => activeHolds(db))).map(holdOf);
    let after = '';
    for (;;) {
      const runs = await store.read((db) => erasableRuns(db, { closedBefore, after, limit: PAGE }));
      for (const run of runs) {
        yield { run, term: termOf(rules, run), hold: holds.find((hold) => isUnder(hold, run))?.id };
      }
      if (runs.length < PAGE) return;
      after = runs.at(-1)?.id ?? after;
    }
  }
}

const PAGE = 500;
