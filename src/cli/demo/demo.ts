import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { stringify } from 'yaml';
import { Secret } from '../../model/secret.ts';
import type { CertificateAuthority } from '../start/certificates.ts';
import { startDemoApi } from './demo-api.ts';
import { DEMO_REPOSITORY, startDemoIssuer } from './demo-issuer.ts';
import { startEmbeddedPostgres } from './embedded-postgres.ts';
import { shopScript } from './shop-data.ts';

/** The demo's world: a database and an API to guard, a job to let in, and the issuer that vouches for it. Ends all of it. */
export interface Demo extends AsyncDisposable {
  /** What is applied to the gateway: issuer, trust, targets and starter policies. Holds the targets' secrets. */
  readonly files: readonly { readonly name: string; readonly text: string }[];
  /** For `gateway.json`: where a local command gets a token. */
  readonly tokens: { readonly requestUrl: string; readonly requestTokenFile: string };
}

export interface DemoOptions {
  readonly dataDirectory: string;
  readonly authority: CertificateAuthority;
  readonly nowMs: () => number;
  /** A port of loopback that nobody has at the moment. */
  readonly freePort?: () => Promise<number>;
}

export const DEMO_TARGET = 'demo';
export const DEMO_API_TARGET = 'demo-api';
/** The name by which clients know the shop's API; nobody has it (RFC 2606). */
export const DEMO_API_HOST = 'api.shop.example';
const DATABASE = 'shop';
const ROLE = 'shop_app';
const POLICIES = new URL('../../../examples/policies/demo.yaml', import.meta.url);

/** Columns of the shop that policies mask by class. */
const CLASSIFIED = [
  { column: 'public.customers.email', class: 'email' },
  { column: 'public.customers.phone', class: 'phone', mask: 'partial' },
  { column: 'public.customer_spend.email', class: 'email' },
  { column: 'public.payments.card', class: 'card', mask: 'partial' },
  { column: 'public.payments.iban', class: 'iban', mask: 'partial' },
  { column: 'public.staff.email', class: 'email' },
  { column: 'public.staff.salary', class: 'salary' },
] as const;

/** Starts PostgreSQL, the API and the issuer side by side. Loopback alone; every secret is of this start. */
export async function startDemo(options: DemoOptions): Promise<Demo> {
  const directory = join(options.dataDirectory, 'demo');
  await mkdir(directory, { recursive: true });
  // PostgreSQL runs as somebody else where root started us, and must get through to its own folder.
  await chmod(directory, process.getuid?.() === 0 ? 0o711 : 0o700);
  await using parts = new AsyncDisposableStack();
  const starting = [
    startDatabase(directory, options).then((started) => parts.use(started)),
    startIssuer(directory, options.nowMs).then((started) => parts.use(started)),
    startApi(options).then((started) => parts.use(started)),
    readFile(POLICIES, 'utf8'),
  ] as const;
  // What has started is ended where another part fails, so all of them settle first.
  await Promise.allSettled(starting);
  const [database, issuer, api, policies] = await Promise.all(starting);
  const running = parts.move();
  return {
    files: [
      {
        name: 'demo.yaml',
        text: declarations({ database, api, issuer: issuer.url, ca: options.authority.certificate }),
      },
      { name: 'examples/policies/demo.yaml', text: policies },
    ],
    tokens: { requestUrl: issuer.requestUrl, requestTokenFile: issuer.requestTokenFile },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

interface Database extends AsyncDisposable {
  readonly port: number;
  readonly password: Secret;
}

async function startDatabase(directory: string, { authority, freePort = aFreePort }: DemoOptions): Promise<Database> {
  const password = new Secret(randomBytes(24).toString('hex'));
  const tls = await authority.issue(['localhost', '127.0.0.1']);
  const mark = createHash('sha256').update(directory).digest('hex').slice(0, 12);
  const server = await startEmbeddedPostgres({
    directory: join(directory, 'postgres'),
    fallbackDirectory: join(tmpdir(), `chaperone-demo-${mark}`),
    freePort,
    role: ROLE,
    database: DATABASE,
    password,
    tls,
  });
  try {
    await loadShop(server.port, password, authority.certificate);
  } catch (cause) {
    await server[Symbol.asyncDispose]();
    throw cause;
  }
  return { port: server.port, password, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

/** Fills the database on its first start, in one transaction; later starts keep what was done to it. */
async function loadShop(port: number, password: Secret, ca: string): Promise<void> {
  const client = new pg.Client({
    host: '127.0.0.1',
    port,
    user: ROLE,
    password: password.reveal(),
    database: DATABASE,
    ssl: { ca },
  });
  await client.connect();
  try {
    const { rows } = await client.query<{ loaded: boolean }>("SELECT to_regclass('customers') IS NOT NULL AS loaded");
    if (!rows[0]?.loaded)
      await client.query(`BEGIN;${shopScript()}COMMIT;ANALYZE customers, orders, payments, staff, tickets`);
  } finally {
    await client.end();
  }
}

async function startApi({ authority, nowMs }: DemoOptions) {
  const token = new Secret(randomBytes(24).toString('base64url'));
  const api = await startDemoApi({ token, tls: await authority.issue(['localhost', '127.0.0.1']), nowMs });
  return { ...api, token };
}

async function startIssuer(directory: string, nowMs: () => number) {
  const requestToken = randomBytes(32).toString('base64url');
  const requestTokenFile = join(directory, 'issuer-request-token');
  await writeFile(requestTokenFile, `${requestToken}\n`, { mode: 0o600 });
  const issuer = await startDemoIssuer({ port: 0, requestToken, nowMs, randomId: randomUUID });
  return { ...issuer, requestTokenFile };
}

interface World {
  readonly database: Database;
  readonly api: { readonly port: number; readonly token: Secret };
  readonly issuer: string;
  readonly ca: string;
}

function declarations({ database, api, issuer, ca }: World): string {
  return stringify({
    issuers: [{ name: 'demo', kind: 'github', issuer, insecureLoopback: true, demo: true }],
    trust: [
      {
        name: 'demo-storefront',
        issuer: 'demo',
        claims: {
          sourceRepositoryId: DEMO_REPOSITORY.repositoryId,
          sourceOwnerId: DEMO_REPOSITORY.ownerId,
          sourceRef: 'refs/heads/main',
        },
        targets: [DEMO_TARGET, DEMO_API_TARGET],
      },
    ],
    targets: [
      {
        name: DEMO_TARGET,
        protocol: 'postgres',
        address: `127.0.0.1:${database.port}`,
        database: DATABASE,
        tls: { mode: 'verify-full', ca },
        credential: { user: ROLE, password: { value: database.password.reveal() } },
        labels: { environment: 'demo' },
        classified: CLASSIFIED,
      },
      {
        name: DEMO_API_TARGET,
        protocol: 'http',
        url: `https://127.0.0.1:${api.port}`,
        http: { hosts: [DEMO_API_HOST] },
        tls: { mode: 'verify-full', ca },
        credential: { bearer: { token: { value: api.token.reveal() } } },
        labels: { environment: 'demo' },
      },
    ],
  });
}

async function aFreePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new RangeError('no port');
  return address.port;
}
