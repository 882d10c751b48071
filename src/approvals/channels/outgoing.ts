import type { Resolver } from 'node:dns/promises';
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { LIMITS } from '../../model/limits.ts';
import { addressClass } from './address-class.ts';
import { DeliveryFault } from './channel.ts';
import { addressesOf, channelResolver } from './name-lookup.ts';
import { visibleText } from './visible-text.ts';

export interface Outgoing {
  /** POST where absent. */
  readonly method?: 'POST' | 'PUT';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly allowPrivate: boolean;
  readonly insecureLoopback: boolean;
  readonly ca?: string | undefined;
  /** Until there is an answer; `channelSendMs` where absent. */
  readonly sendMs?: number;
}

export interface OutgoingAnswer {
  readonly status: number;
  /** Of the header Retry-After in seconds (RFC 9110, 10.2.3), bounded. */
  readonly retryAfterMs?: number;
  /** At most `channelAnswerBytes`; what came beyond was not read. */
  readonly text: string;
}

/**
 * Sends to an address that somebody configured: HTTPS, to a public address unless more is allowed, checked on what the
 * connection really goes to. No redirect is followed; time and size are bounded. Throws a `DeliveryFault`.
 */
export async function post(outgoing: Outgoing, signal: AbortSignal): Promise<OutgoingAnswer> {
  const url = new URL(outgoing.url);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const problem = addressProblem(outgoing.url, outgoing);
  if (problem !== undefined) throw new DeliveryFault(problem, { permanent: true });
  // A name is checked where it is looked up; Node looks nothing up for an address.
  if (isIP(host) !== 0) refuseAddress(host, outgoing);
  try {
    const response = await send(
      url,
      outgoing,
      AbortSignal.any([signal, AbortSignal.timeout(outgoing.sendMs ?? LIMITS.channelSendMs)]),
    );
    const text = await readSome(response);
    const seconds = Number(response.headers['retry-after']);
    return {
      status: response.statusCode ?? 0,
      text,
      ...(seconds > 0 && { retryAfterMs: Math.min(seconds * 1000, LIMITS.deliveryMaxBackoffMs) }),
    };
  } catch (cause) {
    if (cause instanceof DeliveryFault) throw cause;
    throw new DeliveryFault(`${url.host} did not answer: ${reasonOf(cause)}`, { cause });
  }
}

/** Why a URL may not be posted to, whatever it resolves to; undefined where it may. */
export function addressProblem(text: string, { insecureLoopback }: Pick<Outgoing, 'insecureLoopback'>) {
  const url = URL.parse(text);
  if (url === null) return 'this is no URL';
  if (url.username !== '' || url.password !== '') return 'the URL holds a user name or a password';
  if (url.protocol === 'https:') return undefined;
  if (url.protocol !== 'http:') return 'the URL does not begin with https://';
  const isLocal = /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname);
  return insecureLoopback && isLocal ? undefined : 'the URL does not begin with https://';
}

/** What a person may read of an answer: its beginning, on one line. */
export function excerpt(text: string): string {
  return visibleText(text.trim(), LIMITS.channelExcerptCharacters);
}

function send(url: URL, outgoing: Outgoing, signal: AbortSignal): Promise<IncomingMessage> {
  const options = {
    method: outgoing.method ?? 'POST',
    headers: { ...outgoing.headers, 'content-length': Buffer.byteLength(outgoing.body), 'user-agent': 'chaperone' },
    lookup: checkedLookup(outgoing, channelResolver()),
    agent: false,
    signal,
  };
  return new Promise((resolve, reject) => {
    const request: ClientRequest =
      url.protocol === 'https:'
        ? httpsRequest(url, { ...options, minVersion: 'TLSv1.2', ...(outgoing.ca && { ca: outgoing.ca }) })
        : httpRequest(url, options);
    request.once('response', resolve);
    request.once('error', reject);
    request.end(outgoing.body);
  });
}

async function readSome(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  // Leaving the loop ends the connection, so an answer without an end stops here.
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.byteLength;
    if (size >= LIMITS.channelAnswerBytes) break;
  }
  return Buffer.concat(chunks).toString('utf8', 0, LIMITS.channelAnswerBytes);
}

/** Resolves a name and hands on nothing that may not be reached: the socket connects to what was checked. */
export function checkedLookup(
  allowed: Pick<Outgoing, 'allowPrivate' | 'insecureLoopback'>,
  resolver: Resolver,
): LookupFunction {
  return (hostname, options, callback) => {
    const found = addressesOf(hostname, resolver).then((addresses) => {
      // One that may not be reached among others is no accident: none is used then.
      for (const { address } of addresses) refuseAddress(address, allowed);
      const fitting = addresses.filter(({ family }) => !options.family || options.family === family);
      if (fitting.length === 0) throw new DeliveryFault(`${hostname} has no address`);
      return fitting;
    });
    found.then(
      (addresses) => {
        const [first] = addresses;
        if (options.all) callback(null, [...addresses]);
        else callback(null, first?.address ?? '', first?.family);
      },
      (cause: NodeJS.ErrnoException) => callback(cause, ''),
    );
  };
}

function refuseAddress(address: string, allowed: Pick<Outgoing, 'allowPrivate' | 'insecureLoopback'>): void {
  const kind = addressClass(address);
  if (kind === 'public') return;
  if (kind === 'private' && allowed.allowPrivate) return;
  if (kind === 'loopback' && (allowed.allowPrivate || allowed.insecureLoopback)) return;
  throw new DeliveryFault(`${address} is not a public address, and this channel may not use it`);
}

function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return 'unknown';
  if (cause.name === 'AbortError' || cause.name === 'TimeoutError') return 'not in time';
  return (cause as NodeJS.ErrnoException).code ?? 'the connection failed';
}
