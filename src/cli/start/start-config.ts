import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { type LoginConfig, loginSchema } from '../../identity/login-config.ts';
import { Secret } from '../../model/secret.ts';
import type { RecordMode } from '../../model/target.ts';
import { CliError, EXIT } from '../cli-error.ts';
import { isLoopback } from '../gateway-file.ts';
import type { KeyPairPem } from './certificates.ts';
import { type EvidenceConfig, evidenceSchema, readEvidenceConfig } from './evidence-config.ts';
import { type LogConfig, logSchema, readLogConfig } from './log-config.ts';
import { readLogin } from './read-login.ts';
import { readTraceConfig, type TraceConfig, tracesSchema } from './trace-config.ts';

/** Where a server listens. Port 0 takes any free one. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** What `start` was told, with every default filled in and every file read. */
export interface StartConfig {
  readonly kind: 'configured' | 'demo';
  /** Absolute. */
  readonly dataDirectory: string;
  /** The shared store; the embedded one where absent. */
  readonly databaseUrl?: Secret;
  readonly api: Address;
  readonly postgres: Address;
  /** No HTTP port where absent. */
  readonly http?: Address;
  /** No SSH port where absent: hosts are reached by what is carried. */
  readonly ssh?: Address;
  /** Where clients reach the SSH port; as it listens where absent. */
  readonly publicSsh?: Address;
  /** False where the gateway has no MCP server of its own. */
  readonly ownMcp?: false;
  /** True where a taken port may be replaced by the next free one: nobody chose it. */
  readonly portsMayMove: boolean;
  /** Where clients reach the API; derived from the address where absent. */
  readonly publicUrl?: string;
  /** Where clients reach the PostgreSQL port; as it listens where absent. */
  readonly publicPostgres?: Address;
  /** Where clients reach the HTTP port; as it listens where absent. A target's own host is a label before its name. */
  readonly publicHttp?: Address;
  /** The audience of CI tokens; the public URL where absent. */
  readonly audience?: string;
  /** For the API and the PostgreSQL port; issued by our own authority where absent. */
  readonly tls?: KeyPairPem;
  /** PEM of the authority behind `tls` that clients are handed; a public one where absent. */
  readonly tlsAuthority?: string;
  readonly recordMode?: RecordMode;
  /** Where exports of kind `file` write; below the data directory where absent. */
  readonly exportDirectory?: string;
  /** How people log in; operator tokens and one-time links alone where absent. */
  readonly login?: LoginConfig;
  /** Where traces go; nowhere where absent. */
  readonly traces?: TraceConfig;
  /** What goes with the evidence of runs; nothing beside what the gateway has where absent. */
  readonly evidence?: EvidenceConfig;
  /** Who witnesses the log, and where its key is; nobody, and a file, where absent. */
  readonly log?: LogConfig;
  /** Of the configuration file: what names in it are beside of. */
  readonly directory?: string;
}

export interface StartOptions {
  readonly demo?: boolean;
  readonly config?: string;
  readonly listen?: string;
  readonly postgresListen?: string;
  readonly httpListen?: string;
  readonly sshListen?: string;
  readonly dataDir?: string;
}

export const DEFAULT_API_PORT = 7420;
export const DEFAULT_POSTGRES_PORT = 7432;
export const DEFAULT_HTTP_PORT = 7480;

const addressSchema = z.string().transform((text, context) => {
  const address = parseAddress(text);
  if (address) return address;
  context.addIssue({ code: 'custom', message: `"${text}" is not HOST:PORT` });
  return z.NEVER;
});

/** The file that `--config` or CHAPERONE_CONFIG names, in YAML; docs/reference/configuration.md explains each key. */
const fileSchema = z.strictObject({
  dataDirectory: z.string().optional(),
  exportDirectory: z.string().optional(),
  publicUrl: z.url({ protocol: /^https?$/ }).optional(),
  audience: z.string().min(1).optional(),
  listen: addressSchema.optional(),
  postgres: z.strictObject({ listen: addressSchema.optional(), public: addressSchema.optional() }).optional(),
  http: z.strictObject({ listen: addressSchema.optional(), public: addressSchema.optional() }).optional(),
  ssh: z.strictObject({ listen: addressSchema.optional(), public: addressSchema.optional() }).optional(),
  mcp: z.strictObject({ own: z.boolean().optional() }).optional(),
  tls: z.strictObject({ certificate: z.string(), key: z.string(), authority: z.string().optional() }).optional(),
  record: z.enum(['strict', 'batched']).optional(),
  login: loginSchema.optional(),
  evidence: evidenceSchema.optional(),
  traces: tracesSchema.optional(),
  log: logSchema.optional(),
});

