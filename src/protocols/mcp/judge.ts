import { type Refusal, Refused } from '../../model/refusal.ts';
import type { Operation } from '../../model/request.ts';
import type { HttpExchangeParts } from '../http/exchange.ts';
import type { ForwardedHead } from '../http/forwarded-head.ts';
import type { HttpSession } from '../http/lanes.ts';
import { HttpRequest } from '../http/request.ts';
import type { OnBehalf } from './ask-server.ts';
import { textAt, without } from './canonical-json.ts';
import { withPermittedCapabilities } from './client-capabilities.ts';
import { isAccepted, LISTS, type ListKind } from './definitions.ts';
import { type Asked, operationOf, sameOf } from './inspect.ts';
import type { Message, MessageId, RpcRequest } from './message.ts';
import { type MetDefinitions, UNKNOWN_SESSION } from './met-definitions.ts';
import { originMistake } from './origin.ts';
import { type MapId, mapTaskIds } from './task-ids.ts';
import type { HeldTask } from './tasks/held-task.ts';
import type { HeldTasks } from './tasks/held-tasks.ts';
import { makesTasks, offersTasks, takesTask } from './tasks/offer.ts';
import { NO_ROOM } from './tasks/task-way.ts';
import { resumed, type UrlWay } from './url-approval.ts';
import { isModern } from './versions.ts';

export interface Judging {
  readonly http: HttpExchangeParts;
  readonly asked: Asked;
  readonly session: HttpSession;
  readonly behalf: OnBehalf;
  readonly way: UrlWay;
  /** False where it comes with the id of a session that is none of this run's at this target. */
  readonly isKnown: boolean;
  readonly definitions: MetDefinitions;
  /** The run and the target. */
  readonly whose: readonly string[];
  readonly domains: readonly string[];
  /** The server's id of a task in place of the gateway's. */
  readonly openTask: MapId;
  /** The server's id of what a client answers to; undefined where nothing of that id was asked. */
  readonly openQuestion: (id: MessageId) => MessageId | undefined;
  readonly tasks: HeldTasks;
}

export interface Judged {
  readonly read: HttpExchangeParts['asked'];
  /** What is asked, without what is the gateway's own of it. */
  readonly asked: Asked;
  /** In place of the refusal's own. */
  readonly status: number | undefined;
  /** The task that it asks about, where no server has it. */
  readonly task?: { readonly task: HeldTask; readonly message: RpcRequest };
  /** How the call becomes a task; `always` where it is one whether people are asked or not. */
  readonly asTask?: 'held' | 'always' | undefined;
}

/** The request as it is decided and forwarded: what only its session can tell is known by now. */
export async function judge(judging: Judging): Promise<Judged> {
  const { http, asked, session, domains, isKnown } = judging;
  const { unsupported } = http.asked.request;
  if (unsupported !== undefined) return judged(judging, {}, undefined);
  const origin = originMistake(http.incoming.head, session.target, domains);
  if (origin !== undefined) return judged(judging, { unsupported: origin }, 403);
  if (!isKnown) return judged(judging, { unsupported: UNKNOWN_SESSION }, 404);
  if (asked.kind !== 'message') return judged(judging, {}, undefined);
  const { message } = asked;
  return message.kind === 'request'
    ? judgeRequest(judging, message)
    : judged(judging, opened(message, judging), undefined);
}

/** A notification or an answer with the server's own ids: of its task, and of what it asked. */
function opened(message: Exclude<Message, RpcRequest>, { openTask, openQuestion }: Judging): Changes {
  if (message.kind === 'notification') {
    const params = mapTaskIds(message.params, openTask);
    if (params === undefined) return { unsupported: UNKNOWN_TASK };
    return params === message.params ? {} : { message: { ...message, params } };
  }
  const id = message.id === undefined ? undefined : openQuestion(message.id);
  if (id === undefined) return { unsupported: UNASKED };
  if (message.kind === 'error') return { message: { ...message, id } };
  const result = mapTaskIds(message.result, openTask);
  return result === undefined ? { unsupported: UNKNOWN_TASK } : { message: { ...message, id, result } };
}

