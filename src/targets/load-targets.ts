import type { z } from 'zod';
import type { Declared, Loaded, Problem } from '../model/declaration.ts';
import type { TargetName } from '../model/ids.ts';
import { LIMITS } from '../model/limits.ts';
import { OWN_NAME } from '../model/own-target.ts';
import type { ClassifiedColumn, MaskKind, Target, TlsSettings } from '../model/target.ts';
import type { CredentialDeclaration } from './credential.ts';
import { problemOfGrpc } from './http-descriptors.ts';
import { documentOf } from './http-document.ts';
import { type HttpPlace, httpOf, placeOf, withSigning } from './http-target.ts';
import { classesOfCluster, kubernetesOf } from './kubernetes-target.ts';
import { isStarted, mcpOf, RUN_PLACE, STDIO_PLACE, transportOf } from './mcp-target.ts';
import { sshOf } from './ssh-target.ts';
import {
  type DatabaseTarget,
  databaseTargetSchema,
  type HttpTargetDeclaration,
  httpTargetSchema,
  type KubernetesTargetDeclaration,
  kubernetesTargetSchema,
  type McpTargetDeclaration,
  mcpTargetSchema,
  type SshTargetDeclaration,
  sshTargetSchema,
} from './target-schema.ts';

/** A target and how to log in to it, as declared. */
export interface DeclaredTarget {
  readonly target: Target;
  readonly credential: CredentialDeclaration;
}

/** The protocols of which targets can be declared. */
export const TARGET_PROTOCOLS: readonly string[] = ['http', 'kubernetes', 'mcp', 'postgres', 'ssh'];

const REFERENCE = 'See docs/reference/targets.md.';
const DEFAULT_PORTS: Readonly<Record<string, number>> = { postgres: 5432, ssh: 22 };

/** What is wrong, and at which step of the declaration. */
interface Mistake {
  readonly path: readonly (string | number)[];
  readonly message: string;
  readonly advice?: string;
}

/** Reads `targets:`. `protocols` are the names of those that this gateway speaks. Messages never show a secret. */
export function loadTargets(declared: readonly Declared[], protocols: readonly string[]): Loaded<DeclaredTarget> {
  const problems: Problem[] = [];
  const items: DeclaredTarget[] = [];
  const names = new Set<string>();
  const hosts = new Map<string, string>();
  for (const source of declared) {
    const found = readTarget(source.value, protocols);
    const mistakes = 'target' in found ? takenNames(found.target, names, hosts) : found;
    if ('target' in found) items.push(found);
    for (const { path, message, advice = REFERENCE } of mistakes) {
      problems.push({ file: source.file, line: source.line(path), message, advice });
    }
  }
  return { items: problems.length > 0 ? [] : items, problems };
}

function readTarget(value: unknown, protocols: readonly string[]): DeclaredTarget | readonly Mistake[] {
  const protocol = typeof value === 'object' && value !== null && 'protocol' in value ? value.protocol : undefined;
  if (protocol === 'http') return readAs(httpTargetSchema, value, protocols, httpTarget);
  if (protocol === 'mcp') return readAs(mcpTargetSchema, value, protocols, mcpTarget);
  if (protocol === 'kubernetes') return readAs(kubernetesTargetSchema, value, protocols, kubernetesTarget);
  if (protocol === 'ssh') return readAs(sshTargetSchema, value, protocols, sshTarget);
  return readAs(databaseTargetSchema, value, protocols, databaseTarget);
}

function readAs<Item extends { readonly protocol: string }>(
  schema: z.ZodType<Item>,
  value: unknown,
  protocols: readonly string[],
  make: (item: Item) => DeclaredTarget | readonly Mistake[],
): DeclaredTarget | readonly Mistake[] {
  const read = schema.safeParse(value);
  if (!read.success) {
    return read.error.issues.map(({ path, message }) => {
      const steps = path.map((step) => (typeof step === 'number' ? step : String(step)));
      return { path: steps, message: `${steps.length === 0 ? 'target' : steps.join('.')}: ${message}` };
    });
  }
  const { protocol } = read.data;
  if (protocols.includes(protocol)) return make(read.data);
  const message = `the protocol ${protocol} is not spoken here`;
  return [{ path: ['protocol'], message, advice: `Use one of: ${protocols.join(', ')}.` }];
}

