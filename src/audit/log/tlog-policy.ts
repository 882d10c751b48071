/**
 * C2SP tlog-policy (https://c2sp.org/tlog-policy): whose log one believes, and which witnesses must have seen it. Read
 * as octets: names are opaque, and compared as they stand.
 */
import type { KeyObject } from 'node:crypto';
import { Fault } from '../../model/fault.ts';
import { type CosignerKey, parseCosignerKey } from './cosignature.ts';
import { type NoteVerifier, parseVerifierKey } from './signed-note.ts';

export interface TlogPolicy {
  readonly logs: readonly { readonly verifier: NoteVerifier; readonly url?: string }[];
  readonly witnesses: readonly PolicyWitness[];
  readonly quorum: Quorum;
}

export interface PolicyWitness {
  /** Within the policy alone; the name in its cosignatures is its key's. */
  readonly name: string;
  readonly key: CosignerKey;
  /** Its submission prefix, without a slash at the end. */
  readonly url?: string;
}

/** A rule over the names of witnesses; `k` of its members must hold. */
export type Quorum =
  | { readonly kind: 'none' }
  | { readonly kind: 'witness'; readonly name: string }
  | { readonly kind: 'group'; readonly name: string; readonly k: number; readonly members: readonly Quorum[] };

/** Reads a policy. Throws a `Fault` of code `config-invalid` that names the line and what is wrong with it. */
export function parsePolicy(bytes: Uint8Array): TlogPolicy {
  // One character an octet, so that what is not ASCII stays what it is.
  const text = Buffer.from(bytes).toString('latin1');
  if (bytes.length > MAX_POLICY_BYTES) throw invalid(0, `it is longer than ${MAX_POLICY_BYTES} bytes`);
  if (FORBIDDEN.test(text)) throw invalid(0, 'it holds a control character other than tab and newline');
  const reader = new PolicyReader();
  for (const [at, line] of text.split('\n').entries()) {
    const words = line.split(/[ \t]+/).filter((word) => word !== '');
    if (words[0] !== undefined && !words[0].startsWith('#')) reader.take(at + 1, words);
  }
  return reader.policy();
}

/** True where these witnesses, by their names in the policy, make the quorum. */
export function quorumHolds(quorum: Quorum, witnessed: ReadonlySet<string>): boolean {
  switch (quorum.kind) {
    case 'none':
      return true;
    case 'witness':
      return witnessed.has(quorum.name);
    case 'group':
      return quorum.members.filter((member) => quorumHolds(member, witnessed)).length >= quorum.k;
    default:
      return quorum satisfies never;
  }
}

/**
 * The earliest time, in seconds since 1970, by which a quorum had cosigned, of cosignatures by witnesses' names;
 * undefined where they make none, or the quorum is `none`.
 */
export function quorumTime(quorum: Quorum, times: ReadonlyMap<string, number>): number | undefined {
  if (quorum.kind === 'none') return undefined;
  const seen = new Set<string>();
  for (const [name, time] of [...times].sort(([, one], [, other]) => one - other)) {
    seen.add(name);
    if (quorumHolds(quorum, seen)) return time;
  }
  return undefined;
}

const MAX_POLICY_BYTES = 1024 * 1024;
// oxlint-disable-next-line no-control-regex -- those are what it looks for
const FORBIDDEN = /[\0-\x08\x0B-\x1F\x7F]/u;

class PolicyReader {
  readonly #logs: { readonly verifier: NoteVerifier; readonly url?: string }[] = [];
  readonly #witnesses: PolicyWitness[] = [];
  /** Witnesses and groups, which share their names, and whether a group has each. */
  readonly #named = new Map<string, Quorum>();
  readonly #members = new Set<string>();
  readonly #keys = new Set<string>();
  #quorum: Quorum | undefined;