async function judgeRequest(judging: Judging, sent: RpcRequest): Promise<Judged> {
  const { asked, session, way } = judging;
  const own = ownTask(judging, sent);
  if (own !== undefined) return { ...judged(judging, {}, undefined), task: { task: own, message: sent } };
  const again = resumed(sent, way);
  if (again === 'changed') return judged(judging, { unsupported: OTHER_REQUEST }, undefined);
  const plain = again?.message ?? sent;
  const params = mapTaskIds(plain.params, judging.openTask);
  if (params === undefined) return unknownTask(judging, sent);
  let refused = await refusal(plain, judging);
  const { version } = asked;
  const asTask = taskFor(plain, judging);
  if (asTask === 'no room') refused ??= NO_ROOM;
  const named = params === plain.params ? plain : { ...plain, params };
  const untasked = asTask === 'always' ? { ...named, params: without(params, ['task']) } : named;
  const message = withPermittedCapabilities(untasked, session, version);
  const isDestructive = saysItDestroys(plain, judging);
  const worse = [operationOf(session.target, { method: plain.method, params, version, isDestructive })];
  const changes = {
    ...(isDestructive ? { operations: worse } : {}),
    ...(message === sent ? {} : { message }),
    ...(refused === undefined ? {} : { unsupported: refused }),
  };
  const status = refused === UNKNOWN_SESSION ? 404 : undefined;
  return { ...judged(judging, changes, status), asTask: asTask === 'no room' ? 'always' : asTask };
}

async function refusal(message: RpcRequest, judging: Judging): Promise<Refusal | undefined> {
  try {
    return await refusedDefinition(message, judging);
  } catch (cause) {
    if (!(cause instanceof Refused)) throw cause;
    return cause.refusal;
  }
}

function saysItDestroys({ method, params }: RpcRequest, { session, definitions }: Judging): boolean {
  const tool = method === 'tools/call' ? textAt(params, 'name') : undefined;
  return tool !== undefined && definitions.of(session, { kind: 'tool' })?.destructive.has(tool) === true;
}

/** The task of the gateway's that a request is about; one that a server goes on with is that server's. */
function ownTask({ tasks, whose }: Judging, { method, params }: RpcRequest): HeldTask | undefined {
  const id = method.startsWith('tasks/') ? textAt(params, 'taskId') : undefined;
  const found = id === undefined ? undefined : tasks.find(whose, id);
  return found?.handed === undefined ? found : undefined;
}

/** Whether a call that waits for people becomes a task, or is one in any case because its server would make none of it. */
function taskFor(message: RpcRequest, judging: Judging): 'held' | 'always' | 'no room' | undefined {
  const { asked, session, definitions, tasks, whose } = judging;
  const { version } = asked;
  const tool = textAt(message.params, 'name') ?? '';
  if (!takesTask(message, version)) return undefined;
  if (!offersTasks(session, version, tool, saysItDestroys(message, judging))) return undefined;
  const hasRoom = tasks.hasRoom(whose);
  const definition = definitions.of(session, { kind: 'tool' })?.all.get(tool);
  if (isModern(version) || makesTasks(definition?.text)) return hasRoom ? 'held' : undefined;
  return hasRoom ? 'always' : 'no room';
}

/** In the specification's words, which a server of another run would use as well. */
function unknownTask(judging: Judging, { id }: RpcRequest): Judged {
  const refused = judged(judging, { unsupported: UNKNOWN_TASK }, undefined);
  return { ...refused, asked: { kind: 'mistake', id, code: -32602, status: 200, version: judging.asked.version } };
}

interface Changes {
  readonly operations?: readonly Operation[];
  readonly unsupported?: Refusal;
  readonly message?: Message;
}