function databaseTarget(item: DatabaseTarget): DeclaredTarget | readonly Mistake[] {
  const { address: text, database, credential, classified, tls } = item;
  const address = parseAddress(text, DEFAULT_PORTS[item.protocol]);
  if (address === undefined) return [notAnAddress(text, '[::1]:5432')];
  const target: Target = {
    ...namedOf(item),
    address,
    ...(database !== undefined && { database }),
    tls: { mode: 'verify-full', ...tlsOf(tls) },
    ...keptOf(item),
    classified: (classified ?? []).map((entry) => {
      const [schema = '', table = '', column = ''] = entry.column.split('.');
      return { schema, table, column, ...classOf(entry) };
    }),
  };
  return { target, credential };
}

function httpTarget(item: HttpTargetDeclaration): DeclaredTarget | readonly Mistake[] {
  const place = httpPlace(item);
  if ('message' in place) return [place];
  const { address, basePath, tls } = place;
  const http = withSigning(httpOf(item.http ?? {}, address.host, basePath), item.credential);
  const known = documentOf(http);
  if ('problems' in known) return known.problems;
  const problem = problemOfGrpc(http);
  if (problem !== undefined) return [{ path: ['http', 'grpc'], message: `http.grpc: ${problem}` }];
  const target: Target = {
    ...namedOf(item),
    address,
    tls,
    ...keptOf(item),
    classified: [...(item.classified ?? []).map(fieldOf), ...known.classified],
    http,
  };
  return { target, credential: item.credential };
}

function kubernetesTarget(item: KubernetesTargetDeclaration): DeclaredTarget | readonly Mistake[] {
  const place = httpPlace(item);
  if ('message' in place) return [place];
  const { address, basePath, tls } = place;
  const kubernetes = kubernetesOf(item.kubernetes ?? {});
  const target: Target = {
    ...namedOf(item),
    address,
    tls,
    ...keptOf(item),
    classified: [...(item.classified ?? []).map(fieldOf), ...classesOfCluster(kubernetes)],
    http: httpOf(item.http ?? {}, address.host, basePath),
    kubernetes,
  };
  return { target, credential: item.credential };
}

function sshTarget(item: SshTargetDeclaration): DeclaredTarget | readonly Mistake[] {
  const address = parseAddress(item.address, DEFAULT_PORTS['ssh']);
  if (address === undefined) return [notAnAddress(item.address, '[::1]:22')];
  const ssh = sshOf(item.ssh, address.host);
  const place = { address, tls: { mode: 'disable' }, classified: [], ssh } as const;
  return { target: { ...namedOf(item), ...keptOf(item), ...place }, credential: item.credential };
}

function mcpTarget(item: McpTargetDeclaration): DeclaredTarget | readonly Mistake[] {
  const place = item.url === undefined ? STDIO_PLACE : httpPlace({ url: item.url, tls: item.tls });
  if ('message' in place) return [place];
  const transport = transportOf(item.mcp ?? {}, item.url);
  if ('mistake' in transport) return [{ path: ['mcp', transport.field], message: transport.mistake }];
  const isProgram = isStarted(transport);
  const given = isProgram && item.tls !== undefined ? 'tls' : isProgram && item.http !== undefined ? 'http' : undefined;
  if (given !== undefined) return [{ path: [given], message: `a program that is started has no \`${given}\`` }];
  const ofRun = transport.kind === 'run';
  const mistake = ofRun ? secretOfRun(item.credential) : strayCredential(item.credential, isProgram);
  if (mistake !== undefined) return [{ path: ['credential'], message: mistake }];
  const http =
    'basePath' in place
      ? httpOf(item.http ?? {}, place.address.host, place.basePath)
      : structuredClone(STDIO_PLACE.http);
  const target: Target = {
    ...namedOf(item),
    address: { ...(ofRun ? RUN_PLACE : place.address) },
    tls: { ...place.tls },
    ...keptOf(item),
    classified: [],
    http,
    mcp: mcpOf(item.mcp ?? {}, transport),
  };
  return { target, credential: item.credential };
}

/** The job could read whatever its programs are given, so nothing is. */
function secretOfRun(credential: McpTargetDeclaration['credential']): string | undefined {
  if ('none' in credential && Object.keys(credential).length === 1) return undefined;
  return 'a program of the run is given no secret: `none: true`; one that needs a secret is started by the gateway';
}

/** A program is given variables; a server that is reached over the network is shown something. */
function strayCredential(credential: McpTargetDeclaration['credential'], isProgram: boolean): string | undefined {
  if ('env' in credential) return isProgram ? undefined : 'only a program that is started has variables (`env`)';
  const isNone = 'none' in credential && Object.keys(credential).length === 1;
  return isProgram && !isNone ? 'a program that is started is given `env`, or `none: true`' : undefined;
}

