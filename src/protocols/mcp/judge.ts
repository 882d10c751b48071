import { type Refusal, Refused } from '../../model/refusal.ts';
import type { Operation } from '../../model/request.ts';
import type { HttpExchangeParts } from '../http/exchange.ts';
import type { ForwardedHead } from '../http/forwarded-head.ts';
import type { HttpSession } from '../http/lanes.ts';
import { HttpRequest } from '../http/request.ts';
import type { OnBehalf } from './ask-server.ts';
import { textAt } from './canonical-json.ts';
import { isAccepted, LISTS, type ListKind } from './definitions.ts';
import { type Asked, operationOf, sameOf } from './inspect.ts';
import type { Message } from './message.ts';
import { type MetDefinitions, UNKNOWN_SESSION } from './met-definitions.ts';
import { originMistake } from './origin.ts';
import { type MapId, mapTaskIds } from './task-ids.ts';
import { resumed, type UrlWay } from './url-approval.ts';

export interface Judging {
  readonly http: HttpExchangeParts;
  readonly asked: Asked;
  readonly session: HttpSession;
  readonly behalf: OnBehalf;
  readonly way: UrlWay;
  /** False where it comes with the id of a session that is none of this run's at this target. */
  readonly isKnown: boolean;
  readonly definitions: MetDefinitions;
  readonly domains: readonly string[];
  /** The server's id of a task in place of the gateway's. */
  readonly openTask: MapId;
}

export interface Judged {
  readonly read: HttpExchangeParts['asked'];
  /** What is asked, without what is the gateway's own of it. */
  readonly asked: Asked;
  /** In place of the refusal's own. */
  readonly status: number | undefined;
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

type RpcRequest = Extract<Message, { readonly kind: 'request' }>;

/** A notification or an answer that belongs to a task, with the server's id of it. */
function opened(message: Exclude<Message, RpcRequest>, { openTask }: Judging): Changes {
  if (message.kind === 'error') return {};
  const said = message.kind === 'result' ? message.result : message.params;
  const named = mapTaskIds(said, openTask);
  if (named === undefined) return { unsupported: UNKNOWN_TASK };
  if (named === said) return {};
  return { message: message.kind === 'result' ? { ...message, result: named } : { ...message, params: named } };
}

async function judgeRequest(judging: Judging, sent: RpcRequest): Promise<Judged> {
  const { asked, session, definitions, way } = judging;
  const again = resumed(sent, way);
  if (again === 'changed') return judged(judging, { unsupported: OTHER_REQUEST }, undefined);
  const plain = again?.message ?? sent;
  const params = mapTaskIds(plain.params, judging.openTask);
  if (params === undefined) return unknownTask(judging, sent);
  const message = params === plain.params ? plain : { ...plain, params };
  let refused: Refusal | undefined;
  try {
    refused = await refusedDefinition(message, judging);
  } catch (cause) {
    if (!(cause instanceof Refused)) throw cause;
    refused = cause.refusal;
  }
  const { method } = message;
  const tool = method === 'tools/call' ? textAt(params, 'name') : undefined;
  const isDestructive = tool !== undefined && definitions.of(session, { kind: 'tool' })?.destructive.has(tool) === true;
  const worse = [operationOf(session.target, { method, params, version: asked.version, isDestructive })];
  const changes = {
    ...(isDestructive ? { operations: worse } : {}),
    ...(message === sent ? {} : { message }),
    ...(refused === undefined ? {} : { unsupported: refused }),
  };
  return judged(judging, changes, refused === UNKNOWN_SESSION ? 404 : undefined);
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
const UNKNOWN_TASK: Refusal = {
  code: 'protocol-malformed',
  message: 'there is no such task, for this run at this target',
};
