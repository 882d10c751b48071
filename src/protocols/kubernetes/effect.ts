import type { Estimate, StatementEstimate } from '../../model/approval.ts';
import type { RequestInfo } from '../../model/kubernetes-request.ts';
import { type Refusal, Refused } from '../../model/refusal.ts';
import type { Operation, Request } from '../../model/request.ts';
import type { Target } from '../../model/target.ts';
import type { ForwardedHead } from '../http/forwarded-head.ts';
import type { HttpUpstream } from '../http/upstream.ts';
import type { EffectQuestion } from '../protocol.ts';
import { askCluster, type ClusterAnswer } from './ask-cluster.ts';
import { askedOf } from './inspect.ts';
import { isObject, listAt, textAt } from './json-object.ts';
import { lineDiff } from './line-diff.ts';
import { isSecretResource } from './secret-writes.ts';
import { objectDigest, SecretMarks, shownObject } from './shown-object.ts';

/** A request as it will be forwarded. */
export interface SentRequest {
  readonly head: ForwardedHead;
  readonly body: Buffer | undefined;
}

const SENT = new WeakMap<readonly Operation[], SentRequest>();

/** Keeps what will be sent of a request, for as long as somebody has that. */
export function keepSent({ operations }: Request, sent: SentRequest): void {
  SENT.set(operations, sent);
}

/** What a held request would change, asked of its cluster. Never rejects: what cannot be told is `unavailable`. */
export async function effectOf(
  { request, target, measureRows }: EffectQuestion,
  upstream: HttpUpstream,
  signal: AbortSignal,
): Promise<Estimate> {
  const startedAt = performance.now();
  const took = (): number => Math.round(performance.now() - startedAt);
  const asked = askedOf(request.operations);
  const sent = SENT.get(request.operations);
  if (asked === undefined || sent === undefined || !isCompared(asked.info)) {
    return { kind: 'unavailable', statements: [], why: 'nothing of it can be tried', tookMs: took() };
  }
  try {
    const seen = { info: asked.info, target, sent, upstream, signal, mayTry: measureRows || isBuiltIn(asked.info) };
    const { statement, digest } = await compared(seen);
    return {
      kind: 'planned',
      statements: [statement],
      tookMs: took(),
      ...(digest === undefined ? {} : { seen: digest }),
    };
  } catch (cause) {
    signal.throwIfAborted();
    const why = cause instanceof RangeError ? cause.message : 'the cluster could not be asked';
    return { kind: 'unavailable', statements: [], why, tookMs: took() };
  }
}

/** Throws `Refused` where the object is another than people saw when they were asked, by whichever gateway. */
export async function checkSeen(
  seen: string,
  request: Request,
  upstream: HttpUpstream,
  signal: AbortSignal,
): Promise<void> {
  const sent = SENT.get(request.operations);
  // What people were asked of was compared; what cannot be compared is not what they were asked of.
  if (sent === undefined) throw new Refused(CHANGED);
  const connection = await upstream.beside(signal);
  try {
    const path = liveTarget(sent.head.target);
    const live = await askCluster(connection, upstream, sent.head, { method: 'GET', target: path }, signal);
    if (digestOf(live) !== seen) throw new Refused(CHANGED);
  } finally {
    await connection[Symbol.asyncDispose]();
  }
}

interface Seeing {
  readonly info: RequestInfo;
  readonly target: Target;
  readonly sent: SentRequest;
  readonly upstream: HttpUpstream;
  readonly signal: AbortSignal;
  /** Whether it may be sent with `dryRun`, which only servers of Kubernetes' own are known to mind. */
  readonly mayTry: boolean;
}

interface Compared {
  readonly statement: StatementEstimate;
  /** Of the live object, where there is one that it would change. */
  readonly digest: string | undefined;
}

const WRITES: ReadonlySet<string> = new Set(['create', 'update', 'patch', 'delete', 'deletecollection']);
const STREAMED: ReadonlySet<string> = new Set(['exec', 'attach', 'portforward', 'proxy']);

function isCompared({ verb, resource }: RequestInfo): boolean {
  return resource !== undefined && WRITES.has(verb) && !STREAMED.has(resource.subresource ?? '');
}

/** Groups of Kubernetes' own, and subresources that keep objects: what others do with `dryRun` nobody knows. */
function isBuiltIn({ resource }: RequestInfo): boolean {
  const { group = '', subresource = 'status' } = resource ?? {};
  const isOwn = !group.includes('.') || group.endsWith('.k8s.io');
  return isOwn && (subresource === 'status' || subresource === 'scale' || subresource === 'finalize');
}

