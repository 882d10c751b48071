import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One call of the Web API, as it came. */
export interface SlackCall {
  readonly method: string;
  readonly args: Record<string, unknown>;
}

export interface FakeSlack extends AsyncDisposable {
  readonly apiUrl: string;
  /** Where a user's `response_url` leads; what is said there stands in `told`. */
  readonly responseUrl: string;
  readonly calls: SlackCall[];
  readonly told: Record<string, unknown>[];
  /** The messages as a channel shows them now, by `ts`. */
  readonly messages: Map<string, Record<string, unknown>>;
  /** Answers the next calls of a method with this instead, once each. */
  next(method: string, ...answers: readonly CannedAnswer[]): void;
  /** Resolves once `condition` holds; looked at after every call. */
  until(condition: () => boolean): Promise<void>;
}

export interface CannedAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
}

export const BOT_TOKEN = 'xoxb-fake-bot-token';
export const SIGNING_SECRET = 'fake-signing-secret';

/** Speaks Slack's Web API as far as it is used here: bearer tokens, JSON and forms, errors in words, rate limits. */
export async function startFakeSlack(users: Readonly<Record<string, object>> = {}): Promise<FakeSlack> {
  const calls: SlackCall[] = [];
  const told: Record<string, unknown>[] = [];
  const messages = new Map<string, Record<string, unknown>>();
  const canned = new Map<string, CannedAnswer[]>();
  const waiting = new Set<() => void>();
  let posted = 0;

  const answer = (method: string, args: Record<string, unknown>): object => {
    switch (method) {
      case 'chat.postMessage': {
        if (args['channel'] === 'C0GONE') return { ok: false, error: 'channel_not_found' };
        const ts = `1700000000.${String(++posted).padStart(6, '0')}`;
        messages.set(ts, args);
        return { ok: true, channel: 'C0FAKE', ts, message: args };
      }
      case 'chat.update': {
        const ts = String(args['ts']);
        if (args['channel'] !== 'C0FAKE' || !messages.has(ts)) return { ok: false, error: 'message_not_found' };
        messages.set(ts, args);
        return { ok: true, channel: 'C0FAKE', ts };
      }
      case 'views.open':
        return args['trigger_id'] === 'trigger-1' ? { ok: true } : { ok: false, error: 'expired_trigger_id' };
      case 'users.info': {
        const user = users[String(args['user'])];
        return user ? { ok: true, user } : { ok: false, error: 'user_not_found' };
      }
      case 'chat.postEphemeral':
        told.push(args);
        return { ok: true };
      default:
        return { ok: false, error: 'unknown_method' };
    }
  };
  const serve = async (request: IncomingMessage, response: ServerResponse) => {
    const body = await read(request);
    if (request.url === '/response') {
      told.push(JSON.parse(body) as Record<string, unknown>);
      response.end('ok');
    } else {
      const method = (request.url ?? '').replace('/api/', '');
      const isJson = request.headers['content-type']?.startsWith('application/json') ?? false;
      const args = isJson
        ? (JSON.parse(body) as Record<string, unknown>)
        : (Object.fromEntries(new URLSearchParams(body)) as Record<string, unknown>);
      calls.push({ method, args });
      const instead = canned.get(method)?.shift();
      if (instead) response.writeHead(instead.status ?? 200, instead.headers).end(instead.body);
      else if (request.headers.authorization !== `Bearer ${BOT_TOKEN}`)
        reply(response, { ok: false, error: 'invalid_auth' });
      // Slack takes no JSON for methods that read.
      else if (method === 'users.info' && isJson) reply(response, { ok: false, error: 'invalid_arguments' });
      else reply(response, answer(method, args));
    }
    for (const look of waiting) look();
  };
  const server = createServer((request, response) => void serve(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    apiUrl: `${origin}/api`,
    responseUrl: `${origin}/response`,
    calls,
    told,
    messages,
    next: (method, ...answers) => void canned.set(method, [...(canned.get(method) ?? []), ...answers]),
    until: (condition) =>
      new Promise((resolve) => {
        const look = () => {
          if (!condition()) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      }),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** A request as Slack signs it. */
export function signedBySlack(body: string, nowMs: number, secret = SIGNING_SECRET) {
  const timestamp = String(Math.floor(nowMs / 1000));
  const signature = `v0=${createHmac('sha256', secret).update(`v0:${timestamp}:${body}`).digest('hex')}`;
  return { signature, timestamp, body: Buffer.from(body) };
}

/** What Slack posts when somebody presses a button. */
export function buttonPressed(
  action: { readonly action_id: string; readonly value: string },
  user: { readonly id: string; readonly team_id: string },
  more: Readonly<Record<string, unknown>> = {},
): string {
  const payload = {
    type: 'block_actions',
    user,
    team: { id: user.team_id, domain: 'acme' },
    channel: { id: 'C0FAKE', name: 'approvals' },
    trigger_id: 'trigger-1',
    actions: [{ type: 'button', block_id: 'answer', action_ts: '1700000000.1', ...action }],
    ...more,
  };
  return new URLSearchParams({ payload: JSON.stringify(payload) }).toString();
}

/** What Slack posts when somebody sends the view that a button opened. */
export function viewSent(
  view: Readonly<Record<string, unknown>>,
  user: { readonly id: string; readonly team_id: string },
  reason: string,
): string {
  const values = { reason: { reason: { type: 'plain_text_input', value: reason } } };
  const payload = { type: 'view_submission', user, team: { id: user.team_id }, view: { ...view, state: { values } } };
  return new URLSearchParams({ payload: JSON.stringify(payload) }).toString();
}

async function read(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += chunk as string;
  return text;
}

function reply(response: ServerResponse, body: object): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
