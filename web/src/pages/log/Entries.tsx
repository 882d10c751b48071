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
    cell: (entry) => <Mono text={aboutOf(entry)} className="text-muted" />,
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
        {shown?.names !== undefined && <Names names={shown.names} />}
      </Dialog>
    </Section>
  );
}

/** Whom the ids of an entry belong to, as far as the gateway still knows. */
function Names({ names }: { readonly names: Readonly<Record<string, string>> }) {
  return (
    <dl className="mt-3 grid gap-1 text-sm">
      {Object.entries(names).map(([id, name]) => (
        <div key={id} className="flex flex-wrap gap-x-2">
          <dt className="text-muted">
            <Mono text={id} />
          </dt>
          <dd>
            <Visible text={name} />
          </dd>
        </div>
      ))}
      <p className="text-muted">The log has ids alone; the gateway looked these names up now.</p>
    </dl>
  );
}

const SHOWN = 24;

/** What an entry is about, in a few words: its ids first, people and tokens by their names where those are known. */
function aboutOf({ text, names = {} }: LogEntry): string {
  const entry = parseCanonical(text);
  if (entry === undefined) return 'unreadable';
  const detail = isObject(entry['detail']) ? entry['detail'] : {};
  const { session, run, target, approval, size } = { ...detail, ...entry };
  const ids = [session, run, target, approval].filter((value) => typeof value === 'string').slice(0, 1);
  const rest = Object.values(detail).filter(
    (value) => typeof value === 'string' && !ids.includes(value) && value !== run,
  );
  const lines = typeof size === 'string' ? [`${size} lines`] : [];
  return [...ids, ...rest, ...lines].map((word) => nameOf(String(word), names)).join(' · ');
}

function nameOf(word: string, names: Readonly<Record<string, string>>): string {
  return Object.hasOwn(names, word) ? (names[word] ?? word) : cut(word);
}

function cut(word: string): string {
  return word.length > 2 * SHOWN ? `${word.slice(0, SHOWN)}…` : word;
}
