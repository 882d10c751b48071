import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { ChevronDown, ChevronUp } from 'lucide-react';
import { type ReactNode, useMemo, useRef, useState } from 'react';
import { classes } from './class-names.ts';
import { FoldedRows } from './FoldedRows.tsx';
import { RowLink } from './RowLink.tsx';
import { useListKeys } from './use-list-keys.ts';
import { useListTop } from './use-list-top.ts';
import { useNarrow } from './use-media.ts';

export interface Column<Row> {
  readonly id: string;
  readonly header: string;
  readonly cell: (row: Row) => ReactNode;
  /** With it the column can be sorted. */
  readonly sortBy?: (row: Row) => string | number;
  readonly align?: 'end';
  /** Of the column: a width of Tailwind, `w-32`; one column without takes the rest. */
  readonly className?: string;
  /** Where it goes on a phone: the first line, its end, the second line, or nowhere (the default: second). */
  readonly fold?: 'title' | 'end' | 'detail' | 'hidden';
}

export interface DataTableProps<Row> {
  /** What the table holds, for readers. */
  readonly caption: string;
  readonly rows: readonly Row[];
  readonly columns: readonly Column<Row>[];
  readonly rowKey: (row: Row) => string;
  /** Where a row leads: then `j`, `k` and Enter work too. */
  readonly rowHref?: (row: Row) => string;
  readonly onOpen?: (row: Row) => void;
  readonly rowLabel?: (row: Row) => string;
  /** Shown while the rest loads, or `undefined` at the end. */
  readonly onMore?: (() => void) | undefined;
  readonly empty?: ReactNode;
  /** For a page's second list: `j` and `k` belong to the first. */
  readonly noKeys?: boolean;
}

export const ROW_PX = 40;
const OVERSCAN = 12;

/**
 * A list of any length: only what is seen is in the page. Rows are of one height, one line each; on a phone the columns
 * fold into two lines.
 */
export function DataTable<Row>(props: DataTableProps<Row>) {
  const narrow = useNarrow();
  const [sort, setSort] = useState<Sort>();
  const rows = useMemo(() => sorted(props.rows, props.columns, sort), [props.rows, props.columns, sort]);
  if (rows.length === 0 && props.empty !== undefined) return props.empty;
  if (narrow) return <FoldedRows {...props} rows={rows} />;
  return <WideTable {...props} rows={rows} sort={sort} onSort={setSort} />;
}

interface Sort {
  readonly id: string;
  readonly down: boolean;
}

function WideTable<Row>({
  sort,
  onSort,
  ...props
}: DataTableProps<Row> & { sort: Sort | undefined; onSort: (sort: Sort | undefined) => void }) {
  const { rows, columns, rowKey } = props;
  const list = useRef<HTMLDivElement>(null);
  const top = useListTop(list);
  const virtual = useWindowVirtualizer({
    count: rows.length,
    estimateSize: () => ROW_PX,
    overscan: OVERSCAN,
    scrollMargin: top,
    getItemKey: (index) => rowKey(rows[index] as Row),
  });
  const keys = useListKeys(list, props.noKeys ? 0 : rows.length, (index) => virtual.scrollToIndex(index));
  const items = virtual.getVirtualItems();
  const before = (items[0]?.start ?? 0) - top;
  const after = virtual.getTotalSize() - ((items.at(-1)?.end ?? 0) - top);
  useMore(props.onMore, (items.at(-1)?.index ?? 0) >= rows.length - OVERSCAN);
  return (
    <div ref={list} className="min-w-0 overflow-x-auto">
      <table
        aria-label={props.caption}
        aria-rowcount={rows.length + 1}
        className="w-full table-fixed border-collapse text-left"
      >
        <thead>
          <tr aria-rowindex={1} className="border-b border-line">
            {columns.map((column) => (
              <HeaderCell key={column.id} column={column} sort={sort} onSort={onSort} />
            ))}
          </tr>
        </thead>
        <tbody>
          <Spacer px={before} columns={columns.length} />
          {items.map((item) => (
            <BodyRow
              key={item.key}
              {...props}
              row={rows[item.index] as Row}
              index={item.index}
              active={keys.active === item.index}
              onActive={keys.setActive}
            />
          ))}
          <Spacer px={after} columns={columns.length} />
        </tbody>
      </table>
    </div>
  );
}

function HeaderCell<Row>({
  column,
  sort,
  onSort,
}: {
  column: Column<Row>;
  sort: Sort | undefined;
  onSort: (sort: Sort | undefined) => void;
}) {
  const mine = sort?.id === column.id ? sort : undefined;
  const className = classes(
    'h-8 px-2 text-sm font-medium text-muted',
    column.align === 'end' && 'text-right',
    column.className,
  );
  if (column.sortBy === undefined)
    return (
      <th scope="col" className={className}>
        {column.header}
      </th>
    );
  const next =
    mine === undefined ? { id: column.id, down: false } : mine.down ? undefined : { id: column.id, down: true };
  return (
    <th
      scope="col"
      aria-sort={mine === undefined ? 'none' : mine.down ? 'descending' : 'ascending'}
      className={className}
    >
      <button type="button" className="inline-flex items-center gap-1 hover:text-text" onClick={() => onSort(next)}>
        {column.header}
        {mine !== undefined && (mine.down ? <ChevronDown className="size-3.5" /> : <ChevronUp className="size-3.5" />)}
      </button>
    </th>
  );
}

interface BodyRowProps<Row> extends DataTableProps<Row> {
  readonly row: Row;
  readonly index: number;
  readonly active: boolean;
  readonly onActive: (index: number) => void;
}

function BodyRow<Row>({ row, index, active, onActive, columns, rowHref, onOpen, rowLabel }: BodyRowProps<Row>) {
  const opens = rowHref !== undefined || onOpen !== undefined;
  return (
    <tr
      aria-rowindex={index + 2}
      className={classes('relative h-10 border-b border-line', opens && 'hover:bg-hover', active && 'bg-hover')}
    >
      {columns.map((column, place) => (
        <td
          key={column.id}
          className={classes('truncate px-2', column.align === 'end' && 'text-right', column.className)}
        >
          {place === 0 && opens ? (
            <RowLink
              index={index}
              onFocus={() => onActive(index)}
              href={rowHref?.(row)}
              onOpen={onOpen && (() => onOpen(row))}
              label={rowLabel?.(row)}
            >
              {column.cell(row)}
            </RowLink>
          ) : (
            column.cell(row)
          )}
        </td>
      ))}
    </tr>
  );
}

function Spacer({ px, columns }: { readonly px: number; readonly columns: number }) {
  if (px <= 0) return null;
  return (
    <tr aria-hidden="true">
      <td colSpan={columns} style={{ height: px }} />
    </tr>
  );
}

function useMore(onMore: (() => void) | undefined, isNear: boolean): void {
  const asked = useRef<() => void>(undefined);
  // Once for each `onMore`: it is a new one when there is a next page.
  if (!isNear || onMore === undefined || asked.current === onMore) return;
  asked.current = onMore;
  queueMicrotask(onMore);
}

function sorted<Row>(rows: readonly Row[], columns: readonly Column<Row>[], sort: Sort | undefined): readonly Row[] {
  const by = columns.find((column) => column.id === sort?.id)?.sortBy;
  if (by === undefined || sort === undefined) return rows;
  const sign = sort.down ? -1 : 1;
  return rows.toSorted((one, other) => sign * compare(by(one), by(other)));
}

function compare(one: string | number, other: string | number): number {
  if (typeof one === 'number' && typeof other === 'number') return one - other;
  return String(one).localeCompare(String(other), undefined, { numeric: true });
}
