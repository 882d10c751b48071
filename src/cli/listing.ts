import type { Output } from './output.ts';
import { printable } from './printable.ts';
import { displayWidth } from './table.ts';

/** A column of a listing: its heading, and what stands in it for an item. */
export interface ListingColumn<Item> {
  readonly head: string;
  readonly text: (item: Item) => string;
  readonly paint?: (item: Item) => Parameters<Output['paint']>[0] | undefined;
  /** Cut to this many characters. */
  readonly most?: number;
}

const GAP = '  ';

/** Items as lines of aligned columns, neutralised; the way every list of the program looks. */
export function listing<Item>(items: readonly Item[], columns: readonly ListingColumn<Item>[], output: Output): string {
  const cells = items.map((item) => columns.map(({ text, most }) => cut(printable(text(item)), most)));
  const widths = columns.map(({ head }, index) =>
    cells.reduce((widest, row) => Math.max(widest, displayWidth(row[index] ?? '')), head.length),
  );
  const heads = columns.map(({ head }, index) => head.padEnd(widths[index] ?? 0)).join(GAP);
  const lines = items.map((item, at) =>
    columns
      .map(({ paint }, index) => {
        const cell = cells[at]?.[index] ?? '';
        const padded = cell + ' '.repeat(Math.max(0, (widths[index] ?? 0) - displayWidth(cell)));
        const style = paint?.(item);
        return style === undefined ? padded : output.paint(style, padded);
      })
      .join(GAP)
      .trimEnd(),
  );
  return [output.paint('dim', heads.trimEnd()), ...lines, ''].join('\n');
}

/** `2026-11-22 18:03:14`, in UTC. */
export function shortTime(at: string): string {
  return at.slice(0, 19).replace('T', ' ');
}

function cut(text: string, most: number | undefined): string {
  return most !== undefined && text.length > most ? `${text.slice(0, most - 1)}…` : text;
}
