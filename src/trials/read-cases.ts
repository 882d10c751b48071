import { basename, dirname, join } from 'node:path';
import { isNode, LineCounter, parseDocument, stringify } from 'yaml';
import { LIMITS } from '../model/limits.ts';
import type { ClassifiedColumn, Target } from '../model/target.ts';
import { parsePolicies } from '../policy/parse-policies.ts';
import type { Policy } from '../policy/policy.ts';
import { placeOf } from '../targets/http-target.ts';
import { loadTargets, TARGET_PROTOCOLS } from '../targets/load-targets.ts';
import { readConfiguration } from '../targets/read-configuration.ts';
import { askedTarget, hostTargetOf } from './asked-target.ts';
import { type Case, type CaseFileContent, type CaseTarget, caseFileSchema } from './case-schema.ts';
import { askedHttp, NO_REQUEST } from './http-operations.ts';

/** Where files are read from. */
export interface Files {
  /** The YAML files of a path, a folder's in order of name. Throws where there is none. */
  yaml(path: string): readonly { readonly name: string; readonly text: string }[];
  /** Throws where there is none. */
  text(path: string): string;
}

export interface CaseProblem {
  readonly path: string;
  /** From 1. */
  readonly line: number;
  readonly message: string;
}

/** A file of cases and everything that they need. */
export interface CaseFile {
  readonly path: string;
  /** Those under test, and those that stand beside them. */
  readonly policies: readonly Policy[];
  /** The names of those under test. */
  readonly tested: readonly string[];
  readonly targets: ReadonlyMap<string, KnownTarget>;
  readonly content: CaseFileContent;
  readonly cases: readonly PlacedCase[];
}

export interface PlacedCase {
  readonly line: number;
  readonly content: Case;
}

export interface KnownTarget {
  readonly target: Target;
  /** The text of the database's definitions, where they are given. */
  readonly schema: string | undefined;
  readonly searchPath: readonly string[] | undefined;
  /** Of an SSH host. */
  readonly login: string | undefined;
}

/** Reads a file of cases and what it names. What is wrong is a problem; then there is no file. */
export function readCases(path: string, files: Files): CaseFile | { readonly problems: readonly CaseProblem[] } {
  const problems: CaseProblem[] = [];
  const source = readYaml(path, files, problems);
  if (source === undefined) return { problems };
  const { content, lineOf } = source;
  const tested = readPolicies(path, content, files, problems);
  const beside = parsePolicies([{ path, text: stringify({ policies: content.beside ?? [] }) }]);
  for (const { message } of beside.problems) problems.push({ path, line: lineOf(['beside']), message });
  for (const { name } of beside.policies) {
    if (!tested.some((one) => one.name === name)) continue;
    problems.push({
      path,
      line: lineOf(['beside']),
      message: `the rule ${name} is one of those under test; give it another name`,
    });
  }
  const policies = [...tested, ...beside.policies];
  const targets = new Map<string, KnownTarget>();
  for (const [name, declared] of Object.entries(content.targets ?? {})) {
    try {
      targets.set(name, knownTarget(name, declared, path, files));
    } catch (cause) {
      problems.push({ path, line: lineOf(['targets', name]), message: messageOf(cause) });
    }
  }
  const cases = content.cases.map((one, index) => ({ line: lineOf(['cases', index]), content: one }));
  for (const { line, content: one } of cases) {
    const problem = danglingName(one, content, targets);
    if (problem !== undefined && problems.length === 0) problems.push({ path, line, message: problem });
  }
  return problems.length > 0
    ? { problems }
    : { path, policies, tested: tested.map(({ name }) => name), targets, content, cases };
}

function readYaml(path: string, files: Files, problems: CaseProblem[]) {
  const counter = new LineCounter();
  const document = parseDocument(readText(path, files, problems), { lineCounter: counter, prettyErrors: false });
  const lineAt = (offset = 0): number => Math.max(1, counter.linePos(offset).line);
  for (const fault of [...document.errors, ...document.warnings]) {
    problems.push({ path, line: lineAt(fault.pos[0]), message: fault.message });
  }
  if (problems.length > 0) return undefined;
  const lineOf = (at: readonly PropertyKey[]): number => {
    for (let length = at.length; length >= 0; length--) {
      const node: unknown = document.getIn(at.slice(0, length), true);
      if (isNode(node) && node.range) return lineAt(node.range[0]);
    }
    return 1;
  };
  const parsed = caseFileSchema.safeParse(toValue(document));
  if (parsed.success) return { content: parsed.data, lineOf };
  for (const { path: at, message } of parsed.error.issues) {
    problems.push({ path, line: lineOf(at), message: `${at.join('.') || 'the file'}: ${message}` });
  }
  return undefined;
}

function readText(path: string, files: Files, problems: CaseProblem[]): string {
  try {
    const text = files.text(path);
    if (Buffer.byteLength(text) <= LIMITS.maxPolicyFileBytes) return text;
    problems.push({ path, line: 1, message: `the file is longer than ${LIMITS.maxPolicyFileBytes} bytes; split it` });
  } catch (cause) {
    problems.push({ path, line: 1, message: messageOf(cause) });
  }
  return '';
}

