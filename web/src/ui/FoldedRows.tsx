import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { Fragment, useRef } from 'react';
import type { Column, DataTableProps } from './DataTable.tsx';
import { RowLink } from './RowLink.tsx';

const FOLDED_PX = 60;

/** A table's rows on a phone: two lines each, the whole of it one link. */
export function FoldedRows<Row>({
  caption,
  rows,
  columns,
  rowKey,
  rowHref,
  onOpen,
  rowLabel,
  onMore,
}: DataTableProps<Row>) {
  const top = useRef<HTMLUListElement>(null);
  const virtual = useWindowVirtualizer({
    count: rows.length,
    estimateSize: () => FOLDED_PX,
    overscan: 8,
    scrollMargin: top.current?.offsetTop ?? 0,
  });
  const items = virtual.getVirtualItems();
  const at = (place: Column<Row>['fold']) => columns.filter((column) => (column.fold ?? 'detail') === place);
  return (
    <>
      <ul
        ref={top}
        aria-label={caption}
        className="relative border-t border-line"
        style={{ height: virtual.getTotalSize() }}
      >
        {items.map((item) => {
          const row = rows[item.index] as Row;
          return (
            <li
              key={rowKey(row)}
              className="absolute inset-x-0 grid h-15 content-center gap-0.5 border-b border-line px-1 active:bg-hover"
              style={{ transform: `translateY(${item.start - virtual.options.scrollMargin}px)` }}
            >
              <div className="flex min-w-0 items-center gap-2">
                <span className="min-w-0 grow truncate">
                  <Cells
                    row={row}
                    columns={at('title')}
                    linked={rowHref !== undefined || onOpen !== undefined}
                    index={item.index}
                    href={rowHref?.(row)}
                    onOpen={onOpen && (() => onOpen(row))}
                    label={rowLabel?.(row)}
                  />
                </span>
                <span className="flex shrink-0 gap-2">
                  {at('end').map((column) => (
                    <Fragment key={column.id}>{column.cell(row)}</Fragment>
                  ))}
                </span>
              </div>
              <div className="flex min-w-0 gap-2 truncate text-sm text-muted">
                {at('detail').map((column) => (
                  <span key={column.id} className="min-w-0 truncate last:shrink-0">
                    {column.cell(row)}
                  </span>
                ))}
              </div>
            </li>
          );
        })}
      </ul>
      {onMore !== undefined && (
        <button type="button" className="h-11 text-muted" onClick={onMore}>
          Show more
        </button>
      )}
    </>
  );
}

interface CellsProps<Row> {
  readonly row: Row;
  readonly columns: readonly Column<Row>[];
  readonly linked: boolean;
  readonly index: number;
  readonly href: string | undefined;
  readonly onOpen: (() => void) | undefined;
  readonly label: string | undefined;
}

function Cells<Row>({ row, columns, linked, index, href, onOpen, label }: CellsProps<Row>) {
  const cells = columns.map((column) => <Fragment key={column.id}>{column.cell(row)} </Fragment>);
  if (!linked) return cells;
  return (
    <RowLink index={index} href={href} onOpen={onOpen} onFocus={() => undefined} label={label}>
      {cells}
    </RowLink>
  );
}