type PlaceDeclaration = Pick<HttpTargetDeclaration, 'url' | 'address' | 'tls'>;

function httpPlace(declared: PlaceDeclaration): HttpPlace | Mistake {
  const place = writtenPlace(declared);
  if ('message' in place || place.tls.mode !== 'prefer') return place;
  const message = 'HTTP cannot ask a server whether it has TLS, so there is no tls.mode `prefer`';
  return { path: ['tls', 'mode'], message };
}

function writtenPlace({ url, address: text, tls: declared }: PlaceDeclaration): HttpPlace | Mistake {
  const tls = tlsOf(declared);
  if ((url === undefined) === (text === undefined)) {
    return { path: [], message: 'an HTTP target has a `url`, or an `address`, and not both' };
  }
  if (url !== undefined) {
    const place = placeOf(url, tls);
    return typeof place === 'string' ? { path: ['url'], message: place } : place;
  }
  const { mode = 'verify-full' } = tls;
  const address = parseAddress(text ?? '', mode === 'disable' ? 80 : 443);
  return address === undefined
    ? notAnAddress(text ?? '', '[::1]:443')
    : { address, basePath: '', tls: { ...tls, mode } };
}

function notAnAddress(text: string, example: string): Mistake {
  return { path: ['address'], message: `the address ${text} is not host:port`, advice: `For IPv6 write ${example}.` };
}

type Web = DatabaseTarget | HttpTargetDeclaration | KubernetesTargetDeclaration | McpTargetDeclaration;
type Common = Web | SshTargetDeclaration;

function namedOf({ name, protocol }: Common) {
  return { name: name as TargetName, protocol };
}

function keptOf({ labels, record, limits }: Common) {
  return {
    labels: labels ?? {},
    recordMode: record ?? 'strict',
    storedReplyBytes: limits?.storedReplyBytes ?? LIMITS.storedReplyBytes,
  } as const;
}

function tlsOf({ mode, ca, serverName }: NonNullable<Web['tls']> = {}): Partial<TlsSettings> {
  return {
    ...(mode !== undefined && { mode }),
    ...(ca !== undefined && { ca }),
    ...(serverName !== undefined && { serverName }),
  };
}

/** The path stands for the table. */
function fieldOf(entry: NonNullable<HttpTargetDeclaration['classified']>[number]): ClassifiedColumn {
  const { path, field, header, cookie } = entry;
  const place = header !== undefined ? 'header' : cookie !== undefined ? 'cookie' : 'body';
  return { schema: '', table: path, column: field ?? header ?? cookie ?? '', ...classOf(entry), place };
}

function classOf({ class: of, mask }: Pick<ClassifiedColumn, 'class'> & { readonly mask?: MaskKind | undefined }) {
  return { class: of, ...(mask !== undefined && { mask }) };
}

/** A name is of one target, and so is a host: the forward proxy finds the target by it. */
function takenNames({ name, http, ssh }: Target, names: Set<string>, hosts: Map<string, string>): readonly Mistake[] {
  const mistakes: Mistake[] = [];
  if (name === OWN_NAME) {
    const message = `the name ${name} is the gateway's own MCP server's`;
    mistakes.push({ path: ['name'], message, advice: 'Give the target another name.' });
  }
  if (names.has(name)) {
    const message = `the target ${name} is declared twice`;
    mistakes.push({ path: ['name'], message, advice: 'Give one of them another name.' });
  }
  names.add(name);
  for (const host of http?.hosts ?? ssh?.hosts ?? []) {
    const other = hosts.get(host);
    hosts.set(host, name);
    if (other === undefined || other === name) continue;
    const message = `clients that ask for ${host} could mean the target ${other} or ${name}`;
    const part = ssh === undefined ? 'http' : 'ssh';
    const advice = `Give \`${part}: { hosts: [] }\` to the one that is reached by its own name alone.`;
    mistakes.push({ path: [part, 'hosts'], message, advice });
  }
  return mistakes;
}

/** `host:port`, `[v6]:port`, or a host alone where the protocol has a port of its own. */
export function parseAddress(text: string, defaultPort?: number): Target['address'] | undefined {
  const match = /^(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9._-]+))(?::(\d{1,5}))?$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = match?.[3] === undefined ? defaultPort : Number(match[3]);
  if (host === undefined || port === undefined || port < 1 || port > 65_535) return undefined;
  return { host, port };
}
