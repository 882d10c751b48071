/**
 * A configured gateway in this process with its REST API over TLS, a target and a CI system to come from:
 *
 *     await using api = await startApi();
 *     const ada = await api.person('ada', { groups: ['dba'], roles: ['approver'] });
 *     const { json } = await api.call('GET', '/v1/approvals', { auth: ada });
 *
 * Everything is the real thing; people get a token of their own instead of a browser.
 */
import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Client } from 'pg';
import { openApi } from '../../src/api/open-api.ts';
import type { EvidenceConfig } from '../../src/cli/start/evidence-config.ts';
import type { LogConfig } from '../../src/cli/start/log-config.ts';
import { type ApiParts, openGateway } from '../../src/cli/start/open-gateway.ts';
import type { LoginConfig } from '../../src/identity/login-config.ts';
import { operatorTokens } from '../../src/identity/operator-tokens.ts';
import { people } from '../../src/identity/people.ts';
import { scopesOf } from '../../src/identity/person-record.ts';
import type { Role, Scope } from '../../src/model/person.ts';
import { openStore, type Store } from '../../src/store/store.ts';
import { githubClaims } from './ci-claims.ts';
import { type PostgresServer, startPostgres } from './postgres-server.ts';
import type { SshServer } from './ssh-server.ts';
import { startTokenIssuer } from './token-issuer.ts';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
  readonly json: Record<string, unknown>;
}

export interface CallOptions {
  /** The whole Authorization header. */
  readonly auth?: string;
  readonly json?: unknown;
  /** As it is, with this content type. */
  readonly body?: { readonly type: string; readonly text: string };
  readonly headers?: Readonly<Record<string, string>>;
}

/** One server-sent event. */
export interface SentEvent {
  readonly event: string;
  readonly id: string;
  readonly data: Record<string, unknown>;
}

export interface EventReader extends AsyncDisposable {
  readonly status: number;
  /** The next event that fits; undefined where the stream ended before. */
  next(fits?: (event: SentEvent) => boolean): Promise<SentEvent | undefined>;
}

export interface TestGrant {
  readonly user: string;
  readonly password: string;
  readonly run: string;
}

export interface TestApi extends AsyncDisposable {
  readonly url: string;
  readonly directory: string;
  readonly server: PostgresServer;
  /** Where clients of targets connect, on 127.0.0.1. */
  readonly postgresPort: number;
  /** 0 where there is no HTTP port. */
  readonly httpPort: number;
  /** The gateway's own store, opened a second time as another gateway would. */
  readonly store: Store;
  readonly admin: string;
  /** The one-time link of the first administrator. */
  readonly firstLoginUrl: string;
  readonly faults: readonly unknown[];
  /** What stands behind its API. */
  readonly behind: ApiParts;
  call(method: string, path: string, options?: CallOptions): Promise<Answer>;
  listen(path: string, options: CallOptions): Promise<EventReader>;
  /** Applies configuration as `chaperone apply` does. */
  apply(text: string): Promise<void>;
  /** Applies its own again, with what its jobs may ask for from now on (YAML). */
  applyRequestable(requestable: string): Promise<void>;
  /** A person with a token of their own; what comes back is their Authorization header. */
  person(
    login: string,
    may: { readonly groups?: readonly string[]; readonly roles?: readonly Role[] },
  ): Promise<string>;
  /** A person's token that ends, of all their scopes or of some. */
  login(
    login: string,
    may: { readonly groups?: readonly string[]; readonly roles?: readonly Role[] },
    expiresAt: string,
    scopes?: readonly Scope[],
  ): Promise<{ readonly id: string; readonly token: string }>;
  /** A token of nobody. */
  token(scopes: readonly Scope[]): Promise<{ readonly id: string; readonly auth: string }>;
  /** A CI job's token, with what a test wants to differ. */
  ciToken(claims?: Readonly<Record<string, unknown>>): Promise<string>;
  /** One, exchanged. */
  grant(): Promise<TestGrant>;
  connect(grant: TestGrant, database?: string): Promise<Client>;
}

const AUDIENCE = 'https://gateway.test';