  take(line: number, [keyword = '', ...rest]: readonly string[]): void {
    switch (keyword) {
      case 'log':
        return this.#log(line, rest);
      case 'witness':
        return this.#witness(line, rest);
      case 'group':
        return this.#group(line, rest);
      case 'quorum':
        return this.#takeQuorum(line, rest);
      default:
        throw invalid(line, `"${keyword}" is none of log, witness, group and quorum`);
    }
  }

  policy(): TlogPolicy {
    if (this.#quorum === undefined) throw invalid(0, 'it has no quorum line');
    return { logs: this.#logs, witnesses: this.#witnesses, quorum: this.#quorum };
  }

  #log(line: number, [vkey = '', url, ...more]: readonly string[]): void {
    const verifier = parseVerifierKey(vkey);
    if (more.length > 0) throw invalid(line, 'a log line is `log <vkey> [<url>]`');
    if (verifier === undefined) throw invalid(line, 'this is no verifier key of a log (Ed25519, type 0x01)');
    this.#once(line, `log ${rawOf(verifier.key)}`, 'this log');
    this.#logs.push({ verifier, ...prefix(line, url) });
  }

  #witness(line: number, [name = '', vkey = '', url, ...more]: readonly string[]): void {
    const key = parseCosignerKey(vkey);
    if (more.length > 0) throw invalid(line, 'a witness line is `witness <name> <vkey> [<url>]`');
    if (key === undefined) throw invalid(line, 'this is no verifier key of a witness (type 0x04 or 0x06)');
    this.#once(line, `witness ${rawOf(key.key)}`, 'this witness');
    this.#name(line, name, { kind: 'witness', name });
    this.#witnesses.push({ name, key, ...prefix(line, url) });
  }

  #group(line: number, [name = '', threshold = '', ...names]: readonly string[]): void {
    if (names.length === 0) throw invalid(line, 'a group line is `group <name> all|any|<k> <name>...`');
    const members = names.map((member) => {
      const known = this.#named.get(member);
      if (known === undefined) throw invalid(line, `nothing is named "${member}" on a line before this one`);
      if (this.#members.has(member)) throw invalid(line, `"${member}" is in a group already`);
      this.#members.add(member);
      return known;
    });
    const digits = /^[1-9][0-9]{0,5}$/.test(threshold) ? Number(threshold) : 0;
    const k = threshold === 'all' ? members.length : threshold === 'any' ? 1 : digits;
    if (k < 1 || k > members.length) throw invalid(line, `"${threshold}" of ${members.length} cannot be`);
    this.#name(line, name, { kind: 'group', name, k, members });
  }

  #takeQuorum(line: number, [name = '', ...more]: readonly string[]): void {
    if (this.#quorum !== undefined) throw invalid(line, 'there is a quorum line already');
    const quorum: Quorum | undefined = name === 'none' ? { kind: 'none' } : this.#named.get(name);
    if (more.length > 0 || quorum === undefined) throw invalid(line, `nothing is named "${name}" before this line`);
    this.#quorum = quorum;
  }

  #name(line: number, name: string, what: Quorum): void {
    if (name === 'none' || this.#named.has(name)) throw invalid(line, `the name "${name}" is taken`);
    this.#named.set(name, what);
  }

  #once(line: number, key: string, what: string): void {
    if (this.#keys.has(key)) throw invalid(line, `${what} stands here a second time, by its key`);
    this.#keys.add(key);
  }
}

function rawOf(key: KeyObject): string {
  return key.export({ format: 'der', type: 'spki' }).toString('base64');
}

function prefix(line: number, url: string | undefined): { readonly url?: string } {
  if (url === undefined) return {};
  if (!URL.canParse(url) || !/^https?:\/\//u.test(url)) throw invalid(line, `"${url}" is no http or https address`);
  return { url: url.replace(/\/+$/u, '') };
}

function invalid(line: number, why: string): Fault {
  return new Fault(
    'config-invalid',
    line === 0 ? `the trust policy: ${why}` : `the trust policy, line ${line}: ${why}`,
  );
}
