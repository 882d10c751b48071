import type { Refusal } from '../../model/refusal.ts';
import type { Operation } from '../../model/request.ts';
import type { HttpExchangeParts } from '../http/exchange.ts';
import type { HttpSession } from '../http/lanes.ts';
import { HttpRequest } from '../http/request.ts';
import type { OnBehalf } from './ask-server.ts';
import { textAt } from './canonical-json.ts';
import { isAccepted, LISTS, type ListKind } from './definitions.ts';
import { type Asked, operationOf, sameOf } from './inspect.ts';
import type { Message } from './message.ts';
import type { MetDefinitions } from './met-definitions.ts';
import { originMistake } from './origin.ts';
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
  if (asked.kind !== 'message' || asked.message.kind !== 'request') return judged(judging, {}, undefined);
  return judgeRequest(judging, asked.message);
}

type RpcRequest = Extract<Message, { readonly kind: 'request' }>;

async function judgeRequest(judging: Judging, sent: RpcRequest): Promise<Judged> {
  const { asked, session, definitions, way } = judging;
  const again = resumed(sent, way);
  if (again === 'changed') return judged(judging, { unsupported: OTHER_REQUEST }, undefined);
  const message = again?.message ?? sent;
  const refused = await refusedDefinition(message, judging);
  const { method, params } = message;
  const tool = method === 'tools/call' ? textAt(params, 'name') : undefined;
  const isDestructive = tool !== undefined && definitions.of(session, { kind: 'tool' })?.destructive.has(tool) === true;
  const worse = [operationOf(session.target, { method, params, version: asked.version, isDestructive })];
  const changes = {
    ...(isDestructive ? { operations: worse } : {}),
    ...(again === undefined ? {} : { message }),
    ...(refused === undefined ? {} : { unsupported: refused }),
  };
  return judged(judging, changes, undefined);
}

interface Changes {
  readonly operations?: readonly Operation[];
  readonly unsupported?: Refusal;
  readonly message?: RpcRequest;
}

function judged({ http, asked: sent, behalf }: Judging, changes: Changes, status: number | undefined): Judged {
  const { read, streams, request } = http.asked;
  const { message, unsupported = request.unsupported, operations = request.operations } = changes;
  const asked = message === undefined || sent.kind !== 'message' ? sent : { ...sent, message };
  const bytes = message === undefined ? read?.bytes : Buffer.from(JSON.stringify(wireOf(message)));
  const kept = bytes === undefined ? undefined : { bytes, complete: !streams };
  const { head } = behalf;
  const same = asked.kind === 'message' ? sameOf(asked.message) : asked.kind;
  const parts = { head, read: kept, streams, operations, unsupported, same, digest: http.digest, nonce: () => '' };
  return { read: { head, read: kept, streams, request: new HttpRequest(parts) }, asked, status };
}

function wireOf({ id, method, params }: RpcRequest) {
  return { jsonrpc: '2.0', id, method, params };
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

const UNKNOWN_SESSION: Refusal = {
  code: 'protocol-malformed',
  message: 'there is no such session, for this run at this target',
  hint: 'Initialize again.',
};
const OTHER_REQUEST: Refusal = {
  code: 'approval-void',
  message: 'the approval that this comes with is of another request',
  hint: 'Ask for what was approved, or ask again without it.',
};