export interface TestApiOptions {
  readonly policies?: string;
  readonly webDirectory?: string;
  /** Where people log in, for tests in a browser. */
  readonly login?: LoginConfig;
  readonly sql?: string;
  readonly evidence?: EvidenceConfig;
  /** An HTTP server without TLS, which becomes the target `web`, also known as shop.test. */
  readonly web?:
    | {
        readonly host: string;
        readonly port: number;
        /** YAML; a token where absent. */
        readonly credential?: string;
      }
    | undefined;
  /** An MCP server without TLS, which becomes the target `tracker`. */
  readonly mcp?: { readonly host: string; readonly port: number } | undefined;
  /** Further targets that are the same database. */
  readonly databases?: readonly string[];
  /** What jobs may ask people for, and is not theirs from the beginning: YAML of the trust rule's `requestable`. */
  readonly requestable?: string;
  /** An API server, without TLS where it has no authority, which becomes the target `prod`; its credential is YAML, a token where absent. */
  readonly cluster?:
    | { readonly host: string; readonly port: number; readonly ca?: string; readonly credential?: string }
    | undefined;
  /** An SSH server, which becomes the target `box`. */
  readonly host?: SshServer | undefined;
  readonly log?: LogConfig;
  /** False where there is no MCP server of the gateway's own. */
  readonly ownMcp?: false;
  /** The gateway's environment. */
  readonly env?: Readonly<Record<string, string>>;
}

export const READ_POLICY = `
  - { name: read, principals: any, targets: [people], operations: [read, session, transaction], effect: permit, mask: [email] }
`;

