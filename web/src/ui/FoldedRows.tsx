import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { Fragment, useRef } from 'react';
import { Button } from './Button.tsx';
import type { Column, DataTableProps } from './DataTable.tsx';
import { RowLink } from './RowLink.tsx';
import { useListTop } from './use-list-top.ts';

const FOLDED_PX = 60;

/** A table's rows on a phone: two lines each, the whole of it one link. */
export function FoldedRows<Row>(props: DataTableProps<Row>) {
  const { caption, rows, rowKey, onMore } = props;
  const list = useRef<HTMLUListElement>(null);
  const top = useListTop(list);
  const virtual = useWindowVirtualizer({
    count: rows.length,
    estimateSize: () => FOLDED_PX,
    overscan: 8,
    scrollMargin: top,
  });
  return (
    <>
      <ul
        ref={list}
        aria-label={caption}
        className="relative border-t border-line"
        style={{ height: virtual.getTotalSize() }}
      >
        {virtual.getVirtualItems().map((item) => {
          const row = rows[item.index] as Row;
          return <FoldedRow key={rowKey(row)} {...props} row={row} index={item.index} offset={item.start - top} />;
        })}
      </ul>
      {onMore !== undefined && <Button onClick={onMore}>Show more</Button>}
    </>
  );
}

interface FoldedRowProps<Row> extends DataTableProps<Row> {
  readonly row: Row;
  readonly index: number;
  readonly offset: number;
}

function FoldedRow<Row>({ row, index, offset, columns, rowHref, onOpen, rowLabel }: FoldedRowProps<Row>) {
  const at = (place: Column<Row>['fold']) => columns.filter((column) => (column.fold ?? 'detail') === place);
  const title = at('title').map((column) => <Fragment key={column.id}>{column.cell(row)} </Fragment>);
  return (
    <li
      className="absolute inset-x-0 grid h-15 content-center gap-0.5 border-b border-line px-1 active:bg-hover"
      style={{ transform: `translateY(${offset}px)` }}
    >
      <div className="flex min-w-0 items-center gap-2">
        <span className="min-w-0 grow truncate">
          {rowHref !== undefined || onOpen !== undefined ? (
            <RowLink
              index={index}
              href={rowHref?.(row)}
              onOpen={onOpen && (() => onOpen(row))}
              onFocus={() => undefined}
              label={rowLabel?.(row)}
            >
              {title}
            </RowLink>
          ) : (
            title
          )}
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
}
