import type { LocalTarget, RunContext } from '../local-target.ts';
import { ownNames } from './own-names.ts';

/** Writes a file of the run, 0600, and says where it stands. */
export type WriteFile = (name: string, text: string) => Promise<string>;

/**
 * What PostgreSQL's clients expect: libpq's own variables for the first target, a service and a URL for each. No name
 * has KEY, TOKEN or SECRET in it, since some agents take such variables from their tools.
 */
export async function postgresVariables(context: RunContext, write: WriteFile): Promise<Record<string, string>> {
  const databases = context.targets.filter(({ protocol }) => protocol === 'postgres');
  const [first] = databases;
  if (first === undefined) return {};
  const authority = databases.some(({ tls }) => tls === 'verify-full')
    ? await rootCertificate(context, write)
    : undefined;
  const services = databases.map((target) => service(target, authority));
  return {
    PGHOST: first.host,
    PGPORT: String(first.port),
    PGUSER: first.user,
    PGDATABASE: first.database,
    PGSSLMODE: sslMode(first),
    PGAPPNAME: `chaperone ${context.runId}`,
    PGPASSFILE: await write('pgpass', databases.map(passwordLine).join('')),
    PGSERVICEFILE: await write('pg_service.conf', services.join('\n')),
    ...(authority === undefined ? {} : { PGSSLROOTCERT: authority }),
    DATABASE_URL: url(first, authority),
    ...Object.fromEntries(ownNames('DATABASE_URL', databases).map(([name, target]) => [name, url(target, authority)])),
  };
}

async function rootCertificate(context: RunContext, write: WriteFile): Promise<string> {
  return context.certificateAuthority === undefined ? 'system' : write('gateway-ca.crt', context.certificateAuthority);
}

function sslMode({ tls }: LocalTarget): string {
  return tls === 'none' ? 'disable' : 'verify-full';
}

function url(target: LocalTarget, authority: string | undefined): string {
  const host = target.host.includes(':') ? `[${target.host}]` : target.host;
  const address = new URL(`postgresql://${host}:${target.port}/${encodeURIComponent(target.database)}`);
  address.username = target.user;
  address.password = target.password.reveal();
  address.searchParams.set('sslmode', sslMode(target));
  if (target.tls === 'verify-full' && authority !== undefined && authority !== 'system') {
    address.searchParams.set('sslrootcert', authority);
  }
  return address.href;
}

/** `psql service=NAME` reaches any of the run's targets (manual, 32.17). */
function service(target: LocalTarget, authority: string | undefined): string {
  const lines = [`host=${target.host}`, `port=${target.port}`, `dbname=${target.database}`, `user=${target.user}`];
  const root = target.tls === 'verify-full' && authority !== undefined ? [`sslrootcert=${authority}`] : [];
  return [`[${target.name}]`, ...lines, `sslmode=${sslMode(target)}`, ...root, ''].join('\n');
}

/** `hostname:port:database:username:password`, a colon or backslash escaped (manual, 32.16); a socket goes by its folder. */
function passwordLine({ host, port, socketDirectory, database, user, password }: LocalTarget): string {
  const places = [[host, String(port)], ...(socketDirectory === undefined ? [] : [[socketDirectory, '5432']])];
  const lines = places.map((place) => [...place, database, user, password.reveal()]);
  return lines.map((fields) => `${fields.map((field) => field.replace(/[\\:]/g, '\\$&')).join(':')}\n`).join('');
}
