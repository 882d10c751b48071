import { type LocalTarget, type RunContext, reachableTargets } from '../local-target.ts';
import { ownNames } from './own-names.ts';

/** Writes a file of the run, 0600, and says where it stands. */
export type WriteFile = (name: string, text: string) => Promise<string>;

/**
 * What PostgreSQL's clients expect: libpq's own variables for the first target of the grant, a service and a URL for each,
 * those too that people may give it. No name has KEY, TOKEN or SECRET in it, since some agents take such variables from their
 * tools.
 */
export async function postgresVariables(
  context: RunContext,
  write: WriteFile,
  inherited: Readonly<Record<string, string>>,
): Promise<Record<string, string>> {
  const databases = reachableTargets(context).filter(({ protocol }) => protocol === 'postgres');
  if (databases.length === 0) return {};
  const first = context.targets.find(({ protocol }) => protocol === 'postgres');
  const authority = databases.some(({ tls }) => tls === 'verify-full')
    ? await rootCertificate(context, write)
    : undefined;
  const services = databases.map((target) => service(target, authority));
  const files = {
    PGPASSFILE: await write('pgpass', databases.map(passwordLine).join('')),
    PGSERVICEFILE: await write('pg_service.conf', services.join('\n')),
  };
  const urls = ownNames('DATABASE_URL', databases).map(([name, target]) => [name, url(target, authority)]);
  return {
    // What a command was let have of its own stands until the run has a database.
    ...(first === undefined ? { ...files, ...own(inherited, Object.keys(files)) } : files),
    ...(first === undefined ? {} : defaults(first, authority, context)),
    ...Object.fromEntries(urls),
  };
}

function defaults(target: LocalTarget, authority: string | undefined, { runId }: RunContext): Record<string, string> {
  return {
    PGHOST: target.host,
    PGPORT: String(target.port),
    PGUSER: target.user,
    PGDATABASE: target.database,
    PGSSLMODE: sslMode(target),
    PGAPPNAME: `chaperone ${runId}`,
    ...(authority === undefined ? {} : { PGSSLROOTCERT: authority }),
    DATABASE_URL: url(target, authority),
  };
}

function own(inherited: Readonly<Record<string, string>>, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(Object.entries(inherited).filter(([name]) => names.includes(name)));
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
