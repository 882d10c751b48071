import { ChevronDown, ChevronRight, EyeOff } from 'lucide-react';
import { type KeyboardEvent, useEffect, useMemo, useRef, useState } from 'react';
import { Button } from '../../ui/Button.tsx';
import { Visible } from '../../ui/Code.tsx';
import { classes } from '../../ui/class-names.ts';
import { visible } from '../../ui/hostile.ts';
import { type JsonNode, nodePath } from './json-nodes.ts';
import { treeTarget, visibleNodes } from './tree-keys.ts';

interface JsonTreeProps {
  readonly nodes: readonly JsonNode[];
  /** What a reader hears before it. */
  readonly label: string;
  /** Values that were masked, by their places, and by what. */
  readonly masked?: ReadonlyMap<number, string>;
  /** Nothing is left for later: where somebody must read all of it. */
  readonly whole?: boolean;
}

/** Rows that are drawn at once. */
const ROWS = 400;

/** A JSON value as a tree: the arrows go through it, and fold what holds values. */
export function JsonTree({ nodes, label, masked, whole = false }: JsonTreeProps) {
  const { tree, folded, current, rows, left, showMore, fold, onKeyDown } = useTree(nodes, whole);
  return (
    <div className="grid min-w-0 gap-1.5">
      <div
        ref={tree}
        role="tree"
        aria-label={label}
        onKeyDown={onKeyDown}
        className={classes(
          'rounded-md border border-line bg-sunken py-2 font-mono text-sm',
          !whole && 'max-h-[60dvh] overflow-auto',
        )}
      >
        {rows.map(({ node, place }) => (
          <Row
            key={place}
            node={node}
            place={place}
            siblings={nodes[node.parent]?.size ?? 1}
            path={nodePath(nodes, place)}
            folded={folded.has(place)}
            current={current === place}
            masked={masked?.get(place)}
            onFold={(isFolded) => fold(place, isFolded)}
          />
        ))}
      </div>
      {left > 0 && (
        <Button size="sm" className="justify-self-start" onClick={showMore}>
          Show {Math.min(ROWS, left).toLocaleString('en')} more of {(rows.length + left).toLocaleString('en')} values
        </Button>
      )}
    </div>
  );
}

/** What of a tree is folded, where the focus is, and how much is drawn. */
function useTree(nodes: readonly JsonNode[], whole: boolean) {
  const [folded, setFolded] = useState<ReadonlySet<number>>(NONE);
  const [current, setCurrent] = useState(0);
  const [most, setMost] = useState(whole ? Number.POSITIVE_INFINITY : ROWS);
  const all = useMemo(() => visibleNodes(nodes, folded), [nodes, folded]);
  const shown = all.slice(0, most);
  const tree = useRef<HTMLDivElement>(null);
  const focusing = useRef(false);
  useEffect(() => {
    if (!focusing.current) return;
    focusing.current = false;
    tree.current?.querySelector<HTMLElement>(`[data-place="${current}"]`)?.focus();
  }, [current, folded]);

  function fold(place: number, isFolded: boolean): void {
    const next = new Set(folded);
    if (isFolded) next.add(place);
    else next.delete(place);
    setFolded(next);
    setCurrent(place);
  }

  function onKeyDown(event: KeyboardEvent): void {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const target = treeTarget(event.key, { nodes, shown, folded, current });
    if (target === undefined) return;
    event.preventDefault();
    // What is done here is no key of the page.
    event.stopPropagation();
    focusing.current = true;
    if (target.fold === undefined) setCurrent(target.place);
    else fold(target.place, target.fold);
  }

  const rows = shown.flatMap((place) => {
    const node = nodes[place];
    return node === undefined ? [] : [{ node, place }];
  });
  const showMore = (): void => setMost(most + ROWS);
  return { tree, folded, current, rows, left: all.length - shown.length, showMore, fold, onKeyDown };
}

const NONE: ReadonlySet<number> = new Set();
const INDENT_CH = 2;

interface RowProps {
  readonly node: JsonNode;
  readonly place: number;
  readonly siblings: number;
  readonly path: string;
  readonly folded: boolean;
  readonly current: boolean;
  readonly masked: string | undefined;
  readonly onFold: (folded: boolean) => void;
}

function Row({ node, place, siblings, path, folded, current, masked, onFold }: RowProps) {
  const holds = node.kind === 'object' || node.kind === 'array';
  return (
    <div
      role="treeitem"
      data-place={place}
      tabIndex={current ? 0 : -1}
      aria-level={node.depth + 1}
      aria-posinset={node.position}
      aria-setsize={siblings}
      aria-selected={current}
      aria-expanded={holds && node.size > 0 ? !folded : undefined}
      title={visible(path)}
      onClick={() => onFold(holds && node.size > 0 && !folded)}
      className="flex min-w-0 items-start gap-1 px-3 py-px leading-6 outline-offset-[-2px] hover:bg-hover"
      style={{ paddingLeft: `calc(0.5rem + ${Math.min(node.depth, DEEPEST) * INDENT_CH}ch)` }}
    >
      <span className="mt-1.5 w-3.5 shrink-0 text-muted [&_svg]:size-3.5" aria-hidden="true">
        {holds && node.size > 0 && (folded ? <ChevronRight /> : <ChevronDown />)}
      </span>
      <span className="min-w-0 break-words whitespace-pre-wrap">
        {node.parent >= 0 && (
          <span className={typeof node.name === 'number' ? 'text-muted' : 'text-text'}>
            <Visible text={String(node.name)} />
            <span className="text-muted">: </span>
          </span>
        )}
        <Value node={node} masked={masked !== undefined} />
        {masked !== undefined && (
          <span
            className="ml-2 inline-flex items-center gap-1 text-mask [&_svg]:size-3.5"
            title={visible(`masked: ${masked}`)}
          >
            <EyeOff aria-hidden="true" />
            <span className="sr-only">masked</span>
          </span>
        )}
      </span>
    </div>
  );
}

/** Deeper values stand no further to the right. */
const DEEPEST = 24;

function Value({ node, masked }: { readonly node: JsonNode; readonly masked: boolean }) {
  switch (node.kind) {
    case 'object':
      return <span className="text-muted">{node.size === 0 ? '{}' : `{ ${counted(node.size, 'member')} }`}</span>;
    case 'array':
      return <span className="text-muted">{node.size === 0 ? '[]' : `[ ${counted(node.size, 'value')} ]`}</span>;
    case 'string':
      return (
        <span className={masked ? 'rounded-sm bg-mask-soft px-0.5 text-mask' : 'text-permit'}>
          "<Visible text={node.text} />"
        </span>
      );
    case 'number':
    case 'boolean':
      return <span className={masked ? 'rounded-sm bg-mask-soft px-0.5 text-mask' : 'text-accent'}>{node.text}</span>;
    case 'null':
      return <span className={masked ? 'bg-mask-soft text-mask' : 'text-muted italic'}>null</span>;
    default:
      return node.kind satisfies never;
  }
}

function counted(count: number, word: string): string {
  return `${count.toLocaleString('en')} ${word}${count === 1 ? '' : 's'}`;
}
