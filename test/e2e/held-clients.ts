/** Clients whose requests are held, and people who answer them, at gateways that a test ends, starves or cuts off. */
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { request } from 'node:https';
import { join } from 'node:path';
import { Client, type ClientConfig, type QueryResult } from 'pg';
import { operatorTokens } from '../../src/identity/operator-tokens.ts';
import { people } from '../../src/identity/people.ts';
import { scopesOf } from '../../src/identity/person-record.ts';
import type { Role } from '../../src/model/person.ts';
import { openStore, type StoreOptions } from '../../src/store/store.ts';
import { until } from '../support/until.ts';
import type { Deployment } from './deployment.ts';
import { type StartedProgram } from './program.ts';

export interface Said {
  readonly status: number;
  readonly text: string;
  readonly json: Record<string, unknown>;
}

export interface Waiting {
  readonly id: string;
  readonly digest: string;
  readonly state: string;
  readonly reason?: string;
  readonly usedAt?: string;
  readonly session: string;
}

/** What became of a statement: `ok`, or the error that its client got. */
export type Outcome = 'ok' | { readonly code: string | undefined; readonly message: string; readonly detail: string };

/** One call of a gateway's API. */
export async function call(
  gateway: StartedProgram,
  auth: string,
  method: string,
  path: string,
  body?: unknown,
): Promise<Said> {
  const ca = await readFile(join(gateway.dataDirectory, 'tls', 'ca.crt'));
  const json = body === undefined ? '' : JSON.stringify(body);
  const type = json === '' ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(json) };
  const headers = { authorization: auth, ...type };
  return new Promise((resolve, reject) => {
    const sent = request(`${gateway.ready.url}${path}`, { method, headers, ca, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (piece: string) => (text += piece));
      response.once('end', () => {
        const isJson = response.headers['content-type']?.includes('json') === true;
        resolve({ status: response.statusCode ?? 0, text, json: isJson ? (JSON.parse(text) as Said['json']) : {} });
      });
    });
    sent.once('error', reject);
    sent.end(json);
  });
}

/** Somebody with a token of their own; what comes back is their Authorization header. */
export async function personIn(place: StoreOptions, login: string, roles: readonly Role[]): Promise<string> {
  await using store = await openStore(place);
  const parts = { now: Date.now, random: randomBytes };
  const claimed = { issuer: 'https://login.test', subject: login, login, groups: ['dba'], roles, handles: [] };
  const person = await people({ store, ...parts }).enter(claimed);
  const { token } = await operatorTokens(store, parts).create({
    name: login,
    may: [...scopesOf(person)],
    person: person.id,
  });
  return `Bearer ${token.reveal()}`;
}

/** A CI job's connection through a gateway. */
export async function jobClient(
  deployment: Deployment,
  gateway: StartedProgram,
  more: ClientConfig & { readonly asserted?: Readonly<Record<string, string>> } = {},
): Promise<Client> {
  const { asserted = {}, ...config } = more;
  const ca = await readFile(join(gateway.dataDirectory, 'tls', 'ca.crt'), 'utf8');
  const form = new URLSearchParams({
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    subject_token_type: 'urn:ietf:params:oauth:token-type:id_token',
    subject_token: await deployment.token(),
  });
  for (const [name, value] of Object.entries(asserted)) form.set(`asserted.${name}`, value);
  const json = await new Promise<Record<string, string>>((resolve, reject) => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const sent = request(
      `${gateway.ready.url}/oauth/token`,
      { method: 'POST', headers, ca, agent: false },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (piece: string) => (text += piece));
        response.once('end', () => resolve(JSON.parse(text) as Record<string, string>));
      },
    );
    sent.once('error', reject);
    sent.end(form.toString());
  });
  if (json['grant'] === undefined) throw new Error(JSON.stringify(json));
  const client = new Client({
    host: '127.0.0.1',
    port: gateway.ready.postgres.port,
    user: json['grant'],
    password: json['access_token'],
    database: 'people',
    ssl: { ca },
    ...config,
  });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

/** What becomes of a statement; never rejects. */
export function outcomeOf(query: Promise<QueryResult | QueryResult[]>): Promise<Outcome> {
  return query.then(
    () => 'ok' as const,
    (error: Error & { code?: string; detail?: string }) => ({
      code: error.code,
      message: error.message,
      detail: error.detail ?? '',
    }),
  );
}

/** The approvals that wait, once there are so many of them. */
export function waitingAt(gateway: StartedProgram, auth: string, count = 1): Promise<readonly Waiting[]> {
  return until(async () => {
    const { json } = await call(gateway, auth, 'GET', '/v1/approvals?state=pending');
    const items = (json['items'] ?? []) as readonly Waiting[];
    if (items.length < count) return undefined;
    return Promise.all(items.map(({ id }) => approvalAt(gateway, auth, id)));
  });
}

export async function approvalAt(gateway: StartedProgram, auth: string, id: string): Promise<Waiting> {
  return (await call(gateway, auth, 'GET', `/v1/approvals/${id}`)).json as unknown as Waiting;
}

export function answer(
  gateway: StartedProgram,
  auth: string,
  { id, digest }: Pick<Waiting, 'id' | 'digest'>,
  given: 'approve' | 'deny' = 'approve',
): Promise<Said> {
  return call(gateway, auth, 'POST', `/v1/approvals/${id}/answer`, { answer: given, digest });
}
