import { Environment } from '@marcbachmann/cel-js';
import type { Principal } from '../model/principal.ts';
import type { Operation } from '../model/request.ts';
import type { Target } from '../model/target.ts';
import { type ClassifiedColumns, hasColumns } from './column-facts.ts';
import { mayHold } from './condition-outcomes.ts';
import { type Uses, usesOf } from './condition-uses.ts';
import { hasDoubtfulResources } from './http-action-pattern.ts';
import { isBodyKnown } from './http-body-pattern.ts';
import { isTemplateDoubtful } from './http-document-pattern.ts';
import { type LocalTime, localTime } from './local-time.ts';
import { givenOf } from './mcp-pattern.ts';
import { NAMED_FIELDS } from './principal-fields.ts';
import { kubernetesView, OF_KUBERNETES, OF_SSH, sshView, TARGET_SCHEMAS } from './target-views.ts';

/** A compiled `when`. */
export interface Condition {
  /** What it asks for beside the operation's plain facts. */
  readonly uses: Uses;
  /** The syntax tree, for whoever asks what the condition can be. */
  readonly tree: unknown;
  /** Whether it may hold, where what it asks for of columns, locks and bodies is not known. */
  mayHold(operation: Operation, seen: Seen): boolean;
  /** True, false, or the message of the error that evaluating it gave. */
  evaluate(operation: Operation, seen: Seen): boolean | { readonly error: string };
}

/** What a condition sees besides the operation, built once a session. */
export interface Subject {
  readonly principal: Readonly<Record<string, unknown>>;
  readonly run: Readonly<Record<string, unknown>>;
  readonly target: Readonly<Record<string, unknown>>;
}

/** What a rule sees besides the operation, at one moment. */
export interface Surroundings {
  readonly subject: Subject;
  readonly columns: ClassifiedColumns;
  /** Milliseconds since 1970; absent where nobody tells the time, and then a condition that asks for it fails. */
  readonly nowMs?: number | undefined;
}

/** `timezone` is that of the rule. */
type Seen = Surroundings & { readonly timezone?: string | undefined };

