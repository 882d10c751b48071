/** A value of a JSON text, in the order in which values begin: a container stands before what it holds. */
export interface JsonNode {
  readonly kind: 'object' | 'array' | 'string' | 'number' | 'boolean' | 'null';
  readonly depth: number;
  /** Its place among the nodes; -1 of the outermost. */
  readonly parent: number;
  /** The name of a member, or the place in a list, from 0. */
  readonly name: string | number;
  /** From 1, among what its container holds. */
  readonly position: number;
  /** Of a leaf: a string's characters, or what was written. A number keeps all of its digits. */
  readonly text: string;
  /** How many values a container holds. */
  size: number;
  /** The place of the node after it and all that it holds. */
  after: number;
}

export interface JsonText {
  readonly nodes: readonly JsonNode[];
  /** False where the text ends before its value does, as one of which not all was kept. */
  readonly complete: boolean;
}

/** More would not be read by anybody, and not be drawn either. */
const MOST_NODES = 200_000;

/** Undefined where the text is no JSON (RFC 8259), or has too many values. Names that repeat are all there. */
export function jsonNodes(text: string): JsonText | undefined {
  const reader = new Reader(text);
  return reader.read();
}

const BLANK = /[ \t\r\n]*/y;
const WORD = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;

class Reader {
  readonly #text: string;
  readonly #nodes: JsonNode[] = [];
  /** Places of the containers that are open. */
  readonly #open: number[] = [];
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  read(): JsonText | undefined {
    let name: string | number = '';
    for (;;) {
      this.#skip();
      if (this.#ended) return this.#cut();
      if (!this.#value(name)) return this.#isCutWord ? this.#cut() : undefined;
      if (this.#nodes.length > MOST_NODES) return undefined;
      const next = this.#next();
      if (next === 'end') return { nodes: this.#nodes, complete: true };
      if (next === 'cut') return this.#cut();
      if (next === undefined) return undefined;
      name = next.name;
    }
  }

  get #ended(): boolean {
    return this.#at >= this.#text.length;
  }

  /** What stands here may be the beginning of a value of which the rest is missing. */
  get #isCutWord(): boolean {
    if (this.#text[this.#at] === '"') return stringEnd(this.#text, this.#at) < 0;
    return /^(?:[-\d.eE+]+|[a-z]{1,5})$/.test(this.#text.slice(this.#at, this.#at + LONGEST_WORD));
  }

  #value(name: string | number): boolean {
    const first = this.#text[this.#at];
    if (first === '{' || first === '[') {
      this.#at += 1;
      this.#add(first === '{' ? 'object' : 'array', name, '');
      this.#open.push(this.#nodes.length - 1);
      return true;
    }
    if (first === '"') {
      const text = this.#string();
      if (text === undefined) return false;
      this.#add('string', name, text);
      return true;
    }
    const word = this.#take(WORD);
    if (word === undefined || word === '') return false;
    this.#add(word === 'null' ? 'null' : /^[tf]/.test(word) ? 'boolean' : 'number', name, word);
    return true;
  }

  #add(kind: JsonNode['kind'], name: string | number, text: string): void {
    const parent = this.#open.at(-1) ?? -1;
    const holder = this.#nodes[parent];
    if (holder !== undefined) holder.size += 1;
    const depth = this.#open.length;
    const position = holder?.size ?? 1;
    this.#nodes.push({ kind, depth, parent, name, position, text, size: 0, after: this.#nodes.length + 1 });
  }

  /** Goes on to the next value, closing what ends before it. */
  #next(): { readonly name: string | number } | 'end' | 'cut' | undefined {
    for (;;) {
      this.#skip();
      const place = this.#open.at(-1);
      const holder = place === undefined ? undefined : this.#nodes[place];
      if (holder === undefined) return this.#ended ? 'end' : undefined;
      if (this.#ended) return 'cut';
      const isNew = place === this.#nodes.length - 1;
      const character = this.#text[this.#at];
      if (character === (holder.kind === 'object' ? '}' : ']')) {
        this.#at += 1;
        holder.after = this.#nodes.length;
        this.#open.pop();
        continue;
      }
      if (!isNew) {
        if (character !== ',') return undefined;
        this.#at += 1;
        this.#skip();
        if (this.#ended) return 'cut';
      }
      return holder.kind === 'array' ? { name: holder.size } : this.#name();
    }
  }

  #name(): { readonly name: string } | 'cut' | undefined {
    const name = this.#string();
    if (name === undefined) return this.#isCutWord ? 'cut' : undefined;
    this.#skip();
    if (this.#ended) return 'cut';
    if (this.#text[this.#at] !== ':') return undefined;
    this.#at += 1;
    return { name };
  }

  #cut(): JsonText | undefined {
    for (const place of this.#open) {
      const node = this.#nodes[place];
      if (node !== undefined) node.after = this.#nodes.length;
    }
    return this.#nodes.length === 0 ? undefined : { nodes: this.#nodes, complete: false };
  }

  /** Undefined where none stands here. */
  #string(): string | undefined {
    const end = this.#text[this.#at] === '"' ? stringEnd(this.#text, this.#at) : -1;
    if (end < 0) return undefined;
    try {
      const text = String(JSON.parse(this.#text.slice(this.#at, end)));
      this.#at = end;
      return text;
    } catch {
      // A control character or an escape that there is not: no JSON.
      return undefined;
    }
  }

  #skip(): void {
    this.#take(BLANK);
  }

  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const [found] = pattern.exec(this.#text) ?? [];
    if (found !== undefined) this.#at += found.length;
    return found;
  }
}

/** Numbers that are longer stand in no text that is cut off just there. */
const LONGEST_WORD = 400;

/** After the quote that ends the string; -1 where it does not end. */
function stringEnd(text: string, open: number): number {
  for (let at = open + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 34) return at + 1;
    if (code === 92) at += 1;
  }
  return -1;
}

/** `customers[3].email`: where a node stands in its text. */
export function nodePath(nodes: readonly JsonNode[], place: number): string {
  const steps: string[] = [];
  for (let node = nodes[place]; node !== undefined && node.parent >= 0; node = nodes[node.parent]) {
    steps.push(stepOf(node.name, nodes[node.parent]?.parent === -1));
  }
  return steps.toReversed().join('');
}

function stepOf(name: string | number, isFirst: boolean): string {
  if (typeof name === 'number') return `[${name}]`;
  if (!/^[\p{L}_$][\p{L}\p{N}_$-]*$/u.test(name)) return `[${JSON.stringify(name)}]`;
  return isFirst ? name : `.${name}`;
}
