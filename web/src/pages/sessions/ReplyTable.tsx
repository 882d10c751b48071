import { EyeOff } from 'lucide-react';
import { useMemo, useRef } from 'react';
import type { DecodedReply } from '../../api/types.ts';
import { Visible } from '../../ui/Code.tsx';
import { classes } from '../../ui/class-names.ts';
import { visible } from '../../ui/hostile.ts';
import { oneLine } from './request-text.ts';
import { useVisibleRows } from './use-visible-rows.ts';

type Result = DecodedReply['results'][number];
type Value = Result['rows'][number][number];

interface ReplyTableProps {
  readonly result: Result;
  /** Names of columns whose values were masked. */
  readonly masked: ReadonlySet<string>;
}

const ROW_PX = 26;
const HEIGHT_PX = 16 * ROW_PX;

/** One result as a table that scrolls both ways; only the rows in view are in the page. */
export function ReplyTable({ result, masked }: ReplyTableProps) {
  const { columns, rows, moreRows, tag } = result;
  const scroller = useRef<HTMLDivElement>(null);
  const { first, end } = useVisibleRows(scroller, rows.length, ROW_PX);
  const widths = useMemo(() => columnWidths(result), [result]);
  if (columns.length === 0) return <p className="font-mono text-sm text-muted">{tag}</p>;
  const grid = { gridTemplateColumns: widths.map((width) => `${width}ch`).join(' ') };
  return (
    <div className="grid min-w-0 gap-1.5">
      {/* What scrolls must be reachable by keyboard */}
      <div
        ref={scroller}
        role="table"
        tabIndex={0}
        aria-label={`Result, ${rows.length + moreRows} rows`}
        aria-rowcount={rows.length + moreRows + 1}
        aria-colcount={columns.length}
        className="overflow-auto rounded-md border border-line font-mono text-sm"
        style={{ maxHeight: HEIGHT_PX }}
      >
        <Head columns={columns} masked={masked} grid={grid} />
        <div role="rowgroup" className="relative w-max min-w-full" style={{ height: rows.length * ROW_PX }}>
          {rows.slice(first, end).map((row, offset) => (
            <div
              role="row"
              key={first + offset}
              aria-rowindex={first + offset + 2}
              className="absolute inset-x-0 grid border-b border-line last:border-b-0 hover:bg-hover"
              style={{ ...grid, height: ROW_PX, transform: `translateY(${(first + offset) * ROW_PX}px)` }}
            >
              {row.map((value, index) => (
                // Cells have no identity but their place
                <Cell key={index} value={value} masked={masked.has(columns[index]?.name ?? '')} />
              ))}
            </div>
          ))}
        </div>
      </div>
      <p className="text-sm text-muted">
        {tag ?? `${rows.length} rows`}
        {moreRows > 0 &&
          `; the first ${rows.length.toLocaleString('en')} are shown, the recording has all that was kept`}
      </p>
    </div>
  );
}

interface HeadProps {
  readonly columns: Result['columns'];
  readonly masked: ReadonlySet<string>;
  readonly grid: { readonly gridTemplateColumns: string };
}

function Head({ columns, masked, grid }: HeadProps) {
  return (
    <div
      role="row"
      aria-rowindex={1}
      className="sticky top-0 z-10 grid w-max min-w-full border-b border-line bg-sunken"
      style={grid}
    >
      {columns.map(({ name, type }, index) => (
        <div
          // Names of columns may repeat.
          key={index}
          role="columnheader"
          title={visible(`${name}: ${type}`)}
          className="flex h-7 min-w-0 items-center gap-1 px-2 font-semibold"
        >
          <span className="truncate">
            <Visible text={name} />
          </span>
          {masked.has(name) && (
            <span className="inline-flex shrink-0 text-mask" title="masked">
              <EyeOff className="size-3.5" aria-hidden="true" />
              <span className="sr-only">masked</span>
            </span>
          )}
        </div>
      ))}
    </div>
  );
}

function Cell({ value, masked }: { readonly value: Value; readonly masked: boolean }) {
  return (
    <div
      role="cell"
      title={titleOf(value)}
      className={classes(
        'truncate px-2 leading-[25px] whitespace-pre',
        masked && value !== null && 'bg-mask-soft text-mask',
      )}
    >
      <Shown value={value} />
    </div>
  );
}

/** NULL, bytes and the empty text are no text, and look so. */
function Shown({ value }: { readonly value: Value }) {
  if (value === null) return <span className="text-faint italic">NULL</span>;
  if (typeof value !== 'string') return <span className="text-muted">\x{value.hex.slice(0, 200)}</span>;
  if (value === '') return <span className="text-faint italic">empty</span>;
  return <Visible text={value.length > 400 || value.includes('\n') ? oneLine(value) : value} />;
}

function titleOf(value: Value): string | undefined {
  return typeof value === 'string' && value.length > 24 ? visible(value.slice(0, 2000)) : undefined;
}

const LEAST_CHARACTERS = 6;
const MOST_CHARACTERS = 44;
const MEASURED_ROWS = 200;

/** Widths in characters, by the names and the first rows, so that they stay while one scrolls. */
function columnWidths({ columns, rows }: Result): number[] {
  return columns.map(({ name }, index) => {
    const longest = rows
      .slice(0, MEASURED_ROWS)
      .reduce((most, row) => Math.max(most, lengthOf(row[index] ?? null)), name.length + 2);
    return Math.min(MOST_CHARACTERS, Math.max(LEAST_CHARACTERS, longest)) + 3;
  });
}

function lengthOf(value: Value): number {
  if (value === null) return 4;
  return typeof value === 'string' ? visible(value.slice(0, MOST_CHARACTERS)).length : value.hex.length + 2;
}
