import type { DeclaredOperation } from './catalogue.ts';
import { fits, type Segment, segmentsOf } from './template.ts';

/** What a document calls a request. */
export interface Found {
  /** The template that its path is an instance of, by the document's own rule: what is concrete before what is not. */
  readonly template?: string;
  readonly operationId?: string;
  /** Whether the document has the method there. */
  readonly declared: boolean;
  /** Others that a server may take it for. */
  readonly alike: readonly Name[];
}

export interface Name {
  readonly template: string;
  readonly operationId?: string;
}

/** The templates of one target, compiled once; a request is found in time linear in its path and the branches that fit. */
export class TemplateIndex {
  readonly #exact = new Node();
  /** The same in lower case: many servers mind neither case nor a slash at the end. */
  readonly #folded = new Node();

  /**
   * `base` is what the target's own paths have before them, as the gateway puts it there; where the document says no
   * server, its paths begin there.
   */
  constructor(operations: readonly DeclaredOperation[], base: string) {
    for (const operation of operations) {
      const bases = operation.bases.length === 0 ? [base] : operation.bases;
      for (const one of bases) {
        const path = `${one}${operation.template}`;
        this.#exact.add(segmentsOf(path), operation);
        this.#folded.add(segmentsOf(folded(path)), operation);
      }
    }
  }

  /** `path` in its normal form, with what the gateway puts before it. */
  find(method: string, path: string): Found {
    const met = this.#exact.find(path.slice(1).split('/'));
    if (met.length === 0) {
      const alike = this.#folded.find(folded(path).slice(1).split('/')).map((leaf) => nameOf(leaf, method));
      return { declared: false, alike };
    }
    const [best, ...others] = met.filter((leaf) => !met.some((other) => other !== leaf && outranks(other, leaf)));
    if (best === undefined) return { declared: false, alike: [] };
    // A server that has no such method there may go on to the next template that has.
    const further = operationOf(best, method) === undefined ? met.filter((leaf) => operationOf(leaf, method)) : [];
    const alike = [...new Set([...others, ...further])].filter((leaf) => leaf !== best);
    const operation = operationOf(best, method);
    return {
      ...nameOf(best, method),
      declared: operation !== undefined,
      alike: alike.map((leaf) => nameOf(leaf, method)),
    };
  }
}

interface Leaf {
  readonly segments: readonly Segment[];
  readonly template: string;
  readonly operations: Map<string, DeclaredOperation>;
}

function folded(path: string): string {
  const parts = path.split('/').filter((part) => part !== '');
  // The names of parameters say nothing here.
  return `/${parts.map((part) => part.toLowerCase()).join('/')}`;
}

/** Servers answer HEAD as they answer GET (RFC 9110, 9.3.2). */
function operationOf({ operations }: Leaf, method: string): DeclaredOperation | undefined {
  return operations.get(method) ?? (method === 'HEAD' ? operations.get('GET') : undefined);
}

function nameOf(leaf: Leaf, method: string): Name {
  const operationId = operationOf(leaf, method)?.operationId;
  return { template: leaf.template, ...(operationId === undefined ? {} : { operationId }) };
}

const RANKS: Readonly<Record<Segment['kind'], number>> = { literal: 0, mixed: 1, parameter: 2 };

/** True where one is as concrete as the other in every segment, and more so in one. Both fit the same path. */
function outranks(one: Leaf, other: Leaf): boolean {
  let isMore = false;
  for (const [at, segment] of one.segments.entries()) {
    const rank = RANKS[segment.kind];
    const against = other.segments[at];
    if (against === undefined || rank > RANKS[against.kind]) return false;
    if (rank < RANKS[against.kind]) isMore = true;
    else if (segment.kind === 'mixed' && against.kind === 'mixed' && segment.text !== against.text) return false;
  }
  return isMore;
}

/** A tree of segments: each of its nodes is met once for a path at most. */
class Node {
  readonly #literals = new Map<string, Node>();
  readonly #mixed = new Map<string, { readonly pieces: readonly string[]; readonly node: Node }>();
  #parameter: Node | undefined;
  #leaf: Leaf | undefined;

  add(segments: readonly Segment[], operation: DeclaredOperation): void {
    const end = segments.reduce<Node>((node, segment) => node.#child(segment), this);
    end.#leaf ??= { segments, template: operation.template, operations: new Map() };
    if (!end.#leaf.operations.has(operation.method)) end.#leaf.operations.set(operation.method, operation);
  }

  find(path: readonly string[], at = 0): readonly Leaf[] {
    const segment = path[at];
    if (segment === undefined) return this.#leaf === undefined ? [] : [this.#leaf];
    const next = [this.#literals.get(segment)];
    for (const { pieces, node } of this.#mixed.values()) if (fits(pieces, segment)) next.push(node);
    if (segment !== '') next.push(this.#parameter);
    return next.flatMap((node) => node?.find(path, at + 1) ?? []);
  }

  #child(segment: Segment): Node {
    switch (segment.kind) {
      case 'literal':
        return kept(this.#literals, segment.text, () => new Node());
      case 'mixed':
        return kept(this.#mixed, segment.text, () => ({ pieces: segment.pieces, node: new Node() })).node;
      case 'parameter':
        this.#parameter ??= new Node();
        return this.#parameter;
      default:
        return segment satisfies never;
    }
  }
}

function kept<Value>(map: Map<string, Value>, key: string, make: () => Value): Value {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}
