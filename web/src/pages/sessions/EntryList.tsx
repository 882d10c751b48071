import { memo, useEffect, useRef } from 'react';
import { Sql, Visible } from '../../ui/Code.tsx';
import { classes } from '../../ui/class-names.ts';
import { useMedia } from '../../ui/use-media.ts';
import { EntryMarks } from './EntryMarks.tsx';
import { entryOutcome, entryTitle } from './entry-words.ts';
import type { Entry } from './recording.ts';
import { offsetText } from './replay-clock.ts';
import { useVisibleRows } from './use-visible-rows.ts';
import { scrollTarget } from './visible-rows.ts';

interface EntryListProps {
  readonly entries: readonly Entry[];
  /** How many of them: the array grows in place. */
  readonly count: number;
  readonly index: number;
  readonly following: boolean;
  readonly onShow: (index: number) => void;
  /** Whoever scrolls up while rows come in wants to read. */
  readonly onStopFollowing: () => void;
}

const ROW_PX = 30;
const COARSE_ROW_PX = 44;
/** More than a row has room for. */
const SHOWN_CHARACTERS = 120;

/** All rows of a session; only those in view are in the page. One stop for the keyboard: the arrows move within. */
export function EntryList({ entries, count, index, following, onShow, onStopFollowing }: EntryListProps) {
  const rowPx = useMedia('(pointer: coarse)') ? COARSE_ROW_PX : ROW_PX;
  const scroller = useRef<HTMLDivElement>(null);
  const { first, end } = useVisibleRows(scroller, count, rowPx);
  useKeptInView(scroller, index, rowPx, count);
  const wholeMs = entries[count - 1]?.endMs ?? 0;
  const lastTop = useRef(0);

  function onScroll(top: number): void {
    if (following && top < lastTop.current - rowPx) onStopFollowing();
    lastTop.current = top;
  }

  return (
    <div
      ref={scroller}
      role="listbox"
      tabIndex={0}
      aria-label="What happened, in order"
      aria-activedescendant={index >= first && index < end ? `entry-${index}` : undefined}
      onScroll={(event) => onScroll(event.currentTarget.scrollTop)}
      onKeyDown={(event) => {
        const target = keyTarget(event.key, index, count);
        if (target === undefined) return;
        event.preventDefault();
        onShow(target);
      }}
      className="min-h-0 overflow-y-auto overscroll-contain"
    >
      <div role="presentation" className="relative" style={{ height: count * rowPx }}>
        {entries.slice(first, end).map((entry, offset) => (
          <Row
            key={first + offset}
            entry={entry}
            place={first + offset}
            count={count}
            current={first + offset === index}
            // Rows change when their answers come in, and stay the same object.
            answered={entry.answeredMs}
            wholeMs={wholeMs}
            top={(first + offset) * rowPx}
            height={rowPx}
            onShow={onShow}
          />
        ))}
      </div>
    </div>
  );
}

interface RowProps {
  readonly entry: Entry;
  readonly place: number;
  readonly count: number;
  readonly current: boolean;
  readonly answered: number | undefined;
  /** How long the whole session took: a short one is told more exactly. */
  readonly wholeMs: number;
  readonly top: number;
  readonly height: number;
  readonly onShow: (index: number) => void;
}

const Row = memo(function Row({ entry, place, count, current, wholeMs, top, height, onShow }: RowProps) {
  const outcome = entryOutcome(entry);
  return (
    // Keys are the list's: it holds the focus.
    <div
      id={`entry-${place}`}
      role="option"
      tabIndex={-1}
      aria-selected={current}
      aria-posinset={place + 1}
      aria-setsize={count}
      onClick={() => onShow(place)}
      className={classes(
        'absolute inset-x-0 flex cursor-pointer items-center gap-2.5 pr-3 pl-2.5 text-sm',
        current ? 'bg-accent-soft shadow-[inset_2px_0_0_var(--accent)]' : 'hover:bg-hover',
      )}
      style={{ height, transform: `translateY(${top}px)` }}
    >
      <span className="w-14 shrink-0 text-right text-xs text-muted">{offsetText(entry.startMs, wholeMs)}</span>
      <span
        className={classes('min-w-0 grow truncate', entry.kind === 'exchange' ? 'font-mono text-xs' : 'text-muted')}
      >
        {entry.kind === 'exchange' && entry.head !== '' ? <Asked entry={entry} /> : entryTitle(entry)}
      </span>
      <EntryMarks marks={entry.marks} />
      <span className={classes('shrink-0 text-right text-xs', outcome.grave ? 'text-deny' : 'text-muted')}>
        {outcome.text}
        {outcome.more !== undefined && <span className="max-sm:sr-only">{outcome.more}</span>}
      </span>
    </div>
  );
});

/** A statement, or what begins with its method: the line of a request, a message. */
function Asked({ entry: { head, http, message } }: { readonly entry: Entry }) {
  const text = head.slice(0, SHOWN_CHARACTERS);
  if (!http && !message) return <Sql text={text} />;
  const space = text.includes(' ') ? text.indexOf(' ') : text.length;
  return (
    <>
      <span className="font-semibold">
        <Visible text={text.slice(0, space)} />
      </span>
      <Visible text={text.slice(space)} />
    </>
  );
}

function useKeptInView(
  scroller: { readonly current: HTMLElement | null },
  index: number,
  rowPx: number,
  count: number,
): void {
  useEffect(() => {
    const element = scroller.current;
    if (element === null || index < 0) return;
    const target = scrollTarget(index, element.scrollTop, element.clientHeight, rowPx);
    if (target !== undefined) element.scrollTop = target;
    // `count`: the newest row can be scrolled to only once the list is as high.
  }, [scroller, index, rowPx, count]);
}

const PAGE_ROWS = 15;

function keyTarget(key: string, index: number, count: number): number | undefined {
  const within = (row: number) => Math.min(Math.max(row, 0), count - 1);
  switch (key) {
    case 'ArrowDown':
      return within(index + 1);
    case 'ArrowUp':
      return within(index - 1);
    case 'PageDown':
      return within(index + PAGE_ROWS);
    case 'PageUp':
      return within(index - PAGE_ROWS);
    case 'Home':
      return 0;
    case 'End':
      return count - 1;
    default:
      return undefined;
  }
}
