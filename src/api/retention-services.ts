import type { ErasureWorker } from '../retention/erasure-worker.ts';
import type { ErasureOrder, Erasures, Ordered } from '../retention/erasures.ts';
import type { HoldScope } from '../retention/hold.ts';
import type { Holds } from '../retention/holds.ts';
import type { RetentionPlan, RetentionSweep, RetentionSweeper } from '../retention/sweeper.ts';
import type { ErasureFilter } from '../store/erasure-rows.ts';
import { findSession } from '../store/session-rows.ts';
import type { Store } from '../store/store.ts';
import { type ErasureView, erasedWords, erasureView, type HoldView, holdView } from './erasure-view.ts';
import type { NameLookup } from './log-names.ts';

/** Erasures, holds and retention, as the API has them. */
export interface RetentionServices {
  /** Orders an erasure, and does it here at once where it may be done. */
  erase(order: ErasureOrder): Promise<{ readonly ordered: Ordered; readonly erasure: ErasureView | undefined }>;
  erasure(run: string): Promise<ErasureView | undefined>;
  erasures(filter: ErasureFilter): Promise<readonly ErasureView[]>;
  /** Why the bodies of a session are not here any more, in words; undefined where nobody had them erased. */
  erasedWords(session: string): Promise<string | undefined>;
  place(scope: HoldScope, reason: string, by: string): Promise<PlacedView | 'too-many'>;
  lift(id: string, because: string, by: string): Promise<HoldView | undefined>;
  holds(filter: { readonly lifted: boolean; readonly limit: number }): Promise<readonly HoldView[]>;
  holdsOver(run: string): Promise<readonly HoldView[]>;
  plan(): Promise<RetentionPlan>;
  sweep(): Promise<RetentionSweep>;
  sweeps(limit: number): Promise<readonly RetentionSweep[]>;
}

export interface PlacedView {
  readonly hold: HoldView;
  /** Runs of its scope whose bodies are gone, or going. */
  readonly tooLate: readonly string[];
}

export interface RetentionServicesParts {
  readonly store: Store;
  readonly names: NameLookup;
  readonly erasures: Erasures;
  readonly holds: Holds;
  readonly sweeper: RetentionSweeper;
  readonly worker: ErasureWorker;
}

export function retentionServices(parts: RetentionServicesParts): RetentionServices {
  const { store, names, erasures, holds, sweeper, worker } = parts;
  const erasure = async (run: string): Promise<ErasureView | undefined> => {
    const found = await erasures.find(run);
    return found && erasureView(found, await names([found.by]));
  };
  const holdViews = async (found: Awaited<ReturnType<Holds['list']>>): Promise<readonly HoldView[]> => {
    const known = await names(found.flatMap(({ placedBy, lifted }) => [placedBy, ...(lifted ? [lifted.by] : [])]));
    return found.map((hold) => holdView(hold, known));
  };
  return {
    async erase(order) {
      const ordered = await erasures.order(order);
      if (ordered.kind === 'ordered' || ordered.kind === 'known') await worker.run();
      return { ordered, erasure: await erasure(order.run) };
    },
    erasure,
    async erasures(filter) {
      const found = await erasures.list(filter);
      const known = await names(found.map(({ by }) => by));
      return found.map((one) => erasureView(one, known));
    },
    async erasedWords(session) {
      const row = await findSession(store, session);
      const found = row && (await erasure(row.run_id));
      return found === undefined || found.state === 'pending' ? undefined : erasedWords(found);
    },
    async place(scope, reason, by) {
      const placed = await holds.place(scope, reason, by);
      if (placed.kind === 'too-many') return 'too-many';
      const [hold] = await holdViews([placed.hold]);
      return { hold: hold as HoldView, tooLate: placed.tooLate };
    },
    async lift(id, because, by) {
      const lifted = await holds.lift(id, because, by);
      return lifted && (await holdViews([lifted]))[0];
    },
    holds: async (filter) => holdViews(await holds.list(filter)),
    holdsOver: async (run) => holdViews(await holds.over(run)),
    plan: () => sweeper.plan(),
    sweep: async () => {
      const swept = await sweeper.sweep();
      await worker.run();
      return swept;
    },
    sweeps: (limit) => sweeper.history(limit),
  };
}
