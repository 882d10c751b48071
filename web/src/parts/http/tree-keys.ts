import type { JsonNode } from './json-nodes.ts';

/** Places of the nodes that are not folded away, in their order. */
export function visibleNodes(nodes: readonly JsonNode[], folded: ReadonlySet<number>): readonly number[] {
  const shown: number[] = [];
  for (let place = 0; place < nodes.length; ) {
    shown.push(place);
    place = folded.has(place) ? (nodes[place]?.after ?? nodes.length) : place + 1;
  }
  return shown;
}

export interface TreeState {
  readonly nodes: readonly JsonNode[];
  readonly shown: readonly number[];
  readonly folded: ReadonlySet<number>;
  readonly current: number;
}

export interface TreeTarget {
  /** Where the focus goes. */
  readonly place: number;
  /** What becomes of that node, where it changes. */
  readonly fold?: boolean;
}

/** What a key does in a tree (WAI-ARIA Authoring Practices, tree view); undefined where it does nothing. */
export function treeTarget(key: string, { nodes, shown, folded, current }: TreeState): TreeTarget | undefined {
  const node = nodes[current];
  const at = shown.indexOf(current);
  if (node === undefined || at < 0) return undefined;
  const holds = node.size > 0;
  const go = (place: number | undefined): TreeTarget | undefined => (place === undefined ? undefined : { place });
  switch (key) {
    case 'ArrowDown':
      return go(shown[at + 1]);
    case 'ArrowUp':
      return go(shown[at - 1]);
    case 'Home':
      return go(shown[0]);
    case 'End':
      return go(shown.at(-1));
    case 'ArrowRight':
      if (!holds) return undefined;
      return folded.has(current) ? { place: current, fold: false } : go(shown[at + 1]);
    case 'ArrowLeft':
      if (holds && !folded.has(current)) return { place: current, fold: true };
      return node.parent < 0 ? undefined : { place: node.parent };
    case 'Enter':
    case ' ':
      return holds ? { place: current, fold: !folded.has(current) } : undefined;
    default:
      return undefined;
  }
}
