import type { MaskKind } from '../../model/target.ts';
import { STRICTNESS } from '../column-match.ts';

/** A classified field of bodies, and how it is masked. */
export interface FieldRule {
  /** The field as it was declared. */
  readonly field: string;
  readonly kind: MaskKind;
  readonly class: string;
  /** Under which it is counted. */
  readonly name: string;
}

/** A place in a body; lists are looked through, so it is the same for a list and for what stands in it. */
export interface FieldPlace {
  /** How all that stands here is masked. */
  readonly rule: FieldRule | undefined;
  /** True where nothing at this place or below has a class. */
  readonly isPlain: boolean;
  /** Undefined is a name that no field has. */
  at(name: string | undefined): FieldPlace;
}

/** As many places are kept; they are made anew when they are needed again. */
const MOST_PLACES = 10_000;

/**
 * The fields of one path as one automaton over names of members: a look-up a name, however many fields there are. Of a
 * field's names `*` stands for one name and `**` for any number; `[]` says that there is a list, and changes nothing.
 */
export class FieldTree {
  readonly #rules: readonly FieldRule[];
  readonly #steps: readonly (readonly string[])[];
  readonly #named: ReadonlySet<string>;
  /** How long the names are that fields have, in bytes. */
  readonly lengths: ReadonlySet<number>;
  readonly #places = new Map<string, Place>();

  constructor(rules: readonly FieldRule[]) {
    this.#rules = rules;
    this.#steps = rules.map(({ field }) => namesOf(field));
    this.#named = new Set(this.#steps.flat().filter((step) => step !== '*' && step !== '**'));
    this.lengths = new Set(Array.from(this.#named, (name) => Buffer.byteLength(name)));
  }

  get root(): FieldPlace {
    return this.#place(this.#closed(this.#steps.map((_, index) => [index, 0] as const)), undefined);
  }

  /** Names that no field has are one name. */
  key(name: string): string | undefined {
    return this.#named.has(name) ? name : undefined;
  }

  next(from: readonly Position[], name: string | undefined, rule: FieldRule | undefined): Place {
    const after = from.flatMap(([index, at]): Position[] => {
      const step = this.#steps[index]?.[at];
      if (step === '**') return [[index, at]];
      return step === '*' || (step !== undefined && step === name) ? [[index, at + 1]] : [];
    });
    return this.#place(this.#closed(after), rule);
  }

  #place(positions: readonly Position[], above: FieldRule | undefined): Place {
    const ended = positions.filter(([index, at]) => at === this.#steps[index]?.length);
    const rule = ended.reduce((strictest, [index]) => stricter(strictest, this.#rules[index]), above);
    const id = `${positions.map(([index, at]) => `${index}.${at}`).join()} ${rule === undefined ? '' : this.#rules.indexOf(rule)}`;
    const known = this.#places.get(id);
    if (known !== undefined) return known;
    if (this.#places.size >= MOST_PLACES) this.#places.clear();
    const place = new Place(this, positions, rule);
    this.#places.set(id, place);
    return place;
  }

  /** With what `**` for no name at all leads to. In order, each once. */
  #closed(positions: readonly Position[]): readonly Position[] {
    const all = new Map<string, Position>();
    for (const [index, first] of positions) {
      for (let at = first; ; at++) {
        all.set(`${index}.${at}`, [index, at]);
        if (this.#steps[index]?.[at] !== '**') break;
      }
    }
    return [...all.values()].sort(([a, b], [c, d]) => a - c || b - d);
  }
}

/** Which rule, and how many of its names were met. */
type Position = readonly [rule: number, names: number];

class Place implements FieldPlace {
  readonly rule: FieldRule | undefined;
  readonly isPlain: boolean;
  readonly #tree: FieldTree;
  readonly #positions: readonly Position[];
  readonly #next = new Map<string | undefined, FieldPlace>();

  constructor(tree: FieldTree, positions: readonly Position[], rule: FieldRule | undefined) {
    this.#tree = tree;
    this.#positions = positions;
    this.rule = rule;
    this.isPlain = rule === undefined && positions.length === 0;
  }

  at(name: string | undefined): FieldPlace {
    if (this.isPlain) return this;
    const key = name === undefined ? undefined : this.#tree.key(name);
    const known = this.#next.get(key);
    if (known !== undefined) return known;
    const made = this.#tree.next(this.#positions, key, this.rule);
    this.#next.set(key, made);
    return made;
  }
}

function stricter(one: FieldRule | undefined, other: FieldRule | undefined): FieldRule | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return STRICTNESS[other.kind] > STRICTNESS[one.kind] ? other : one;
}

function namesOf(field: string): readonly string[] {
  return field
    .split('.')
    .map((name) => name.replaceAll('[]', ''))
    .filter((name) => name !== '');
}
