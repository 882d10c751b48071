import type { Trap } from './traps.ts';

/** A tool that an agent may have from another target. */
export interface ToolBeside {
  readonly target: string;
  readonly name: string;
}

/** Another target's tool whose name looks like this one's and is another. */
export function* lookAlikes(name: string, beside: readonly ToolBeside[]): Iterable<Trap> {
  const own = skeleton(name);
  for (const other of beside) {
    if (other.name === name || other.name.toLowerCase() === name.toLowerCase()) continue;
    if (skeleton(other.name) !== own) continue;
    yield { code: 'looks-alike', excerpt: `${name} looks like ${other.name} of ${other.target}` };
    return;
  }
  if (MIXED.test(name) && /[a-z]/i.test(name)) {
    yield { code: 'looks-alike', excerpt: `${name} has letters of another script that look like Latin ones` };
  }
}

/** Tools of other targets that a text names: a description that says how to use somebody else's tool. */
export function* otherToolsNamed(text: string, others: ReadonlySet<string>): Iterable<Trap> {
  for (const [word] of text.matchAll(/[\p{L}\p{N}][\p{L}\p{N}_.-]{3,127}/gu)) {
    const name = word.replace(/[.-]+$/, '');
    // A name that is a plain word stands in many texts, and means itself.
    if (!others.has(name) || !/[a-z0-9][A-Z]|[_.-]/.test(name)) continue;
    yield { code: 'names-other-tool', excerpt: `names ${name}, a tool of another target` };
    return;
  }
}

/** What a name looks like: letters that look the same become one (after UTS #39, the pairs that names can have). */
export function skeleton(name: string): string {
  let seen = '';
  for (const character of name.normalize('NFKD').replace(/\p{M}/gu, '')) {
    seen += PAIRS.get(character) ?? character.toLowerCase();
  }
  return seen.replaceAll('rn', 'm').replaceAll('vv', 'w');
}

const MIXED = /[\u{0370}-\u{03FF}\u{0400}-\u{04FF}\u{0530}-\u{058F}\u{13A0}-\u{13FF}\u{1D400}-\u{1D7FF}]/u;

const PAIRS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    l: '1I|ǀӏІΙЇіıl',
    o: '0ОоοΟσօ',
    a: 'аΑАɑα',
    b: 'ВΒЬ',
    c: 'сСϲ',
    d: 'ԁ',
    e: 'еЕΕҽ',
    g: 'ɡ',
    h: 'һНΗ',
    i: 'ι',
    j: 'јЈ',
    k: 'КκΚк',
    m: 'МΜм',
    n: 'ΝпՈ',
    p: 'рРρΡ',
    q: 'ԛ',
    s: 'ѕЅ',
    t: 'ТΤт',
    u: 'υսʋ',
    v: 'ѵν',
    w: 'ѡԝ',
    x: 'хХχΧ',
    y: 'уУγΥү',
    z: 'Ζᴢ',
  }).flatMap(([plain, alike]) => Array.from(alike, (character) => [character, plain] as const)),
);