type ConfigFile = z.infer<typeof fileSchema>;

/** Flags over CHAPERONE_* over the file over defaults. Throws a `CliError` that names what is wrong, and where. */
export function readStartConfig(options: StartOptions, env: NodeJS.ProcessEnv): StartConfig {
  const path = options.config ?? env['CHAPERONE_CONFIG'];
  const file = path === undefined ? {} : readFile(path);
  const databaseUrl = env['CHAPERONE_DATABASE_URL'];
  if (options.demo) refuseDemo(path, databaseUrl);
  const api = address(options.listen ?? env['CHAPERONE_LISTEN'], 'listen') ?? file.listen;
  const postgres =
    address(options.postgresListen ?? env['CHAPERONE_POSTGRES_LISTEN'], 'postgres') ?? file.postgres?.listen;
  const publicPostgres = address(env['CHAPERONE_PUBLIC_POSTGRES'], 'public postgres') ?? file.postgres?.public;
  const http = address(options.httpListen ?? env['CHAPERONE_HTTP_LISTEN'], 'http') ?? file.http?.listen;
  const publicHttp = address(env['CHAPERONE_PUBLIC_HTTP'], 'public http') ?? file.http?.public;
  const ssh = address(options.sshListen ?? env['CHAPERONE_SSH_LISTEN'], 'ssh') ?? file.ssh?.listen;
  const publicSsh = address(env['CHAPERONE_PUBLIC_SSH'], 'public ssh') ?? file.ssh?.public;
  const portsMayMove = Boolean(options.demo) && api === undefined && postgres === undefined && http === undefined;
  const publicUrl = env['CHAPERONE_PUBLIC_URL'] ?? file.publicUrl;
  const audience = env['CHAPERONE_AUDIENCE'] ?? file.audience;
  const exportDirectory = env['CHAPERONE_EXPORT_DIR'] ?? file.exportDirectory;
  const tls = readTls(env, file, path);
  const recordMode =
    z.enum(['strict', 'batched']).optional().catch(unknownMode).parse(env['CHAPERONE_RECORD']) ?? file.record;
  const config: StartConfig = {
    kind: options.demo ? 'demo' : 'configured',
    dataDirectory: resolve(options.dataDir ?? env['CHAPERONE_DATA_DIR'] ?? file.dataDirectory ?? '.chaperone'),
    api: api ?? { host: '127.0.0.1', port: DEFAULT_API_PORT },
    postgres: postgres ?? { host: '127.0.0.1', port: DEFAULT_POSTGRES_PORT },
    portsMayMove,
    ...(http ? { http } : portsMayMove ? { http: { host: '127.0.0.1', port: DEFAULT_HTTP_PORT } } : {}),
    ...(publicHttp ? { publicHttp } : {}),
    ...(ssh ? { ssh } : {}),
    ...(publicSsh ? { publicSsh } : {}),
    ...(file.mcp?.own === false ? { ownMcp: false } : {}),
    ...(databaseUrl ? { databaseUrl: new Secret(databaseUrl) } : {}),
    ...(publicUrl ? { publicUrl: publicUrl.replace(/\/$/, '') } : {}),
    ...(publicPostgres ? { publicPostgres } : {}),
    ...(audience ? { audience } : {}),
    ...(exportDirectory ? { exportDirectory: resolve(exportDirectory) } : {}),
    ...tls,
    ...(recordMode ? { recordMode } : {}),
    ...readLogin(env, file.login, path),
    ...readLog(file, path),
    ...readEvidence(file, path),
    ...readTraces(file, env, path),
  };
  checkReach(config);
  return config;
}

/** A demo trusts an issuer that vouches for nothing: it must never become, or stand beside, the real thing. */
function refuseDemo(configFile: string | undefined, databaseUrl: string | undefined): void {
  const given =
    configFile !== undefined
      ? `a configuration file (${configFile})`
      : databaseUrl
        ? 'CHAPERONE_DATABASE_URL'
        : undefined;
  if (given === undefined) return;
  throw new CliError(EXIT.config, `--demo does not go with ${given}`, {
    hint: 'The demo trusts an issuer that vouches for nothing, so a configured deployment never starts it. Leave out one of the two.',
  });
}

