import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LentGrant, LentTarget } from '../../grant-request.ts';
import { isMinting } from './minting-variables.ts';

export interface ClientEnvironment extends AsyncDisposable {
  readonly env: NodeJS.ProcessEnv;
  /** A folder of this run alone, 0700, gone when the run ends. */
  readonly directory: string;
}

/** Variables of libpq that would lead around the gateway or contradict what is injected (manual, 32.15). */
const REPLACED =
  /^(DATABASE_URL(_\w+)?|PG(HOST|HOSTADDR|PORT|USER|PASSWORD|PASSFILE|DATABASE|SERVICE|SERVICEFILE|APPNAME|SSL\w+|CHANNELBINDING|REQUIREAUTH|GSS\w+|KRBSRVNAME))$/;

/**
 * What a command that `run` starts gets to see: the caller's environment without the variables that mint tokens, and
 * with what PostgreSQL's clients expect. The grant's secret stands in a file that libpq reads and in DATABASE_URL.
 */
export async function clientEnvironment(grant: LentGrant, base: NodeJS.ProcessEnv): Promise<ClientEnvironment> {
  const directory = await mkdtemp(join(tmpdir(), 'chaperone-run-'));
  const write = async (name: string, text: string) => {
    const path = join(directory, name);
    await writeFile(path, text, { mode: 0o600, flag: 'wx' });
    return path;
  };
  const databases = grant.targets.filter((target) => target.protocol === 'postgres');
  const authority = grant.certificateAuthority ? await write('gateway-ca.crt', grant.certificateAuthority) : 'system';
  const files = {
    PGPASSFILE: await write('pgpass', databases.map((target) => passwordLine(target, grant)).join('')),
    PGSERVICEFILE: await write(
      'pg_service.conf',
      databases.map((target) => service(target, grant, authority)).join('\n'),
    ),
    PGSSLROOTCERT: authority,
  };
  const [first] = databases;
  const env = {
    ...inherited(base),
    ...(first ? { ...files, ...libpq(first, grant) } : {}),
    ...Object.fromEntries(databases.flatMap((target) => urls(target, grant, authority, target === first))),
    CHAPERONE_RUN_ID: grant.run,
    CHAPERONE_RUN_URL: grant.runUrl,
  };
  return { env, directory, [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }) };
}

function inherited(base: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = Object.entries(base).filter(([name, value]) => !REPLACED.test(name) && !isMinting(name, value ?? ''));
  return Object.fromEntries(kept);
}

function libpq(target: LentTarget, grant: LentGrant): NodeJS.ProcessEnv {
  return {
    PGHOST: target.host,
    PGPORT: String(target.port),
    PGUSER: grant.id,
    PGDATABASE: target.name,
    PGSSLMODE: 'verify-full',
    PGAPPNAME: `chaperone ${grant.run}`,
  };
}

/** `DATABASE_URL` for the first target, `DATABASE_URL_<NAME>` for each. */
function urls(
  target: LentTarget,
  grant: LentGrant,
  authority: string,
  first: boolean,
): readonly (readonly [string, string])[] {
  const url = new URL(`postgresql://${target.host}:${target.port}/${encodeURIComponent(target.name)}`);
  url.username = grant.id;
  url.password = grant.secret.reveal();
  url.searchParams.set('sslmode', 'verify-full');
  if (authority !== 'system') url.searchParams.set('sslrootcert', authority);
  const own = [`DATABASE_URL_${target.name.toUpperCase().replace(/\W/g, '_')}`, url.href] as const;
  return first ? [['DATABASE_URL', url.href], own] : [own];
}

/** `psql service=NAME` reaches any of the run's targets (manual, 32.17). */
function service(target: LentTarget, grant: LentGrant, authority: string): string {
  const lines = [`host=${target.host}`, `port=${target.port}`, `dbname=${target.name}`, `user=${grant.id}`];
  return [`[${target.name}]`, ...lines, 'sslmode=verify-full', `sslrootcert=${authority}`, ''].join('\n');
}

/** `hostname:port:database:username:password`, a colon or backslash escaped (manual, 32.16). */
function passwordLine(target: LentTarget, grant: LentGrant): string {
  const fields = [target.host, String(target.port), target.name, grant.id, grant.secret.reveal()];
  return `${fields.map((field) => field.replace(/[\\:]/g, '\\$&')).join(':')}\n`;
}
