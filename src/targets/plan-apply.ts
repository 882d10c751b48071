import { createHash } from 'node:crypto';

export const KINDS = ['issuer', 'trust rule', 'target', 'policy', 'channel', 'export', 'retention rule'] as const;
export type Kind = (typeof KINDS)[number];

/** One thing of the configuration, as it stands or as it is declared. */
export interface Entry {
  readonly name: string;
  /** JSON data without any secret. */
  readonly content: unknown;
  /** For a target, a channel or an export: tells changed secrets from unchanged ones. */
  readonly credential?: string;
}

/** What there is of each kind. A kind that is absent from a declaration is not managed by it. */
export type Configuration = Readonly<Partial<Record<Kind, readonly Entry[]>>>;

export interface Change {
  readonly action: 'create' | 'update' | 'delete';
  readonly kind: Kind;
  readonly name: string;
  /** What differs, a line each; a credential is said to be changed, never shown. */
  readonly details: readonly string[];
}

export interface Plan {
  /** SHA-256, hex, over the changes and what they lead to: who applies a plan names the one that they saw. */
  readonly digest: string;
  readonly changes: readonly Change[];
}

/** What must happen to the current configuration to become the declared one. Pure, and in a fixed order. */
export function planApply(current: Configuration, declared: Configuration): Plan {
  const changes: Change[] = [];
  const results: unknown[] = [];
  for (const kind of KINDS) {
    const wanted = declared[kind];
    if (wanted === undefined) continue;
    const before = new Map((current[kind] ?? []).map((entry) => [entry.name, entry]));
    const after = new Map(wanted.map((entry) => [entry.name, entry]));
    for (const name of [...new Set([...before.keys(), ...after.keys()])].sort()) {
      const change = changeOf(kind, name, before.get(name), after.get(name));
      if (change === undefined) continue;
      changes.push(change);
      results.push([change, before.get(name) ?? null, after.get(name) ?? null]);
    }
  }
  return { digest: createHash('sha256').update(JSON.stringify(results)).digest('hex'), changes };
}

function changeOf(kind: Kind, name: string, before: Entry | undefined, after: Entry | undefined): Change | undefined {
  const details = [...differences(before?.content, after?.content), ...credentialDifference(before, after)];
  if (before === undefined) return { action: 'create', kind, name, details };
  if (after === undefined) return { action: 'delete', kind, name, details: [] };
  return details.length === 0 ? undefined : { action: 'update', kind, name, details };
}

function credentialDifference(before: Entry | undefined, after: Entry | undefined): readonly string[] {
  if (after?.credential === undefined || before?.credential === after.credential) return [];
  return [before === undefined ? '+ credential: sealed' : '~ credential: changed'];
}

/** `+ path: value`, `- path: value`, `~ path: before -> after`. Lists are compared as sets, which is what they mean. */
function differences(before: unknown, after: unknown): readonly string[] {
  const was = flatten(before);
  const is = flatten(after);
  const lines: string[] = [];
  for (const path of [...new Set([...was.keys(), ...is.keys()])].sort()) {
    const old = was.get(path);
    const now = is.get(path);
    if (old === now) continue;
    const label = path.replace(/\0.*$/s, '');
    if (old === undefined) lines.push(`+ ${label}: ${now}`);
    else if (now === undefined) lines.push(`- ${label}: ${old}`);
    else lines.push(`~ ${label}: ${old} -> ${now}`);
  }
  return lines;
}

/** Leaves by path; an element of a list by its own text after NUL, which no path holds. */
function flatten(value: unknown, path = '', leaves = new Map<string, string>()): Map<string, string> {
  if (Array.isArray(value)) {
    for (const element of value) leaves.set(`${path}\0${JSON.stringify(element)}`, JSON.stringify(element));
    if (value.length === 0) leaves.set(path, '[]');
  } else if (typeof value === 'object' && value !== null) {
    for (const [name, inner] of Object.entries(value)) flatten(inner, path === '' ? name : `${path}.${name}`, leaves);
  } else if (value !== undefined) {
    leaves.set(path, JSON.stringify(value));
  }
  return leaves;
}
