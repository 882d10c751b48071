import { chmod, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { GATEWAY_FILE, type GatewayFile } from '../gateway-file.ts';
import type { Output } from '../output.ts';
import { isInstalled } from '../target-client.ts';
import type { FirstLoginLink } from './first-login-link.ts';

export interface Started {
  readonly demo: boolean;
  readonly dataDirectory: string;
  readonly url: string;
  readonly postgres: { readonly host: string; readonly port: number };
  readonly http?: { readonly host: string; readonly port: number };
  readonly ssh?: { readonly host: string; readonly port: number };
  /** Said where a port that nobody chose was taken: `7420 was taken`. */
  readonly moved: readonly string[];
  readonly targets: number;
  /** Where the local administrator's token is, where this gateway has one. */
  readonly adminTokenFile?: string;
  /** The one-time link of the first administrator, where one was made. */
  readonly firstLogin?: FirstLoginLink;
}

/** Writes `gateway.json`, 0600: how this machine's own commands find the gateway. Returns its path. */
export async function writeGatewayFile(dataDirectory: string, file: GatewayFile): Promise<string> {
  const path = join(dataDirectory, GATEWAY_FILE);
  await writeFile(path, `${JSON.stringify(file, undefined, 2)}\n`, { mode: 0o600 });
  await chmod(path, 0o600);
  return path;
}

/** What a person reads once the gateway listens: a few lines, and what to paste next. */
export function announce(started: Started, env: NodeJS.ProcessEnv, output: Output): void {
  if (output.json) {
    const { demo, url, postgres, http, ssh, dataDirectory, adminTokenFile, firstLogin } = started;
    const told = { ready: true, demo, url, postgres, http, ssh, dataDirectory, adminTokenFile, firstLogin };
    return output.writeJson({ ...told, pid: process.pid });
  }
  const { paint } = output;
  const at = (host: string, port: number) => `${host}:${port}`;
  const http = started.http === undefined ? '' : ` · HTTP ${at(started.http.host, started.http.port)}`;
  const ssh = started.ssh === undefined ? '' : ` · SSH ${at(started.ssh.host, started.ssh.port)}`;
  const head = started.demo ? `${paint('bold', 'Chaperone')} ${paint('yellow', 'demo')}` : paint('bold', 'Chaperone');
  const lines = [
    `${head}  API ${started.url} · PostgreSQL ${at(started.postgres.host, started.postgres.port)}${http}${ssh}`,
    ...started.moved.map((what) => paint('dim', what)),
    ...(started.demo ? demoLines(started, env, paint) : configuredLines(started, paint)),
  ];
  output.write(`${lines.join('\n')}\n`);
}

function demoLines(
  { dataDirectory, firstLogin }: Started,
  env: NodeJS.ProcessEnv,
  paint: Output['paint'],
): readonly string[] {
  const query = '"select name, email from customers limit 3"';
  const client = isInstalled('psql', env) ? `psql -c ${query}` : `npx chaperone sql ${query}`;
  const elsewhere =
    relative(process.cwd(), dataDirectory) === '.chaperone' ? '' : `CHAPERONE_DATA_DIR=${dataDirectory} `;
  return [
    paint(
      'dim',
      'A made-up shop and its API behind it, and a made-up CI job to let in. Trust nothing of it with real data.',
    ),
    '',
    'In another terminal:',
    `  ${paint('cyan', `${elsewhere}npx chaperone run --target demo -- ${client}`)}`,
    ...(isInstalled('curl', env)
      ? [`  ${paint('cyan', `${elsewhere}npx chaperone run --target demo-api -- ${ASK_API}`)}`]
      : []),
    `  ${paint('cyan', `${elsewhere}npx chaperone replay last`)}`,
    '',
    ...(firstLogin ? ['In a browser, once:', `  ${paint('cyan', firstLogin.url)}`, ''] : []),
    paint('dim', 'Ctrl-C ends it.'),
  ];
}

const ASK_API = 'curl -s https://api.shop.example/customers/1';

function configuredLines({ targets, adminTokenFile, firstLogin }: Started, paint: Output['paint']): readonly string[] {
  const known = targets === 1 ? '1 target.' : `${targets} targets.`;
  const next = targets === 0 ? 'There are no targets yet: declare one, and `chaperone apply` it.' : known;
  const token =
    adminTokenFile === undefined
      ? 'No operator token is kept here: give commands one with CHAPERONE_TOKEN_FILE.'
      : `The administrator's token is in ${adminTokenFile}; commands beside it use it.`;
  if (firstLogin === undefined) return [paint('dim', next), paint('dim', token)];
  const first =
    'Nobody who can log in is an administrator yet. Whoever opens this becomes one; it is good once, for an hour:';
  return [paint('dim', next), paint('dim', token), first, `  ${paint('cyan', firstLogin.url)}`];
}
