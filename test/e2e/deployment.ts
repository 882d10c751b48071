/** A configured deployment around real parts: PostgreSQL as store and as target, an issuer of GitHub's token shape. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { githubClaims } from '../support/ci-claims.ts';
import { type PostgresServer, startPostgres } from '../support/postgres-server.ts';
import { startTokenIssuer, type TokenIssuer } from '../support/token-issuer.ts';
import { environment, makeDataDirectory, type StartedProgram, startConfigured } from './program.ts';

export const AUDIENCE = 'https://gateway.test';
export const REQUEST_TOKEN = 'what-the-runner-was-given';

export interface DeploymentOptions {
  readonly credential: string;
  readonly tls: string;
  readonly server?: Parameters<typeof startPostgres>[0];
}

export interface Deployment extends AsyncDisposable {
  /** Both the store (database `control`) and the target (database `postgres`). */
  readonly server: PostgresServer;
  readonly issuer: TokenIssuer;
  /** Targets, trust and policies, a file each. */
  readonly configuration: string;
  /** What every gateway of it has in its environment. */
  readonly env: NodeJS.ProcessEnv;
  /** Starts a gateway on a data directory of its own. */
  gateway(more?: NodeJS.ProcessEnv, dataDirectory?: string): Promise<StartedProgram>;
  /** The environment of a GitHub Actions job whose runner offers OIDC tokens, at this gateway. */
  job(gateway: StartedProgram): NodeJS.ProcessEnv;
  /** A job's token, as the runner would fetch it. */
  token(claims?: Readonly<Record<string, unknown>>): Promise<string>;
}

const SCHEMA = `
  create database control;
  create table people (id int primary key, name text not null, email text not null);
  insert into people values (1, 'Ada', 'ada@example.com'), (2, 'Ben', 'ben@example.org');
`;

export async function makeDeployment(
  describe: (server: PostgresServer) => Omit<DeploymentOptions, 'server'>,
  server?: DeploymentOptions['server'],
): Promise<Deployment> {
  await using parts = new AsyncDisposableStack();
  const postgres = parts.use(await startPostgres({ tls: true, ...server }));
  for (const statement of SCHEMA.split(';').filter((text) => text.trim() !== '')) await postgres.query(statement);
  const issuer = parts.use(await startTokenIssuer());
  const token: Deployment['token'] = (claims = {}) =>
    issuer.sign({
      ...githubClaims({ iss: issuer.url, aud: AUDIENCE, nowSeconds: Math.floor(Date.now() / 1000) }),
      ...claims,
    });
  const actions = parts.adopt(await startActionsStandIn(token), (server) => void server.close());
  const directory = parts.adopt(await mkdtemp(join(tmpdir(), 'chaperone-deployment-')), (path) =>
    rm(path, { recursive: true, force: true }),
  );
  const configuration = join(directory, 'configuration');
  await mkdir(configuration);
  for (const [name, text] of Object.entries(files(postgres, issuer.url, describe(postgres)))) {
    await writeFile(join(configuration, name), text);
  }
  const env = {
    CHAPERONE_DATABASE_URL: `postgres://postgres:${postgres.password}@127.0.0.1:${postgres.port}/control`,
    CHAPERONE_AUDIENCE: AUDIENCE,
  };
  const requestUrl = `http://127.0.0.1:${(actions.address() as AddressInfo).port}/token?api-version=2.0`;
  const running = parts.move();
  return {
    server: postgres,
    issuer,
    configuration,
    env,
    token,
    gateway: async (more = {}, dataDirectory) =>
      startConfigured(dataDirectory ?? (await makeDataDirectory()), { ...env, ...more }),
    job: (gateway) => {
      const { CHAPERONE_DATA_DIR: _, ...base } = environment('');
      return {
        ...base,
        GITHUB_ACTIONS: 'true',
        ACTIONS_ID_TOKEN_REQUEST_URL: requestUrl,
        ACTIONS_ID_TOKEN_REQUEST_TOKEN: REQUEST_TOKEN,
        CHAPERONE_URL: gateway.ready.url,
        CHAPERONE_CA_FILE: join(gateway.dataDirectory, 'tls', 'ca.crt'),
      };
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

/** A stand-in for the endpoint of GitHub's runner that mints tokens: GET with a bearer token and an audience. */
async function startActionsStandIn(token: Deployment['token']): Promise<Server> {
  const server = createServer((request, response) => {
    const audience = new URL(request.url ?? '', 'http://runner').searchParams.get('audience');
    if (request.headers.authorization !== `Bearer ${REQUEST_TOKEN}` || audience === null) {
      response.writeHead(401).end();
      return;
    }
    void token({ aud: audience }).then((value) => response.end(JSON.stringify({ value, count: value.length })));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

function files(
  { port }: PostgresServer,
  issuer: string,
  { credential, tls }: Omit<DeploymentOptions, 'server'>,
): Readonly<Record<string, string>> {
  return {
    'targets.yaml': `
targets:
  - name: people
    protocol: postgres
    address: 127.0.0.1:${port}
    database: postgres
    tls: ${tls}
    credential: ${credential}
    classified:
      - { column: public.people.email, class: email }
`,
    'trust.yaml': `
issuers:
  - { name: github, kind: github, issuer: "${issuer}", insecureLoopback: true }
trust:
  - name: shop-main
    issuer: github
    claims: { sourceRepositoryId: "74", sourceRef: refs/heads/main }
    targets: [people]
`,
    'policies.yaml': `
policies:
  - name: reads are masked
    principals: { run.sourceRepositoryId: "74" }
    targets: [people]
    operations: [read, session, transaction]
    effect: permit
    mask: [email]
  - name: sleep
    principals: { run.sourceRepositoryId: "74" }
    targets: [people]
    operations: [function]
    functions: [pg_sleep]
    effect: permit
  - name: nothing is dropped
    principals: any
    targets: any
    operations: [drop]
    effect: deny
    reason: Nothing is dropped here.
`,
  };
}
