import type { Limits } from '../../model/limits.ts';
import type { HttpExchangeParts } from '../http/exchange.ts';
import { type ForwardedHead, fieldOf } from '../http/forwarded-head.ts';
import type { HttpSession } from '../http/lanes.ts';
import type { HttpLayer, LayeredExchange } from '../http/layer.ts';
import type { OnBehalf } from './ask-server.ts';
import { isObject, objectAt, textAt } from './canonical-json.ts';
import { McpExchange } from './exchange.ts';
import { HeldCalls } from './held-calls.ts';
import { type Asked, askedOf, createMcpInspector } from './inspect.ts';
import { type Judged, judge } from './judge.ts';
import type { MessageId } from './message.ts';
import { MetDefinitions, type MetLimits } from './met-definitions.ts';
import { Seals } from './seals.ts';
import { HeldTasks, type TaskLimits } from './tasks/held-tasks.ts';
import { TaskExchange } from './tasks/task-exchange.ts';
import { TaskWay, type TaskWayParts } from './tasks/task-way.ts';
import { saidCapabilities, showsUrls, type UrlWay } from './url-approval.ts';
import { isModern } from './versions.ts';

export interface McpOptions {
  readonly limits: MetLimits & TaskLimits & Pick<Limits, 'maxInspectedBodyBytes'>;
  readonly now: () => number;
  /** Opens a connection to the server of a target, or what stands for one. Throws a `Fault`. */
  readonly dial: HttpLayer['dial'];
  /** What clients keep for the gateway; gateways that stand for one another share the key. */
  readonly seals?: Seals;
  /** Names of the HTTP port, from which pages of a browser may ask. */
  readonly domains?: readonly string[];
}

const SESSION = 'session';
const TASK = 'task';
const QUESTION = 'question';

/** The Model Context Protocol over HTTP (2026-07-28, and 2025-11-25 and before); docs/design/0008-mcp.md. */
export function createMcp({ limits, now, dial, seals = new Seals(), domains = [] }: McpOptions): HttpLayer {
  const definitions = new MetDefinitions(limits, now);
  const parts = { definitions, seals, domains, held: new HeldCalls(), tasks: new HeldTasks(limits, now) };
  return {
    name: 'mcp',
    inspector: createMcpInspector(limits.maxInspectedBodyBytes),
    dial,
    exchange: (http, session) => exchangeOf(http, session, parts),
  };
}

interface Shared {
  readonly tasks: HeldTasks;
  readonly definitions: MetDefinitions;
  readonly seals: Seals;
  readonly domains: readonly string[];
  readonly held: HeldCalls;
}

async function exchangeOf(http: HttpExchangeParts, session: HttpSession, shared: Shared): Promise<LayeredExchange> {
  const { definitions, seals, tasks } = shared;
  const { target, principal } = session;
  const asked = askedOf(http.asked.request.operations) ?? UNREAD;
  const bound = [principal.run.id, target.name];
  const opened = openSession(http.asked.head, seals, bound);
  const head = opened?.head ?? bareOf(http.asked.head);
  const behalf: OnBehalf = { head, client: http.incoming.head, version: asked.version };
  const way: UrlWay = { seals, bound };
  const showsPlace = canShow(asked, opened?.showsUrls === true);
  const whose = [...bound, fieldOf(head.fields, 'mcp-session-id') ?? ''];
  const ids = sealedIds(seals, bound, whose, tasks);
  const judged = await judge({
    ...shared,
    ...ids,
    http,
    asked,
    session,
    behalf,
    way,
    whose: bound,
    isKnown: opened !== undefined,
  });
  const read = { ...http, asked: judged.read };
  if (judged.task !== undefined) return new TaskExchange({ ...judged.task, http: read, version: asked.version });
  const taskWay = taskWayOf(judged, { http, asked, session, whose: bound, tasks });
  const shows =
    asked.kind === 'message' &&
    asked.message.kind === 'request' &&
    asked.message.method === 'initialize' &&
    showsUrls(objectAt(asked.message.params, 'capabilities'));
  return new McpExchange({
    http: read,
    asked: judged.asked,
    status: judged.status,
    held: shared.held,
    whose,
    taskWay,
    urlWay: showsPlace && taskWay === undefined ? way : undefined,
    rules: {
      session,
      definitions,
      behalf,
      digest: http.digest,
      ...ids,
      ownTasks: () => tasks.list(bound),
      isApart: () => taskWay?.task !== undefined,
      sessionId: (server) => seals.seal({ server, url: shows || opened?.showsUrls === true }, [SESSION, ...bound]),
    },
  });
}

/** Ids that clients know for those of servers, and back: of tasks, and of what servers ask. */
function sealedIds(seals: Seals, bound: readonly string[], whose: readonly string[], tasks: HeldTasks) {
  return {
    taskId: (server: string) => {
      // What the gateway tells of its own tasks has its ids.
      if (tasks.find(bound, server) !== undefined) return server;
      const sealed = seals.seal(server, [TASK, ...bound]);
      return tasks.calledAs(bound, sealed) ?? sealed;
    },
    openTask: (id: string) => textOf(seals.open(tasks.find(bound, id)?.handed ?? id, [TASK, ...bound])),
    questionId: (server: MessageId) => seals.seal(server, [QUESTION, ...whose]),
    openQuestion: (id: MessageId) => {
      const opened = typeof id === 'string' ? seals.open(id, [QUESTION, ...whose]) : undefined;
      return typeof opened === 'string' || typeof opened === 'number' ? opened : undefined;
    },
  };
}

function taskWayOf(
  { asTask }: Judged,
  { http, asked, session, ...of }: Pick<TaskWayParts, 'tasks' | 'whose' | 'session'> & AskedHere,
): TaskWay | undefined {
  if (asTask === undefined || asked.kind !== 'message' || asked.message.kind !== 'request') return undefined;
  const { message, version } = asked;
  const { incoming } = http;
  return new TaskWay({ ...of, incoming, message, version, session, always: asTask === 'always' });
}

interface AskedHere {
  readonly http: HttpExchangeParts;
  readonly asked: Asked;
}

const UNREAD: Asked = { kind: 'mistake', id: undefined, code: -32600, status: 400, version: '' };

/** The server's own id in place of the gateway's; undefined where the id is none of this run's at this target. */
function openSession(head: ForwardedHead, seals: Seals, bound: readonly string[]) {
  const id = fieldOf(head.fields, 'mcp-session-id');
  if (id === undefined) return { head: bareOf(head), showsUrls: false };
  const opened = seals.open(id, [SESSION, ...bound]);
  const server = isObject(opened) ? textAt(opened, 'server') : undefined;
  if (server === undefined) return undefined;
  const { fields } = bareOf(head);
  const own = fields.map(([name, value]) => [name, name === 'mcp-session-id' ? server : value] as const);
  return { head: { ...head, fields: own }, showsUrls: isObject(opened) && opened['url'] === true };
}

/** Where a browser's page stands is between it and the gateway. */
function bareOf(head: ForwardedHead): ForwardedHead {
  return { ...head, fields: head.fields.filter(([name]) => name !== 'origin') };
}

function canShow(asked: Asked, wasSaid: boolean): boolean {
  if (asked.kind !== 'message' || asked.message.kind !== 'request') return false;
  return isModern(asked.version)
    ? showsUrls(saidCapabilities(asked.message)) && MULTI_ROUND.has(asked.message.method)
    : wasSaid;
}

/** Methods that may be answered by `input_required` (2026-07-28, "Multi Round-Trip Requests"). */
const MULTI_ROUND: ReadonlySet<string> = new Set(['tools/call', 'prompts/get', 'resources/read']);

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
