import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { LogEntry } from '../../api/types.ts';
import { Button } from '../../ui/Button.tsx';
import { Mono, Visible } from '../../ui/Code.tsx';
import { type Column, DataTable } from '../../ui/DataTable.tsx';
import { Dialog } from '../../ui/Dialog.tsx';
import { EmptyState } from '../../ui/EmptyState.tsx';
import { Json } from '../../ui/Json.tsx';
import { Section } from '../../ui/Page.tsx';
import { Problem } from '../../ui/Problem.tsx';
import { SkeletonRows } from '../../ui/Skeleton.tsx';
import { Time } from '../../ui/Time.tsx';
import { isObject, parseCanonical } from '../../verify/canonical-json.ts';
import { entriesQuery } from './queries.ts';

const COLUMNS: readonly Column<LogEntry>[] = [
  { id: 'index', header: 'Entry', className: 'w-24', cell: ({ index }) => <Mono text={String(index)} />, fold: 'end' },
  { id: 'kind', header: 'Kind', className: 'w-44', cell: ({ kind }) => <Visible text={kind} />, fold: 'title' },
  {
    id: 'about',
    header: 'About',
    cell: ({ text }) => <Mono text={aboutOf(text)} className="text-muted" />,
    fold: 'detail',
  },
  { id: 'at', header: 'At', className: 'w-32', align: 'end', cell: ({ at }) => <Time at={at} />, fold: 'detail' },
];

/** The entries of the log, newest first. They are commitments: no statement and no secret stands in them. */
export function Entries({ size }: { readonly size: number }) {
  // The list stays where somebody reads it; what is newer is asked for.
  const [upTo, setUpTo] = useState(size);
  const entries = useInfiniteQuery(entriesQuery(upTo));
  const [shown, setShown] = useState<LogEntry>();
  return (
    <Section
      title="Entries"
      actions={
        size > upTo && (
          <Button size="sm" variant="quiet" onClick={() => setUpTo(size)}>
            Show {size - upTo} newer
          </Button>
        )
      }
    >
      {entries.error !== null && <Problem error={entries.error} onRetry={() => void entries.refetch()} />}
      {entries.data === undefined ? (
        <SkeletonRows rows={6} />
      ) : (
        <DataTable
          caption="Entries of the log, newest first"
          rows={entries.data}
          columns={COLUMNS}
          rowKey={({ index }) => String(index)}
          rowLabel={({ index, kind }) => `Entry ${index}, ${kind}`}
          onOpen={setShown}
          onMore={entries.hasNextPage ? () => void entries.fetchNextPage() : undefined}
          empty={
            <EmptyState title="The log is empty">
              Its first entries come when the gateway starts and when a run opens.
            </EmptyState>
          }
        />
      )}
      <Dialog open={shown !== undefined} onClose={() => setShown(undefined)} title={`Entry ${shown?.index ?? ''}`} wide>
        {shown !== undefined && <Json value={shown.text} label="The entry, as it stands in the log" />}
      </Dialog>
    </Section>
  );
}

const SHOWN = 24;

/** What an entry is about, in a few words: its ids first. */
function aboutOf(text: string): string {
  const entry = parseCanonical(text);
  if (entry === undefined) return 'unreadable';
  const detail = isObject(entry['detail']) ? entry['detail'] : {};
  const { session, run, target, approval, size } = { ...detail, ...entry };
  const ids = [session, run, target, approval].filter((value) => typeof value === 'string').slice(0, 1);
  const rest = Object.values(detail).filter(
    (value) => typeof value === 'string' && !ids.includes(value) && value !== run,
  );
  const lines = typeof size === 'string' ? [`${size} lines`] : [];
  return [...ids, ...rest, ...lines].map((word) => cut(String(word))).join(' · ');
}

function cut(word: string): string {
  return word.length > 2 * SHOWN ? `${word.slice(0, SHOWN)}…` : word;
}