const UNTRIED = "a server that is not Kubernetes' own is tried only where the rule says so (`approve.measureRows`)";

async function compared(seeing: Seeing): Promise<Compared> {
  const { info, target, sent } = seeing;
  const path = liveTarget(sent.head.target);
  const text = `${info.verb} ${path}`;
  if (info.verb === 'deletecollection') return { statement: await collection(seeing, text), digest: undefined };
  const marks = new SecretMarks();
  const isSecret = info.resource !== undefined && isSecretResource(info.resource, target);
  const live = info.verb === 'create' ? undefined : await ask(seeing, { method: 'GET', target: path });
  const before = live?.status === 200 && live.value !== undefined ? shownObject(live.value, isSecret, marks) : '';
  const digest = live === undefined ? undefined : digestOf(live);
  if (info.verb === 'delete') {
    const plan = lineDiff(before, '');
    return {
      statement: {
        text,
        rows: before === '' ? 0 : 1,
        ...(plan === '' ? { why: 'there is no such object' } : { plan }),
      },
      digest,
    };
  }
  if (!seeing.mayTry) return { statement: { text, why: UNTRIED }, digest };
  const tried = await ask(seeing, { ...asSent(sent), target: withDryRun(sent.head.target) });
  const isDone = tried.status < 300 && tried.value !== undefined;
  if (!isDone) return { statement: { text, why: whyNot(tried) }, digest };
  const plan = lineDiff(before, shownObject(tried.value, isSecret, marks));
  return {
    statement: { text, rows: plan === '' ? 0 : 1, ...(plan === '' ? { why: 'it changes nothing' } : { plan }) },
    digest,
  };
}

/** As many names are shown. */
const MOST_NAMES = 200;

async function collection(seeing: Seeing, text: string): Promise<StatementEstimate> {
  const { head } = seeing.sent;
  const query = head.target.includes('?') ? `${head.target}&limit=500` : `${head.target}?limit=500`;
  const found = await ask(seeing, { method: 'GET', target: query });
  if (found.status !== 200) return { text, why: whyNot(found) };
  const items = listAt(found.value, 'items');
  const names = items.map((item) =>
    [textAt(item, 'metadata', 'namespace'), textAt(item, 'metadata', 'name')].filter(Boolean).join('/'),
  );
  const left = names.length - MOST_NAMES;
  const plan = [
    ...names.slice(0, MOST_NAMES).map((name) => `-${name}`),
    ...(left > 0 ? [`and ${left} more`] : []),
  ].join('\n');
  return { text, rows: names.length, plan };
}

async function ask(
  { sent, upstream, signal }: Seeing,
  question: Parameters<typeof askCluster>[3],
): Promise<ClusterAnswer> {
  return askCluster(await upstream.ready(signal), upstream, sent.head, question, signal);
}

function asSent({ head, body }: SentRequest): {
  readonly method: string;
  readonly contentType: string;
  readonly body: Buffer | undefined;
} {
  const contentType = head.fields.find(([name]) => name === 'content-type')?.[1] ?? 'application/json';
  return { method: head.method, contentType, body };
}

/** The object itself: what is asked of it changes nothing of where it is. */
function liveTarget(target: string): string {
  return target.replace(/\?.*$/s, '');
}

function withDryRun(target: string): string {
  const at = target.indexOf('?');
  const pairs =
    at < 0
      ? []
      : target
          .slice(at + 1)
          .split('&')
          .filter((pair) => !/^dryRun(?:=|$)/i.test(pair));
  return `${liveTarget(target)}?${[...pairs, 'dryRun=All'].join('&')}`;
}

/** Undefined of what says neither that there is one nor that there is none. */
function digestOf({ status, value }: ClusterAnswer): string | undefined {
  if (status === 404) return 'none';
  return status === 200 && value !== undefined ? objectDigest(value) : undefined;
}

function whyNot({ status, value }: ClusterAnswer): string {
  const message = isObject(value) ? textAt(value, 'message') : undefined;
  return message === undefined
    ? `the server answers ${status}`
    : `the server would refuse it: ${message.slice(0, 1_000)}`;
}

const CHANGED: Refusal = {
  code: 'approval-void',
  message: 'the object has changed since people saw what would become of it',
  hint: 'Look at it as it is now, and ask again.',
};