function checkReach(config: StartConfig): void {
  const { api, postgres, http, ssh } = config;
  const listening = [api, postgres, http, ssh].filter((one) => one !== undefined);
  const outside = listening.find(({ host }) => !isLoopback(host));
  if (!outside) return;
  if (config.kind === 'demo') {
    throw new CliError(EXIT.config, `the demo listens on loopback alone, not on ${outside.host}`);
  }
  if (!config.publicUrl) {
    throw new CliError(EXIT.config, `listening on ${outside.host} needs a public URL`, {
      hint: 'Put where clients reach the gateway into CHAPERONE_PUBLIC_URL, such as https://gateway.example.com',
    });
  }
}

function readFile(path: string): ConfigFile {
  const parsed = fileSchema.safeParse(parseYaml(readText(path)) ?? {});
  if (!parsed.success)
    throw new CliError(EXIT.config, `${path} is not a valid configuration\n${z.prettifyError(parsed.error)}`);
  const { data } = parsed;
  return data.dataDirectory ? { ...data, dataDirectory: resolve(dirname(path), data.dataDirectory) } : data;
}

function readTls(
  env: NodeJS.ProcessEnv,
  file: ConfigFile,
  path: string | undefined,
): Pick<StartConfig, 'tls' | 'tlsAuthority'> {
  const certificate = env['CHAPERONE_TLS_CERT_FILE'];
  const key = env['CHAPERONE_TLS_KEY_FILE'];
  const authority = env['CHAPERONE_TLS_CA_FILE'];
  const withAuthority = (text: string | undefined) => (text ? { tlsAuthority: text } : {});
  if (certificate && key) {
    const tls = { certificate: readText(certificate), key: readText(key) };
    return { tls, ...withAuthority(authority && readText(authority)) };
  }
  if (certificate || key) {
    throw new CliError(EXIT.config, 'CHAPERONE_TLS_CERT_FILE and CHAPERONE_TLS_KEY_FILE go together; one is missing');
  }
  if (!file.tls || path === undefined) return {};
  const beside = (name: string) => readText(resolve(dirname(path), name));
  return {
    tls: { certificate: beside(file.tls.certificate), key: beside(file.tls.key) },
    ...withAuthority(file.tls.authority && beside(file.tls.authority)),
  };
}

function readTraces(
  { traces }: ConfigFile,
  env: NodeJS.ProcessEnv,
  path: string | undefined,
): Pick<StartConfig, 'traces'> {
  const beside = (name: string) => readText(path === undefined ? name : resolve(dirname(path), name));
  const config = readTraceConfig(traces, env, beside);
  return config === undefined ? {} : { traces: config };
}

function readLog({ log }: ConfigFile, path: string | undefined): Pick<StartConfig, 'log' | 'directory'> {
  if (path === undefined) return {};
  const directory = resolve(dirname(path));
  return { directory, log: readLogConfig(log, (name) => readText(resolve(directory, name))) };
}

function readEvidence({ evidence }: ConfigFile, path: string | undefined): Pick<StartConfig, 'evidence'> {
  if (evidence === undefined || path === undefined) return {};
  return { evidence: readEvidenceConfig(evidence, (name) => readText(resolve(dirname(path), name))) };
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new CliError(EXIT.config, `${path} cannot be read: ${(cause as Error).message}`, { cause });
  }
}

function address(text: string | undefined, what: string): Address | undefined {
  if (text === undefined || text === '') return undefined;
  const parsed = parseAddress(text);
  if (parsed) return parsed;
  throw new CliError(
    EXIT.config,
    `"${text}" is not an address to ${what === 'listen' ? 'listen on' : `use as ${what}`}`,
    {
      hint: 'Write HOST:PORT, such as 0.0.0.0:7420 or [::1]:7420',
    },
  );
}

function parseAddress(text: string): Address | undefined {
  const [, bracketed, plain, digits] = /^(?:\[([0-9a-f:.]+)\]|([^:[\]\s]+)):(\d{1,5})$/i.exec(text) ?? [];
  const [host, port] = [bracketed ?? plain, Number(digits)];
  return host !== undefined && port <= 65535 ? { host, port } : undefined;
}

function unknownMode({ input }: { readonly input: unknown }): never {
  throw new CliError(EXIT.config, `CHAPERONE_RECORD is "${String(input)}"`, { hint: 'It is `strict` or `batched`.' });
}
