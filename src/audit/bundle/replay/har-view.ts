/**
 * A session of HTTP as an HTTP Archive (HAR 1.2), which browsers' developer tools open. What was refused has the status 0,
 * as a request that a browser blocks.
 */
import { isUtf8 } from 'node:buffer';
import { type HttpMessage, readHttpMessage } from '../../../model/http-message.ts';
import type { AuditEvent } from '../../audit-event.ts';
import type { RecordedEvent } from '../../read/read-session.ts';
import { VIEWED_BODY_BYTES, type ViewedSession } from './derived-view.ts';

const CUT = 'Cut here: there is more than a derived view holds. The events are all there.';
/** Of this view, as the format asks its writer for one. */
const VIEW_VERSION = '1';
/** Closes an archive after any of its entries. */
export const HAR_CUT = `\n],"comment":${JSON.stringify(CUT)}}}\n`;

export async function* harView({ run, session, events }: ViewedSession): AsyncGenerator<string> {
  const comment = `Derived from the events of session ${session} of run ${run}. This proves nothing: sessions/${session}.jsonl does.`;
  yield `{"log":{"version":"1.2","creator":${JSON.stringify({ name: 'Chaperone', version: VIEW_VERSION, comment })},"entries":[`;
  const asked = new Map<number, Asked>();
  let separator = '\n';
  for await (const recorded of events) {
    const { event } = recorded;
    const { exchange } = event;
    if (exchange === undefined) continue;
    if (event.kind === 'request') asked.set(exchange, { event, message: messageOf(recorded) });
    if (event.kind !== 'reply' && event.kind !== 'refusal' && event.kind !== 'gap') continue;
    const request = asked.get(exchange);
    asked.delete(exchange);
    if (request === undefined) continue;
    yield `${separator}${JSON.stringify(entryOf(request, event, event.kind === 'reply' ? messageOf(recorded) : undefined))}`;
    separator = ',\n';
  }
  yield '\n]}}\n';
}

interface Asked {
  readonly event: AuditEvent;
  readonly message: Opened;
}

interface Opened extends HttpMessage {
  /** Why the bytes are not here, or not all of them. */
  readonly comment?: string;
}

function messageOf({ event, body }: RecordedEvent): Opened {
  const opened = body(VIEWED_BODY_BYTES);
  if (opened.kind !== 'bytes') {
    const comment = event.body === undefined ? 'there is none' : `not here: ${opened.kind}`;
    return { fields: [], body: Buffer.alloc(0), comment };
  }
  const message = readHttpMessage(opened.bytes);
  return opened.complete ? message : { ...message, comment: 'longer than this' };
}

function entryOf({ event, message }: Asked, end: AuditEvent, reply: Opened | undefined): object {
  const waitMs = Math.max(0, Date.parse(end.at) - Date.parse(event.at));
  return {
    startedDateTime: event.at,
    time: waitMs,
    request: requestOf(message),
    response: responseOf(reply ?? { fields: [], body: Buffer.alloc(0) }, end),
    cache: {},
    timings: { send: 0, wait: waitMs, receive: 0 },
    comment: outcomeOf(event, end),
  };
}

function requestOf({ start = '', fields, body, trailers = [], comment }: Opened): object {
  const [method = '', target = '', httpVersion = ''] = start.split(' ');
  const host = valueOf(fields, 'host');
  const url = URL.canParse(`http://${host}${target}`) ? new URL(`http://${host}${target}`) : undefined;
  return {
    method,
    url: url?.href ?? target,
    httpVersion,
    cookies: [],
    headers: namedValues([...fields, ...trailers]),
    queryString: namedValues([...(url?.searchParams ?? [])]),
    headersSize: -1,
    bodySize: body.length,
    ...(body.length === 0 ? {} : { postData: { mimeType: valueOf(fields, 'content-type'), text: textOf(body).text } }),
    ...(comment === undefined ? {} : { comment }),
  };
}

function responseOf({ start = '', fields, body, comment }: Opened, { refusal }: AuditEvent): object {
  const [httpVersion = '', status = '0', ...reason] = start.split(' ');
  const why = refusal === undefined ? comment : `refused (${refusal.code}): ${refusal.message}`;
  return {
    status: Number(status),
    statusText: reason.join(' '),
    httpVersion,
    cookies: [],
    headers: namedValues(fields),
    content: { size: body.length, mimeType: valueOf(fields, 'content-type'), ...textOf(body) },
    redirectURL: valueOf(fields, 'location'),
    headersSize: -1,
    bodySize: body.length,
    ...(why === undefined ? {} : { comment: why }),
  };
}

function outcomeOf({ decision }: AuditEvent, { kind, result, masked = [] }: AuditEvent): string {
  const rules = decision?.rules ?? [];
  const by = rules.length === 0 ? '' : ` by ${rules.join(', ')}`;
  const ended = kind === 'gap' ? 'the gateway ended, and what became of it is unknown' : (result?.status ?? 'refused');
  const masks = masked.map(({ name, count }) => `${name} ×${count}`).join(', ');
  return `${decision?.effect ?? 'not decided'}${by}; ${ended}${masks === '' ? '' : `; masked: ${masks}`}`;
}

function namedValues(fields: HttpMessage['fields']): readonly object[] {
  return fields.map(([name, value]) => ({ name, value }));
}

function valueOf(fields: HttpMessage['fields'], wanted: string): string {
  return fields.find(([name]) => name.toLowerCase() === wanted)?.[1] ?? '';
}

function textOf(body: Buffer): { readonly text: string; readonly encoding?: 'base64' } {
  return isUtf8(body) ? { text: body.toString('utf8') } : { text: body.toString('base64'), encoding: 'base64' };
}
