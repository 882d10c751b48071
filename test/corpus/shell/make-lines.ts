/** Command lines that nobody wrote, the same for the same seed: quoting, nesting, wrappers, here-documents, no paths. */
export function makeLines(seed: number, count: number): readonly string[] {
  const maker = new LineMaker(seed);
  return Array.from({ length: count }, () => maker.line());
}

const PROGRAMS = ['ls', 'cat', 'rm', 'wc', 'grep', 'touch', 'mkdir', 'head'];
const SHOWING = ['id', 'whoami', 'basename', 'wc', 'ls', 'cat'];

class LineMaker {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  line(): string {
    return this.#list(3);
  }

  /** Mulberry32. */
  #random(below: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  }

  #one<Item>(items: readonly Item[]): Item {
    const item = items[this.#random(items.length)];
    if (item === undefined) throw new RangeError('nothing to choose from');
    return item;
  }

  #list(depth: number): string {
    const parts = Array.from({ length: 1 + this.#random(depth) }, () => this.#command(depth));
    return parts.join(this.#one([';', ' ; ', ' && ', ' || ', ' | ', '\n', '&', ' |\n']));
  }

  #command(depth: number): string {
    if (depth <= 0) return this.#simple(0);
    const inner = depth - 1;
    switch (this.#random(14)) {
      case 0:
        return `(${this.#list(inner)})`;
      case 1:
        return `{ ${this.#list(inner)}; }`;
      case 2:
        return `if ${this.#simple(inner)}; then ${this.#list(inner)}; else ${this.#simple(inner)}; fi`;
      case 3:
        return `for v in ${this.#words(inner)}; do ${this.#simple(inner)} "$v"; done`;
      case 4:
        return `case ${this.#word(inner)} in a) ${this.#simple(inner)};; *) ${this.#simple(inner)};; esac`;
      case 5:
        return `eval ${quoted(this.#list(inner))}`;
      case 6:
        return `${this.#one(['sh', 'bash'])} -c ${quoted(this.#list(inner))}`;
      case 7:
        return `${this.#one(['env', 'env v=1', 'nice -n 5', 'timeout 9', 'nohup', 'command'])} ${this.#simple(inner)}`;
      case 8:
        return `echo ${this.#words(inner)} | xargs ${this.#one(PROGRAMS)} ${this.#plain()}`;
      default:
        return this.#simple(inner);
    }
  }

  #simple(depth: number): string {
    const before = this.#random(8) === 0 ? `v=${this.#word(depth)} ` : '';
    const after = this.#random(6) === 0 ? this.#one([' > out', ' 2>/dev/null', ' >> out', ' 2>&1']) : '';
    return `${before}${this.#name()} ${this.#words(depth)}${after}`;
  }

  /** A name in other clothes. */
  #name(): string {
    const name = this.#one(PROGRAMS);
    return this.#one([
      name,
      name,
      name,
      `'${name}'`,
      `"${name}"`,
      `\\${name}`,
      `${name[0]}''${name.slice(1)}`,
      `${name[0]}\\\n${name.slice(1)}`,
    ]);
  }

  #words(depth: number): string {
    return Array.from({ length: this.#random(4) }, () => this.#word(depth)).join(this.#one([' ', '  ', '\t', ' \\\n']));
  }

  #word(depth: number): string {
    const pieces = Array.from({ length: 1 + this.#random(3) }, () => this.#piece(depth));
    return pieces.join('');
  }

  #piece(depth: number): string {
    const inner = depth - 1;
    switch (this.#random(depth > 0 ? 12 : 8)) {
      case 0:
        return `'${this.#one(['a b', 'a;rm b', '$(rm b)', '#', '"', '\\n', '*', '`rm`', ''])}'`;
      case 1:
        return `"${this.#one(['a b', 'a;rm b', "'", '#', '\\"', '\\$x', '\\\\', '*', '', '$v', '${v:-a}'])}"`;
      case 2:
        return this.#one(['\\ ', '\\;', '\\"', "\\'", '\\$', '\\*', '\\#', '\\&', '\\\\']);
      case 3:
        return this.#one(['$v', '${v}', '${v:-a}', '${#v}', '$#', '$((1 + 2))', '{a,b}', 'a*', '[ab]']);
      case 8:
        return `$(${this.#one(SHOWING)} ${this.#word(inner)})`;
      case 9:
        return `"$(${this.#one(SHOWING)} ${this.#word(inner)})"`;
      case 10:
        return `"$(${this.#list(inner)})"`;
      default:
        return this.#plain();
    }
  }

  #plain(): string {
    return this.#one(['a', 'b1', 'c-d', 'e.f', 'x=y', '-z', 'if', 'done', 'in', 'a#b', '%', '+', '@', ':', 'a,b']);
  }
}

/** For a shell, as one word: every shell takes it for what stands in it. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'"'"'`)}'`;
}
