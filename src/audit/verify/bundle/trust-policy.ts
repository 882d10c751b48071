/** C2SP tlog-policy (https://c2sp.org/tlog-policy): the verifier's own word on which logs and witnesses count. */
import { fromUtf8 } from './bytes.ts';
import type { Engine } from './engine.ts';
import { type KeyKind, parseVerifierKey, type VerifierKey } from './signed-note.ts';

export interface TrustPolicy {
  readonly logs: readonly VerifierKey[];
  readonly witnesses: readonly VerifierKey[];
  /** What must have cosigned; undefined for `quorum none`. */
  readonly quorum: Quorum | undefined;
}

export type Quorum =
  | { readonly kind: 'witness'; readonly name: string; readonly key: VerifierKey }
  | { readonly kind: 'group'; readonly name: string; readonly threshold: number; readonly members: readonly Quorum[] };

/** What the specification asks for is 32 of each. */
const MAX_LINES = 4096;

/** Reads a policy; a text of what is wrong with it, with its line. */
export async function parsePolicy(engine: Engine, file: Uint8Array): Promise<TrustPolicy | string> {
  // Octets, as the specification wants them: one character each.
  let text = '';
  for (const byte of file) text += String.fromCharCode(byte);
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  if (/[\u0000-\u0008\u000b-\u001f\u007f]/u.test(text)) return 'it holds control characters other than tab and newline';
  const lines = text.split('\n');
  if (lines.pop() !== '') return 'its last line does not end in a newline';
  if (lines.length > MAX_LINES) return `it has more than ${MAX_LINES} lines`;
  const reader = new PolicyReader(engine);
  for (const [i, line] of lines.entries()) {
    const words = line.split(/[ \t]+/u).filter((word) => word !== '');
    if (words.length === 0 || words[0]?.startsWith('#')) continue;
    const problem = await reader.take(words);
    if (problem !== undefined) return `line ${i + 1}: ${problem}`;
  }
  return reader.finish();
}

/** True where those who cosigned are enough. */
export function isQuorum(quorum: Quorum | undefined, cosigners: ReadonlySet<VerifierKey>): boolean {
  if (quorum === undefined) return true;
  if (quorum.kind === 'witness') return cosigners.has(quorum.key);
  return quorum.members.filter((member) => isQuorum(member, cosigners)).length >= quorum.threshold;
}

class PolicyReader {
  readonly #engine: Engine;
  readonly #logs: VerifierKey[] = [];
  readonly #witnesses: VerifierKey[] = [];
  readonly #named = new Map<string, Quorum>();
  /** Names that are members of a group: each may be one of one group alone. */
  readonly #used = new Set<string>();
  #quorum: { readonly is: Quorum | undefined } | undefined;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  async take(words: readonly string[]): Promise<string | undefined> {
    const [kind, ...rest] = words;
    switch (kind) {
      case 'log':
        return rest.length === 1 || rest.length === 2
          ? await this.#log(rest[0] as string)
          : 'log takes a key and a URL';
      case 'witness':
        if (rest.length !== 2 && rest.length !== 3) return 'witness takes a name, a key and a URL';
        return await this.#witness(rest[0] as string, rest[1] as string);
      case 'group':
        return this.#group(rest);
      case 'quorum':
        return this.#setQuorum(rest);
      case undefined:
      default:
        return `there is no line ${JSON.stringify(kind)}`;
    }
  }

  finish(): TrustPolicy | string {
    if (this.#quorum === undefined) return 'it has no quorum line; `quorum none` asks for no witness';
    const own = this.#witnesses.find(({ raw }) => this.#logs.some((log) => log.raw === raw));
    if (own !== undefined) return `witness ${own.name} has the key of a log: a log is no witness of itself`;
    return { logs: this.#logs, witnesses: this.#witnesses, quorum: this.#quorum.is };
  }

  async #log(text: string): Promise<string | undefined> {
    const key = await this.#key(text, 'log');
    if (typeof key === 'string') return key;
    if (this.#logs.some(({ raw }) => raw === key.raw)) return 'this log key stands in the policy twice';
    this.#logs.push(key);
    return undefined;
  }

  async #witness(name: string, text: string): Promise<string | undefined> {
    const key = await this.#key(text, 'witness');
    if (typeof key === 'string') return key;
    if (this.#witnesses.some(({ raw }) => raw === key.raw)) {
      return 'this witness key stands in the policy twice: one witness under two names counts once';
    }
    this.#witnesses.push(key);
    return this.#define(name, { kind: 'witness', name, key });
  }

  async #key(text: string, kind: KeyKind): Promise<VerifierKey | string> {
    const octets = Uint8Array.from(text, (character) => character.charCodeAt(0));
    const key = await parseVerifierKey(this.#engine, fromUtf8(octets) ?? '');
    if (key === undefined) return 'the key is no verifier key (name+id+key) of Ed25519, or its id is not its own';
    if (key.kind === kind) return key;
    return kind === 'log'
      ? 'the key is one of a witness (type 4), and a log has type 1'
      : 'the key is not one for cosignatures (type 4)';
  }

  #define(name: string, quorum: Quorum): string | undefined {
    if (name === 'none') return 'the name none is taken';
    if (this.#named.has(name)) return `the name ${JSON.stringify(name)} stands twice`;
    this.#named.set(name, quorum);
    return undefined;
  }

  #group([name, wanted, ...names]: readonly string[]): string | undefined {
    if (name === undefined || wanted === undefined || names.length === 0) {
      return 'group takes a name, a number (or any, or all) and members';
    }
    const members: Quorum[] = [];
    for (const member of names) {
      const known = this.#named.get(member);
      if (known === undefined) return `${JSON.stringify(member)} is not defined above`;
      if (this.#used.has(member)) return `${JSON.stringify(member)} is a member twice`;
      this.#used.add(member);
      members.push(known);
    }
    const number = /^[1-9][0-9]{0,5}$/u.test(wanted) ? Number(wanted) : undefined;
    const threshold = wanted === 'any' ? 1 : wanted === 'all' ? members.length : number;
    if (threshold === undefined || threshold > members.length) {
      return `a group of ${members.length} cannot want ${JSON.stringify(wanted)}`;
    }
    return this.#define(name, { kind: 'group', name, threshold, members });
  }

  #setQuorum([name, ...more]: readonly string[]): string | undefined {
    if (name === undefined || more.length > 0) return 'quorum takes one name';
    if (this.#quorum !== undefined) return 'there are two quorum lines';
    const is = this.#named.get(name);
    if (is === undefined && name !== 'none') return `${JSON.stringify(name)} is not defined above`;
    this.#quorum = { is };
    return undefined;
  }
}
