/**
 * C2SP tlog-policy (https://c2sp.org/tlog-policy): whose log one believes, and which witnesses must have seen it. Read
 * as octets: names are opaque, and compared as they stand.
 */
import { fromUtf8 } from './bytes.ts';
import { type CosignerType, isCosigner } from './cosigned-message.ts';
import { type KeyText, readKeyText, type Sha256, sameKey } from './key-text.ts';
import type { Quorum } from './quorum.ts';

export interface PolicyText {
  readonly logs: readonly PolicyLog[];
  readonly witnesses: readonly PolicyWitnessText[];
  readonly quorum: Quorum;
}

export interface PolicyLog {
  readonly line: number;
  readonly key: KeyText;
  /** As it stands: what it means is the reader's affair. */
  readonly url?: string;
}

export interface PolicyWitnessText extends PolicyLog {
  /** Within the policy alone; the name in its cosignatures is its key's. */
  readonly name: string;
  readonly key: KeyText & { readonly type: CosignerType };
}

const MAX_POLICY_BYTES = 1024 * 1024;
/** What the specification asks for is 32 of each. */
const MAX_LINES = 4096;
// oxlint-disable-next-line no-control-regex -- those are what it looks for
const FORBIDDEN = /[\0-\x08\x0B-\x1F\x7F]/u;

/** Reads a policy; a text of what is wrong with it, with its line. */
export function parsePolicyText(sha256: Sha256, file: Uint8Array): PolicyText | string {
  if (file.length > MAX_POLICY_BYTES) return `it is longer than ${MAX_POLICY_BYTES} bytes`;
  // One character an octet, so that what is not ASCII stays what it is.
  let text = '';
  for (const byte of file) text += String.fromCharCode(byte);
  if (FORBIDDEN.test(text)) return 'it holds control characters other than tab and newline';
  const lines = text.split('\n');
  if (lines.pop() !== '') return 'its last line does not end in a newline';
  if (lines.length > MAX_LINES) return `it has more than ${MAX_LINES} lines`;
  const reader = new PolicyReader(sha256);
  for (const [i, line] of lines.entries()) {
    const words = line.split(/[ \t]+/u).filter((word) => word !== '');
    if (words[0] === undefined || words[0].startsWith('#')) continue;
    const problem = reader.take(i + 1, words);
    if (problem !== undefined) return `line ${i + 1}: ${problem}`;
  }
  return reader.finish();
}

/** Each of its functions answers with what is wrong, and with nothing where all is well. */
class PolicyReader {
  readonly #sha256: Sha256;
  readonly #logs: PolicyLog[] = [];
  readonly #witnesses: PolicyWitnessText[] = [];
  /** Witnesses and groups, which share their names. */
  readonly #named = new Map<string, Quorum>();
  /** Names that are members of a group: each may be one of one group alone. */
  readonly #members = new Set<string>();
  #quorum: Quorum | undefined;

  constructor(sha256: Sha256) {
    this.#sha256 = sha256;
  }

  take(line: number, [keyword = '', ...rest]: readonly string[]): string | undefined {
    switch (keyword) {
      case 'log':
        return this.#log(line, rest);
      case 'witness':
        return this.#witness(line, rest);
      case 'group':
        return this.#group(rest);
      case 'quorum':
        return this.#setQuorum(rest);
      default:
        return `${JSON.stringify(keyword)} is none of log, witness, group and quorum`;
    }
  }

  finish(): PolicyText | string {
    if (this.#quorum === undefined) return 'it has no quorum line; `quorum none` asks for no witness';
    const own = this.#witnesses.find(({ key }) => this.#logs.some((log) => sameKey(log.key, key)));
    if (own !== undefined) {
      return `line ${own.line}: witness ${own.name} has the key of a log, and a log is no witness of itself`;
    }
    return { logs: this.#logs, witnesses: this.#witnesses, quorum: this.#quorum };
  }

  #log(line: number, [text, url, ...more]: readonly string[]): string | undefined {
    if (text === undefined || more.length > 0) return 'a log line is `log <vkey> [<url>]`';
    const key = this.#key(text);
    if (key === undefined) return NO_KEY;
    if (isCosigner(key)) return 'the key is one of a witness (type 4 or 6), and a log has type 1';
    if (this.#logs.some((log) => sameKey(log.key, key))) return 'this log key stands in the policy twice';
    this.#logs.push({ line, key, ...(url === undefined ? {} : { url }) });
    return undefined;
  }

  #witness(line: number, [name, text, url, ...more]: readonly string[]): string | undefined {
    if (name === undefined || text === undefined || more.length > 0) {
      return 'a witness line is `witness <name> <vkey> [<url>]`';
    }
    const key = this.#key(text);
    if (key === undefined) return NO_KEY;
    if (!isCosigner(key)) return 'the key is one of a log (type 1), and not one for cosignatures (type 4 or 6)';
    if (this.#witnesses.some((one) => sameKey(one.key, key))) {
      return 'this witness key stands in the policy twice: one witness under two names counts once';
    }
    this.#witnesses.push({ line, name, key, ...(url === undefined ? {} : { url }) });
    return this.#define(name, { kind: 'witness', name });
  }

  #group([name, wanted, ...names]: readonly string[]): string | undefined {
    if (name === undefined || wanted === undefined || names.length === 0) {
      return 'a group line is `group <name> all|any|<k> <name>...`';
    }
    const members: Quorum[] = [];
    for (const member of names) {
      const known = this.#named.get(member);
      if (known === undefined) return notNamed(member);
      if (this.#members.has(member)) return `${JSON.stringify(member)} is in a group already`;
      this.#members.add(member);
      members.push(known);
    }
    const digits = /^[1-9][0-9]{0,5}$/u.test(wanted) ? Number(wanted) : 0;
    const k = wanted === 'all' ? members.length : wanted === 'any' ? 1 : digits;
    if (k < 1 || k > members.length) return `a group of ${members.length} cannot want ${JSON.stringify(wanted)}`;
    return this.#define(name, { kind: 'group', name, k, members });
  }

  #setQuorum([name, ...more]: readonly string[]): string | undefined {
    if (name === undefined || more.length > 0) return 'a quorum line is `quorum <name>`';
    if (this.#quorum !== undefined) return 'there is a quorum line already';
    this.#quorum = name === 'none' ? { kind: 'none' } : this.#named.get(name);
    return this.#quorum === undefined ? notNamed(name) : undefined;
  }

  #define(name: string, what: Quorum): string | undefined {
    if (name === 'none' || this.#named.has(name)) return `the name ${JSON.stringify(name)} is taken`;
    this.#named.set(name, what);
    return undefined;
  }

  /** A key's name counts as the UTF-8 that it is in signatures. */
  #key(text: string): KeyText | undefined {
    const octets = Uint8Array.from(text, (character) => character.charCodeAt(0));
    return readKeyText(this.#sha256, fromUtf8(octets) ?? '');
  }
}

const NO_KEY = 'this is no verifier key (name+id+key), or its id is not its own';

function notNamed(name: string): string {
  return `nothing is named ${JSON.stringify(name)} on a line before this one`;
}