function judged({ http, asked: sent, behalf }: Judging, changes: Changes, status: number | undefined): Judged {
  const { read, streams, request } = http.asked;
  const { message, unsupported = request.unsupported, operations = request.operations } = changes;
  const asked = message === undefined || sent.kind !== 'message' ? sent : { ...sent, message };
  const bytes = message === undefined ? read?.bytes : Buffer.from(JSON.stringify(wireOf(message)));
  const kept = bytes === undefined ? undefined : { bytes, complete: !streams };
  const head = message === undefined ? behalf.head : named(behalf.head, message);
  const same = asked.kind === 'message' ? sameOf(asked.message) : asked.kind;
  const parts = { head, read: kept, streams, operations, unsupported, same, digest: http.digest, nonce: () => '' };
  return { read: { head, read: kept, streams, request: new HttpRequest(parts) }, asked, status };
}

/** `Mcp-Name` of a task's id says what the body says. */
function named(head: ForwardedHead, message: Message): ForwardedHead {
  const id = message.kind === 'request' ? textAt(message.params, 'taskId') : undefined;
  if (id === undefined) return head;
  return { ...head, fields: head.fields.map(([name, value]) => [name, name === 'mcp-name' ? id : value] as const) };
}

function wireOf(message: Message) {
  const { kind: _kind, ...members } = message;
  return { jsonrpc: '2.0', ...members };
}

/** Lists are asked for anew when a client asks; what is used is looked up. Undefined where nothing speaks against it. */
async function refusedDefinition(
  { method, params }: RpcRequest,
  { session, behalf, definitions }: Judging,
): Promise<Refusal | undefined> {
  const listed = LISTS.find((list) => list.method === method);
  if (listed !== undefined) {
    const isFirst = params['cursor'] === undefined;
    if (mayAsk(session, method, behalf)) await definitions.refresh(session, listed, behalf, isFirst);
    return undefined;
  }
  const used = LISTS.find((list) => list.use === method);
  if (
    used === undefined ||
    !session.mayPermit(operationOf(session.target, { method, params, version: behalf.version }))
  )
    return undefined;
  const name = textAt(params, used.named) ?? '';
  let met = await definitions.refresh(session, used, behalf, false);
  // It may have been added since.
  if (!met.all.has(name) && used.kind !== 'resource') met = await definitions.refresh(session, used, behalf, true);
  const definition = met.all.get(name);
  // A resource may be of a template's, and is then in no list.
  if (definition === undefined && used.kind === 'resource') return undefined;
  if (definition !== undefined && isAccepted(definition, met)) return undefined;
  return unaccepted(used, definition === undefined ? undefined : met.standings.get(name));
}

function mayAsk(session: HttpSession, method: string, { version }: OnBehalf): boolean {
  return session.mayPermit(operationOf(session.target, { method, params: {}, version }));
}

function unaccepted({ kind }: ListKind, standing: string | undefined): Refusal {
  if (standing === undefined) {
    return {
      code: 'definition-unaccepted',
      message: `the server lists no ${kind} of this name`,
      hint: 'List them, and use one that is there.',
    };
  }
  const why =
    standing === 'changed' ? 'has changed since it was accepted' : standing === 'rejected' ? 'was rejected' : 'is new';
  return {
    code: 'definition-unaccepted',
    message: `this ${kind} ${why}, and nobody has accepted what it says of itself now`,
    hint: 'People see what it says at the target, and accept it there.',
  };
}

const OTHER_REQUEST: Refusal = {
  code: 'approval-void',
  message: 'the approval that this comes with is of another request',
  hint: 'Ask for what was approved, or ask again without it.',
};
const UNASKED: Refusal = {
  code: 'protocol-malformed',
  message: 'this answers nothing that the server has asked',
};
const UNKNOWN_TASK: Refusal = {
  code: 'protocol-malformed',
  message: 'there is no such task, for this run at this target',
};