/** Aliases can blow a small file up, so they are limited to few. */
function toValue(document: { toJS(options: { readonly maxAliasCount: number }): unknown }): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch {
    // The schema then says that the file has no cases; more is not known.
    return undefined;
  }
}

function readPolicies(
  path: string,
  { policies = [basename(path).replace(/\.test(\.ya?ml)$/, '$1')] }: CaseFileContent,
  files: Files,
  problems: CaseProblem[],
): readonly Policy[] {
  try {
    const read = policies.flatMap((name) => files.yaml(join(dirname(path), name)));
    const declared = readConfiguration(read);
    const parsed = parsePolicies(declared.policyFiles);
    for (const problem of parsed.problems) problems.push({ ...problem });
    for (const { file, line, message } of declared.problems) problems.push({ path: file, line, message });
    if (declared.sections.policies === undefined && problems.length === 0) {
      problems.push({ path, line: 1, message: `no policies are declared in ${policies.join(', ')}` });
    }
    return parsed.policies;
  } catch (cause) {
    problems.push({ path, line: 1, message: messageOf(cause) });
    return [];
  }
}

function knownTarget(name: string, declared: CaseTarget, path: string, files: Files): KnownTarget {
  const { from, schemaFile, url, login, cluster } = declared;
  const base = from === undefined ? undefined : declaredTarget(name, join(dirname(path), from), files);
  const classified = [...(base?.classified ?? []), ...(declared.classified ?? []).map(classifiedOf)];
  const labels = { ...base?.labels, ...declared.labels };
  const asked = base ?? askedTarget({ name, database: declared.database });
  const placed = url === undefined ? asked : targetAt(asked, url, cluster === true);
  const target = { ...(login === undefined || placed.ssh ? placed : hostTargetOf(placed)), labels, classified };
  const schema =
    declared.schema ?? (schemaFile === undefined ? undefined : files.text(join(dirname(path), schemaFile)));
  return { target, schema, searchPath: declared.searchPath, login };
}

function declaredTarget(name: string, path: string, files: Files): Target {
  const { sections, problems } = readConfiguration(files.yaml(path));
  const loaded = loadTargets(sections.targets ?? [], TARGET_PROTOCOLS);
  const [problem] = [...problems, ...loaded.problems];
  if (problem !== undefined) throw new Error(`${problem.file}:${problem.line} ${problem.message}`);
  const found = loaded.items.find(({ target }) => target.name === name);
  if (found === undefined) throw new Error(`${path} declares no target ${name}`);
  return found.target;
}

function targetAt(target: Target, url: string, isCluster: boolean): Target {
  const place = placeOf(url, {});
  if (typeof place === 'string') throw new Error(place);
  const { address, basePath, tls } = place;
  const http = { basePath, hosts: [], version: 'auto' } as const;
  if (!isCluster) return { ...target, protocol: 'http', address, tls, http };
  return { ...target, protocol: 'kubernetes', address, tls, http, kubernetes: { secretResources: [] } };
}

function classifiedOf(item: NonNullable<CaseTarget['classified']>[number]): ClassifiedColumn {
  if ('path' in item) return fieldOf(item);
  const [schema = '', table = '', column = ''] = item.column.split('.');
  return { schema, table, column, class: item.class, ...(item.mask === undefined ? {} : { mask: item.mask }) };
}

function fieldOf(item: Extract<NonNullable<CaseTarget['classified']>[number], { path: string }>): ClassifiedColumn {
  const { path, field, header, cookie, class: of, mask } = item;
  const place = field !== undefined ? 'body' : header !== undefined ? 'header' : 'cookie';
  const column = field ?? header ?? cookie ?? '';
  return { schema: '', table: path, column, class: of, ...(mask === undefined ? {} : { mask }), place };
}

/** Every case needs a target and a run that there is. */
function danglingName(
  one: Case,
  content: CaseFileContent,
  targets: ReadonlyMap<string, KnownTarget>,
): string | undefined {
  const target = one.target ?? content.target;
  if (target === undefined) return 'the case names no `target`, and neither does the file';
  const known = targets.get(target);
  if (known === undefined) return `there is no target ${target} under \`targets:\``;
  const statements = [
    one.statement,
    ...(one.session ?? []).map((step) => ('statement' in step ? step.statement : undefined)),
  ];
  const isWrong = (text: string | undefined): boolean => text !== undefined && askedHttp(text) === undefined;
  if (known.target.http !== undefined && statements.some(isWrong)) return NO_REQUEST;
  const isHost = [one, ...(one.session ?? [])].some((step) => 'command' in step || 'file' in step);
  if (isHost && known.target.ssh === undefined) return NO_HOST;
  const run = one.run ?? content.run;
  if (run === undefined) return 'the case names no `run`, and neither does the file';
  if (typeof run === 'string' && content.runs?.[run] === undefined) return `there is no run ${run} under \`runs:\``;
  return undefined;
}

const NO_HOST = 'a `command` or a `file` is asked of an SSH host: say its `login` under `targets:`, or `from`';

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