export async function startApi(options: TestApiOptions = {}): Promise<TestApi> {
  const {
    policies = READ_POLICY,
    webDirectory,
    login,
    sql,
    evidence,
    log,
    env = {},
    web,
    mcp,
    cluster,
    host,
    databases,
  } = options;
  await using parts = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), 'chaperone-api-'));
  parts.defer(() => rm(directory, { recursive: true, force: true }));
  await chmod(directory, 0o700);
  const seed = "CREATE TABLE people (id int, email text); INSERT INTO people VALUES (1, 'ada@example.com');";
  const [server, issuer] = await Promise.all([
    startPostgres({ tls: true, sql: seed + (sql ?? '') }),
    startTokenIssuer(),
  ]);
  parts.defer(() => server.stop());
  parts.defer(() => issuer.close());
  const faults: unknown[] = [];
  const loopback = { host: '127.0.0.1', port: 0 };
  const { promise: behind, resolve: open } = Promise.withResolvers<ApiParts>();
  const gateway = parts.use(
    await openGateway(
      {
        kind: 'configured',
        dataDirectory: directory,
        api: loopback,
        postgres: loopback,
        ...(web || mcp || cluster ? { http: loopback } : {}),
        ...(host ? { ssh: loopback } : {}),
        portsMayMove: false,
        audience: AUDIENCE,
        ...(login ? { login } : {}),
        ...(evidence ? { evidence } : {}),
        ...(log ? { log } : {}),
        ...(options.ownMcp === false ? { ownMcp: false } : {}),
      },
      {
        version: '0.0.0',
        openApi: (all, options) => {
          open(all);
          return openApi(all, { ...options, ...(webDirectory ? { webDirectory } : {}) });
        },
        env,
        nowMs: Date.now,
        onFault: (fault) => faults.push(fault),
      },
    ),
  );
  const ca = await readFile(join(directory, 'tls', 'ca.crt'), 'utf8');
  const admin = `Bearer ${(await readFile(join(directory, 'admin-token'), 'utf8')).trim()}`;
  const store = parts.use(await openStore({ file: join(directory, 'store.sqlite') }));
  const { url } = gateway.started;
  const call = async (method: string, path: string, options: CallOptions = {}) =>
    readAnswer(await send({ method, url: `${url}${path}`, ca }, options));
  const apply = async (text: string) => {
    const files = [{ name: 'all.yaml', text }];
    const plan = await call('POST', '/v1/apply', { auth: admin, json: { mode: 'plan', files } });
    const json = { mode: 'apply', files, digest: plan.json['digest'] };
    const applied = await call('POST', '/v1/apply', { auth: admin, json });
    if (applied.status !== 200) throw new Error(plan.text + applied.text);
  };
  const applyRequestable = (requestable?: string) =>
    apply(configuration(server, issuer.url, policies, { web, mcp, cluster, host, databases, requestable }));
  await applyRequestable(options.requestable);
  const ciToken = (more: Readonly<Record<string, unknown>> = {}) => {
    const claims = githubClaims({ iss: issuer.url, aud: AUDIENCE, nowSeconds: Math.floor(Date.now() / 1000) });
    return issuer.sign({ ...claims, repository_id: '74', ...more });
  };
  const tokens = operatorTokens(store, { now: Date.now, random: randomBytes });
  const running = parts.move();
  return {
    url,
    directory,
    server,
    postgresPort: gateway.started.postgres.port,
    httpPort: gateway.started.http?.port ?? 0,
    store,
    admin,
    firstLoginUrl: gateway.started.firstLogin?.url ?? '',
    faults,
    behind: await behind,
    call,
    apply,
    applyRequestable,
    listen: async (path, options) => readEvents(await send({ method: 'GET', url: `${url}${path}`, ca }, options)),
    async person(login, { groups = [], roles = [] }) {
      const all = people({ store, now: Date.now, random: randomBytes });
      const claimed = { issuer: 'https://login.test', subject: login, login, groups, roles, handles: [] };
      const person = await all.enter(claimed);
      const { token } = await tokens.create({ name: login, may: [...scopesOf(person)], person: person.id });
      return `Bearer ${token.reveal()}`;
    },
    async login(login, { groups = [], roles = [] }, expiresAt, scopes) {
      const all = people({ store, now: Date.now, random: randomBytes });
      const person = await all.enter({
        issuer: 'https://login.test',
        subject: login,
        login,
        groups,
        roles,
        handles: [],
      });
      const may = scopes ?? [...scopesOf(person)];
      const { token } = await tokens.create({ name: login, may, person: person.id, expiresAt });
      return { id: person.id, token: token.reveal() };
    },
    async token(scopes) {
      const { id, token } = await tokens.create({ name: 'a pipeline', may: scopes });
      return { id, auth: `Bearer ${token.reveal()}` };
    },
    ciToken,
    async grant() {
      const form = new URLSearchParams({
        grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
        subject_token_type: 'urn:ietf:params:oauth:token-type:id_token',
        subject_token: await ciToken(),
        'asserted.agent': 'tests',
      });
      const body = { type: 'application/x-www-form-urlencoded', text: form.toString() };
      const { json, text } = await call('POST', '/oauth/token', { body });
      if (json['grant'] === undefined) throw new Error(text);
      const { grant, access_token: password, run } = json as Record<'grant' | 'access_token' | 'run', string>;
      return { user: grant, password, run };
    },
    async connect({ user, password }, database = 'people') {
      const { port } = gateway.started.postgres;
      const client = new Client({ host: '127.0.0.1', port, user, password, database, ssl: { ca } });
      client.on('error', () => undefined);
      await client.connect();
      return client;
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

function configuration(
  server: PostgresServer,
  issuer: string,
  policies: string,
  {
    web,
    mcp,
    cluster,
    host,
    databases = [],
    requestable,
  }: Pick<TestApiOptions, 'web' | 'mcp' | 'cluster' | 'host'> & {
    readonly databases: readonly string[] | undefined;
    readonly requestable: string | undefined;
  },
): string {
  const there = { people: server, web, tracker: mcp, prod: cluster, box: host };
  const asked = /targets: \[([\w, ]*)\]/.exec(requestable ?? '')?.[1]?.split(', ') ?? [];
  const given = Object.entries(there).flatMap(([name, one]) =>
    one === undefined || asked.includes(name) ? [] : [name],
  );
  return `
issuers:
  - { name: ci, kind: github, issuer: "${issuer}", insecureLoopback: true }
trust:
  - { name: shop, issuer: ci, claims: { sourceRepositoryId: "74" }, targets: [${given.join(', ')}]${requestable ? `, requestable: ${requestable}` : ''} }
targets:
${databases.map((name) => databaseTarget(name, server)).join('')}${databaseTarget('people', server)}    classified: [{ column: public.people.email, class: email }]
${web ? webTarget(web) : ''}${mcp ? mcpTarget(mcp) : ''}${cluster ? clusterTarget(cluster) : ''}${host ? hostTarget(host) : ''}policies:${policies}`;
}

function databaseTarget(name: string, server: PostgresServer): string {
  return `  - name: ${name}
    protocol: postgres
    address: "${server.host}:${server.port}"
    database: "${server.database}"
    tls: { mode: verify-full, ca: ${JSON.stringify(server.ca)} }
    credential: { user: "${server.user}", password: { value: "${server.password}" } }
`;
}

function webTarget({
  host,
  port,
  credential = '{ bearer: { token: { value: target-token } } }',
}: NonNullable<TestApiOptions['web']>): string {
  return `  - name: web
    protocol: http
    url: "http://${host}:${port}"
    http: { hosts: [shop.test] }
    credential: ${credential}
`;
}

function clusterTarget({
  host,
  port,
  ca,
  credential = '{ bearer: { token: { value: target-token } } }',
}: NonNullable<TestApiOptions['cluster']>): string {
  const place =
    ca === undefined ? `"http://${host}:${port}"` : `"https://${host}:${port}"\n    tls: { ca: ${JSON.stringify(ca)} }`;
  return `  - name: prod
    protocol: kubernetes
    url: ${place}
    kubernetes: { impersonate: { user: "chaperone:{run}", groups: [ci] } }
    credential: ${credential}
`;
}

function hostTarget({ port, user, hostKey, clientKey }: SshServer): string {
  return `  - name: box
    protocol: ssh
    address: "127.0.0.1:${port}"
    ssh: { hostKeys: [${JSON.stringify(hostKey.line)}], hosts: [box.test] }
    credential: { user: ${user}, key: { value: ${JSON.stringify(clientKey.pem)} } }
`;
}

function mcpTarget({ host, port }: NonNullable<TestApiOptions['mcp']>): string {
  return `  - name: tracker
    protocol: mcp
    url: "http://${host}:${port}/mcp"
    credential: { none: true }
`;
}

function send(
  { method, url, ca }: { readonly method: string; readonly url: string; readonly ca: string },
  { auth, json, body, headers }: CallOptions,
): Promise<IncomingMessage> {
  const text = body?.text ?? (json === undefined ? '' : JSON.stringify(json));
  const type = body?.type ?? 'application/json';
  const all = {
    ...(text === '' ? {} : { 'content-type': type, 'content-length': Buffer.byteLength(text) }),
    ...(auth === undefined ? {} : { authorization: auth }),
    ...headers,
  };
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers: all, ca, agent: false }, resolve);
    sent.once('error', reject);
    sent.end(text);
  });
}