/** Checks and compiles CEL text. What cannot be true or false, or does not parse, is a problem instead. */
export function compileCondition(text: string): Condition | { readonly problem: string } {
  if (/\bmatches\s*\(/.test(text)) return { problem: 'regular expressions (`matches`) are not available in `when`' };
  const checked = ENVIRONMENT.check(text);
  if (!checked.valid) return { problem: firstLine(checked.error) };
  if (checked.type !== 'bool' && checked.type !== 'dyn') {
    return { problem: `\`when\` must be true or false, and this is a ${checked.type ?? 'value of no type'}` };
  }
  const evaluate = ENVIRONMENT.parse(text);
  const uses = usesOf(evaluate.ast);
  return {
    uses,
    tree: evaluate.ast,
    mayHold: (operation, seen) => mayHold(evaluate.ast, knownOf(operation, seen, uses)),
    evaluate: (operation, seen) => {
      try {
        const value: unknown = evaluate({
          ...seen.subject,
          operation: viewOf(operation, seen.columns, uses),
          ...(uses.time ? { time: timeOf(seen) } : {}),
        });
        return typeof value === 'boolean' ? value : { error: '`when` gave neither true nor false' };
      } catch (error) {
        return { error: firstLine(error) };
      }
    },
  };
}

/** Fields that are not known are empty strings, so that a condition about one is false rather than an error. */
export function subjectOf(principal: Principal, target: Target): Subject {
  const { run, grant } = principal;
  const workload = Object.fromEntries(NAMED_FIELDS.map((field) => [field, run.workload[field] ?? '']));
  return {
    principal: { id: principal.id, kind: principal.kind, display: principal.display, rule: grant.rule },
    run: { ...workload, id: run.id, kind: run.kind, demo: run.demo, extra: { ...run.workload.extra } },
    target: {
      name: target.name,
      protocol: target.protocol,
      database: target.database ?? '',
      labels: { ...target.labels },
    },
  };
}

const ENVIRONMENT = new Environment({
  limits: { maxAstNodes: 500, maxDepth: 50, maxListElements: 200, maxMapEntries: 50, maxCallArguments: 16 },
})
  .registerVariable({
    name: 'operation',
    schema: {
      kind: 'string',
      access: 'string',
      hasWhere: 'bool',
      tables: 'list<map<string, string>>',
      functions: 'list<string>',
      flags: 'list<string>',
      reason: 'string',
      lock: 'string',
      columns: 'list<map<string, string>>',
      columnsKnown: 'bool',
      reads: 'list<string>',
      filters: 'list<string>',
      writes: 'list<string>',
      copies: 'list<string>',
      http: {
        method: 'string',
        host: 'string',
        path: 'string',
        query: 'map<string, list<string>>',
        headers: 'map<string, string>',
        mediaType: 'string',
        body: 'dyn',
        bodyKnown: 'bool',
        template: 'string',
        operationId: 'string',
        declared: 'bool',
        action: 'string',
        resources: 'list<string>',
        graphql: { type: 'string', name: 'string', fields: 'list<string>' },
      },
      mcp: {
        server: 'string',
        method: 'string',
        from: 'string',
        name: 'string',
        uri: 'string',
        arguments: 'dyn',
        argumentsKnown: 'bool',
        version: 'string',
      },
      ...TARGET_SCHEMAS,
    },
  })
  .registerVariable({
    name: 'time',
    schema: { hour: 'int', minute: 'int', weekday: 'int', date: 'string', zone: 'string' },
  })
  .registerVariable({
    name: 'principal',
    schema: { id: 'string', kind: 'string', display: 'string', rule: 'string' },
  })
  .registerVariable({
    name: 'run',
    schema: {
      ...Object.fromEntries(NAMED_FIELDS.map((field) => [field, 'string'])),
      id: 'string',
      kind: 'string',
      demo: 'bool',
      extra: 'map<string, string>',
    },
  })
  .registerVariable({
    name: 'target',
    schema: { name: 'string', protocol: 'string', database: 'string', labels: 'map<string, string>' },
  });

function viewOf(operation: Operation, classified: ClassifiedColumns, uses: Uses): Readonly<Record<string, unknown>> {
  const { kind, access, hasWhere, tables, functions, flags, reason, lock } = operation;
  const plain = { kind, access, hasWhere, tables, functions, flags, reason: reason ?? '', lock: lock ?? '' };
  const asked = { http: httpOf(operation), mcp: mcpOf(operation), ssh: sshView(operation) };
  const view = { ...plain, ...asked, kubernetes: kubernetesView(operation) };
  if (!uses.classes && !uses.columns) return view;
  const { known, reads, filters, writes, copies } = classified.factsOf(operation);
  const columns = Array.isArray(operation.columns) ? operation.columns : [];
  return { ...view, columns, columnsKnown: known && hasColumns(operation), reads, filters, writes, copies };
}

/** Of an operation that is no request everything is empty, so that a condition about one is false rather than an error. */
function httpOf({ http }: Operation): Readonly<Record<string, unknown>> {
  if (http === undefined) return NO_REQUEST;
  const { method, host, path, query, headers, mediaType, body } = http;
  const fields = body.kind === 'fields' ? body.value : {};
  const { template = '', operationId = '', declared = false, action = '', resources = [], graphql } = http;
  return {
    method,
    host,
    path,
    query,
    headers,
    mediaType,
    body: fields,
    bodyKnown: isBodyKnown(body),
    template,
    operationId,
    declared,
    action,
    resources,
    graphql: graphql ?? NO_GRAPHQL,
  };
}

/** As a request's: empty of what is no message of MCP. */
function mcpOf({ mcp }: Operation): Readonly<Record<string, unknown>> {
  if (mcp === undefined) return NO_MESSAGE;
  const { server, method, from, name = '', uri = '', version } = mcp;
  const given = givenOf(mcp);
  const known = isBodyKnown(given);
  return { server, method, from, name, uri, version, arguments: mcp.arguments ?? {}, argumentsKnown: known };
}

const NO_MESSAGE = {
  server: '',
  method: '',
  from: '',
  name: '',
  uri: '',
  version: '',
  arguments: {},
  argumentsKnown: true,
};
/** What of a message is known whatever its arguments are. */
const OF_MESSAGES = ['server', 'method', 'from', 'name', 'uri', 'version', 'argumentsKnown'];

const NO_GRAPHQL = { type: '', name: '', fields: [] };
const NO_REQUEST = {
  method: '',
  host: '',
  path: '',
  query: {},
  headers: {},
  mediaType: '',
  body: {},
  bodyKnown: true,
  template: '',
  operationId: '',
  declared: false,
  action: '',
  resources: [],
  graphql: NO_GRAPHQL,
};
/** What of a request is known whatever its body is. */
const OF_HEADS = ['method', 'host', 'path', 'mediaType', 'bodyKnown', 'declared'];

/** What is known of an operation whose columns, lock or body are not, and of all else, by path. */
function knownOf(operation: Operation, seen: Seen, uses: Uses): ReadonlyMap<string, unknown> {
  const { kind, access, hasWhere, functions, flags, lock } = operation;
  const known = new Map<string, unknown>(
    Object.entries({ kind, access, hasWhere, functions, flags }).map(([name, value]) => [`operation.${name}`, value]),
  );
  if (lock !== undefined) known.set('operation.lock', lock);
  const http = httpOf(operation);
  for (const name of OF_HEADS) known.set(`operation.http.${name}`, http[name]);
  if (!doubtsOf(operation).template) {
    for (const name of ['template', 'operationId']) known.set(`operation.http.${name}`, http[name]);
  }
  if (operation.http?.action !== 'unknown') known.set('operation.http.action', http['action']);
  const mcp = mcpOf(operation);
  for (const name of OF_MESSAGES) known.set(`operation.mcp.${name}`, mcp[name]);
  const ssh = sshView(operation);
  for (const name of OF_SSH) known.set(`operation.ssh.${name}`, ssh[name]);
  if (ssh['programKnown'] === true) known.set('operation.ssh.program', ssh['program']);
  const kubernetes = kubernetesView(operation);
  for (const name of OF_KUBERNETES) known.set(`operation.kubernetes.${name}`, kubernetes[name]);
  const { principal, run, target } = seen.subject;
  const objects = { principal, run, target, ...(uses.time ? { time: timeOf(seen) } : {}) };
  for (const [object, fields] of Object.entries(objects)) {
    for (const [name, value] of Object.entries(fields)) known.set(`${object}.${name}`, value);
  }
  return known;
}

/** What rules may ask of a request and nobody knows. */
export function doubtsOf({
  access,
  http,
}: Operation): Pick<Uses, 'body' | 'template' | 'action' | 'resources' | 'graphql'> {
  if (http === undefined) return NO_DOUBTS;
  return {
    body: !isBodyKnown(http.body),
    template: isTemplateDoubtful(http),
    action: http.action === 'unknown',
    resources: hasDoubtfulResources(http),
    graphql: access === 'unknown' && http.graphql === undefined,
  };
}

const NO_DOUBTS = { body: false, template: false, action: false, resources: false, graphql: false };

function timeOf({ nowMs, timezone }: Seen): LocalTime {
  if (nowMs === undefined) throw new Error('the time is not known');
  if (timezone === undefined) throw new Error('the rule asks for the time and has no `timezone`');
  return localTime(nowMs, timezone);
}

function firstLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.split('\n', 1)[0] ?? message;
}
