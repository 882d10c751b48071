import { type Document, isNode, LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import { LIMITS } from '../model/limits.ts';
import type { Policy, PolicyProblem } from './policy.ts';
import { fileSchema, policySchema } from './policy-schema.ts';

export interface PolicyFile {
  readonly path: string;
  readonly text: string;
}

export interface ParsedPolicies {
  readonly policies: readonly Policy[];
  /** Empty where all is well; where it is not, nothing of these files may be put in force. */
  readonly problems: readonly PolicyProblem[];
}

/** Reads policy files. Never throws: whatever is wrong with them is a problem with a line and what to do. */
export function parsePolicies(files: readonly PolicyFile[]): ParsedPolicies {
  const problems: PolicyProblem[] = [];
  const placed = new Map<string, { policy: Policy; place: string }>();
  for (const file of files) {
    const source = open(file, problems);
    if (source === undefined) continue;
    for (const [index, raw] of source.rules.entries()) {
      const policy = readRule(raw, index, source, problems);
      if (policy === undefined) continue;
      const place = source.placeOf(['policies', index, 'name']);
      const before = placed.get(policy.name);
      if (before === undefined) placed.set(policy.name, { policy, place: `${file.path}:${place.line}` });
      else
        problems.push({
          path: file.path,
          ...place,
          message: `The name is taken by ${before.place}; give another one.`,
        });
    }
  }
  if (placed.size > LIMITS.maxPolicies) {
    problems.push({ path: files[0]?.path ?? '', line: 1, message: `There are more than ${LIMITS.maxPolicies} rules.` });
  }
  return { policies: [...placed.values()].map((one) => one.policy), problems };
}

/** Both from 1. */
interface Place {
  readonly line: number;
  readonly column: number;
}

interface Source {
  readonly path: string;
  readonly rules: readonly unknown[];
  placeOf(path: readonly PropertyKey[]): Place;
}

function open(file: PolicyFile, problems: PolicyProblem[]): Source | undefined {
  if (Buffer.byteLength(file.text) > LIMITS.maxPolicyFileBytes) {
    const message = `The file is longer than ${LIMITS.maxPolicyFileBytes} bytes; split it.`;
    problems.push({ path: file.path, line: 1, message });
    return undefined;
  }
  const counter = new LineCounter();
  const document = parseDocument(file.text, { lineCounter: counter, prettyErrors: false, uniqueKeys: true });
  for (const fault of [...document.errors, ...document.warnings]) {
    problems.push({ path: file.path, ...placeAt(counter, fault.pos[0]), message: `${fault.message}.` });
  }
  if (document.errors.length > 0 || document.warnings.length > 0) return undefined;
  const placeOf = (path: readonly PropertyKey[]): Place => placeIn(document, counter, path);
  const value: unknown = valueOf(document);
  const parsed = fileSchema.safeParse(value);
  if (parsed.success) return { path: file.path, rules: parsed.data.policies, placeOf };
  for (const issue of parsed.error.issues) {
    problems.push({ path: file.path, ...placeOf(pathOf(issue)), message: messageOf(issue) });
  }
  return undefined;
}

/** Aliases can blow a small file up, so they are limited to few. */
function valueOf(document: Document.Parsed): unknown {
  try {
    return document.toJS({ maxAliasCount: 20 });
  } catch {
    // the schema then says that the file is not a list of rules; more is not known
    return undefined;
  }
}

function readRule(raw: unknown, index: number, source: Source, problems: PolicyProblem[]): Policy | undefined {
  const parsed = policySchema.safeParse(raw);
  if (parsed.success) return withoutUndefined(parsed.data);
  for (const issue of flatten(parsed.error.issues)) {
    const place = source.placeOf(['policies', index, ...pathOf(issue)]);
    problems.push({ path: source.path, ...place, message: messageOf(issue) });
  }
  return undefined;
}

type Issue = z.core.$ZodIssue;

/** A union's own message says what may stand there; the branch that came furthest says it better. */
function flatten(issues: readonly Issue[], prefix: readonly PropertyKey[] = []): readonly Issue[] {
  return issues.flatMap((issue) => {
    const path = [...prefix, ...issue.path];
    if (issue.code === 'invalid_union') {
      const deeper = issue.errors.filter((branch) =>
        branch.every((one) => one.path.length > 0 || one.code === 'custom'),
      );
      const [only] = deeper;
      if (only !== undefined && deeper.length === 1) return flatten(only, path);
    }
    return [{ ...issue, path }];
  });
}

function pathOf(issue: Issue): readonly PropertyKey[] {
  return issue.code === 'unrecognized_keys' ? [...issue.path, ...issue.keys.slice(0, 1)] : issue.path;
}

function messageOf(issue: Issue): string {
  if (issue.code === 'unrecognized_keys') {
    return `Nobody knows ${issue.keys.map((key) => `\`${key}\``).join(', ')} here; check the spelling or remove it.`;
  }
  return issue.message;
}

/** Where the node at a path begins, or the nearest one above it. */
function placeIn(document: Document.Parsed, counter: LineCounter, path: readonly PropertyKey[]): Place {
  for (let length = path.length; length >= 0; length--) {
    const node: unknown = document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return placeAt(counter, node.range[0]);
  }
  return { line: 1, column: 1 };
}

function placeAt(counter: LineCounter, offset: number): Place {
  const { line, col } = counter.linePos(offset);
  return { line: Math.max(1, line), column: Math.max(1, col) };
}

type Parsed = z.infer<typeof policySchema>;

/** Members that are absent are absent, so that equal rules have one canonical form. */
function withoutUndefined(parsed: Parsed): Policy {
  return JSON.parse(JSON.stringify(parsed)) as Policy;
}