async function readAnswer(response: IncomingMessage): Promise<Answer> {
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) text += chunk as string;
  const type = response.headers['content-type'] ?? '';
  const isJson = type.includes('json') && !type.includes('jsonl');
  const json = isJson ? (JSON.parse(text) as Answer['json']) : {};
  return { status: response.statusCode ?? 0, headers: response.headers, text, json };
}

function readEvents(response: IncomingMessage): EventReader {
  // A gateway that stops cuts its streams.
  response.on('error', () => undefined);
  const events = parseEvents(response);
  return {
    status: response.statusCode ?? 0,
    async next(fits = () => true) {
      for (;;) {
        const { done, value } = await events.next();
        if (done) return undefined;
        if (fits(value)) return value;
      }
    },
    [Symbol.asyncDispose]: async () => {
      response.destroy();
      await events.return(undefined);
    },
  };
}

async function* parseEvents(response: IncomingMessage): AsyncGenerator<SentEvent, undefined> {
  let [event, id, data] = ['message', '', ''];
  for await (const line of createInterface({ input: response })) {
    if (line.startsWith('event: ')) event = line.slice(7);
    else if (line.startsWith('id: ')) id = line.slice(4);
    else if (line.startsWith('data: ')) data = line.slice(6);
    else if (line === '' && data !== '') {
      yield { event, id, data: JSON.parse(data) as SentEvent['data'] };
      [event, data] = ['message', ''];
    }
  }
  return undefined;
}
