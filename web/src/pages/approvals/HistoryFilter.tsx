import { useQuery } from '@tanstack/react-query';
import { X } from 'lucide-react';
import type { ApprovalFilter } from '../../api/queries.ts';
import { recentRunsQuery } from '../../api/queries.ts';
import type { ApprovalState, Page, RunSummary } from '../../api/types.ts';
import { useCan } from '../../parts/me.ts';
import { Button } from '../../ui/Button.tsx';
import { Field, Select } from '../../ui/Field.tsx';
import { visible } from '../../ui/hostile.ts';
import { type Search, useSearchState } from '../../ui/routing.tsx';
import { APPROVAL_WORDS } from '../../ui/StateBadge.tsx';

/** Narrows the history to a state and to a run; both stand in the address. */
export function HistoryFilter({ filter: { state, run } }: { readonly filter: ApprovalFilter }) {
  const [, change] = useSearchState();
  const recent = useQuery({ ...recentRunsQuery, enabled: useCan('sessions:read') }).data;
  return (
    <form
      role="search"
      aria-label="History"
      onSubmit={(event) => event.preventDefault()}
      className="flex flex-wrap items-end gap-3"
    >
      <div className="w-32 sm:w-40">
        <Field label="State">
          {(control) => (
            <Select {...control} value={state ?? ''} onChange={(event) => change({ state: event.target.value })}>
              <option value="">Any</option>
              {Object.entries(APPROVAL_WORDS).map(([value, words]) => (
                <option key={value} value={value}>
                  {words}
                </option>
              ))}
            </Select>
          )}
        </Field>
      </div>
      <div className="min-w-0 flex-1 basis-40 sm:max-w-md">
        <Field label="Run">
          {(control) => (
            <Select {...control} value={run ?? ''} onChange={(event) => change({ run: event.target.value })}>
              <option value="">Any</option>
              {runsOf(recent, run).map(({ id, words }) => (
                <option key={id} value={id}>
                  {words}
                </option>
              ))}
            </Select>
          )}
        </Field>
      </div>
      {(state !== undefined || run !== undefined) && (
        <Button icon={<X />} onClick={() => change({ state: undefined, run: undefined })}>
          All of them
        </Button>
      )}
    </form>
  );
}

/** What an address asks for. */
export function filterOf({ state, run }: Search): ApprovalFilter {
  return { ...(isState(state) && { state }), ...(run !== undefined && run !== '' && { run }) };
}

function isState(text: string | undefined): text is ApprovalState {
  return text !== undefined && Object.hasOwn(APPROVAL_WORDS, text);
}

/** The newest runs, and the one that is chosen where it is none of them: a link from its own page led here. */
function runsOf(recent: Page<RunSummary> | undefined, chosen: string | undefined) {
  const runs = (recent?.items ?? []).map(({ id, display, openedAt }) => ({
    id,
    words: `${visible(display)} · ${openedAt.slice(0, 16).replace('T', ' ')} UTC`,
  }));
  if (chosen === undefined || runs.some(({ id }) => id === chosen)) return runs;
  return [...runs, { id: chosen, words: visible(chosen) }];
}
