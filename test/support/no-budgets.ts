import type { BudgetDesk } from '../../src/gateway/control-plane.ts';
import { Fault } from '../../src/model/fault.ts';

/** A desk without a store behind it: what must be counted over several requests is refused. */
export const NO_BUDGETS: BudgetDesk = {
  open: ({ most }) => ({
    take: () => false,
    give: () => undefined,
    ensure: () => Promise.reject(new Fault('store-unavailable', 'this gateway keeps no counts')),
    touch: () => Promise.reject(new Fault('store-unavailable', 'this gateway keeps no counts')),
    standing: () => ({ spent: 0, most }),
    extend: () => Promise.reject(new Fault('store-unavailable', 'this gateway keeps no counts')),
    enter: () => undefined,
    leave: () => undefined,
    close: () => undefined,
  }),
};
