import { accessSync, constants, readFileSync } from 'node:fs';
import { delimiter, dirname, isAbsolute, join, resolve } from 'node:path';
import { Command } from 'commander';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { CliError, EXIT } from './cli-error.ts';
import { processOutput } from './output.ts';
import { printable } from './printable.ts';

interface ImportOptions {
  readonly context?: string;
  readonly name?: string;
  readonly json?: boolean;
}

/** `chaperone targets from-kubeconfig`: what a kubeconfig says, as a target to be applied. Asks no gateway. */
export function fromKubeconfigCommand(): Command {
  return new Command('from-kubeconfig')
    .description('Prints a cluster of a kubeconfig as a target, secrets and all: keep what it prints to yourself.')
    .argument('<file>', 'a kubeconfig')
    .option('--context <name>', 'the context; its current one where absent')
    .option('--name <name>', "the target's name; the context's where absent")
    .option('--json', 'print JSON')
    .action((file: string, options: ImportOptions) => {
      const output = processOutput({ json: options.json ?? false });
      const target = targetOfKubeconfig(textOf(file), {
        ...options,
        directory: dirname(resolve(file)),
        path: process.env['PATH'],
      });
      const declared = { targets: [target] };
      if (output.json) output.writeJson(declared);
      else output.write(stringify(declared, { lineWidth: 0 }));
      output.say('What was printed may hold secrets. `chaperone apply` seals them; delete the file then.\n');
    });
}

export interface KubeconfigPlace {
  readonly context?: string;
  readonly name?: string;
  /** Where its relative paths begin. */
  readonly directory: string;
  /** Where programs are found that are named alone. */
  readonly path?: string | undefined;
}

const named = <Item extends z.ZodType>(key: string, item: Item) =>
  z
    .array(
      z
        .object({ name: z.string(), [key]: item })
        .transform((one) => [one['name'] as string, one[key] as z.infer<Item>] as const),
    )
    .nullish();

const clusterSchema = z.object({
  server: z.string(),
  'certificate-authority-data': z.string().optional(),
  'certificate-authority': z.string().optional(),
  'insecure-skip-tls-verify': z.boolean().optional(),
  'tls-server-name': z.string().optional(),
  'proxy-url': z.string().optional(),
});
const userSchema = z.object({
  token: z.string().optional(),
  tokenFile: z.string().optional(),
  username: z.string().optional(),
  password: z.string().optional(),
  'client-certificate-data': z.string().optional(),
  'client-certificate': z.string().optional(),
  'client-key-data': z.string().optional(),
  'client-key': z.string().optional(),
  'auth-provider': z.unknown().optional(),
  as: z.string().optional(),
  'as-groups': z.array(z.string()).optional(),
  exec: z
    .object({
      command: z.string(),
      args: z.array(z.string()).nullish(),
      env: z.array(z.object({ name: z.string(), value: z.string() })).nullish(),
    })
    .optional(),
});
const kubeconfigSchema = z.object({
  'current-context': z.string().optional(),
  clusters: named('cluster', clusterSchema),
  users: named('user', userSchema),
  contexts: named('context', z.object({ cluster: z.string(), user: z.string().optional() })),
});

type Cluster = z.infer<typeof clusterSchema>;
type User = z.infer<typeof userSchema>;

/** The declaration of a target (docs/reference/kubernetes-targets.md). Throws a `CliError` that shows no secret. */
export function targetOfKubeconfig(text: string, place: KubeconfigPlace): object {
  const config = kubeconfigSchema.safeParse(yamlOf(text));
  if (!config.success) throw mistake('it is no kubeconfig');
  const { clusters, users, contexts } = config.data;
  const name = place.context ?? config.data['current-context'] ?? '';
  const context = found(contexts, name) ?? missing(`the context ${name}`);
  const cluster = found(clusters, context.cluster) ?? missing(`the cluster ${context.cluster}`);
  const user = context.user === undefined ? {} : (found(users, context.user) ?? missing(`the user ${context.user}`));
  if (cluster['proxy-url'] !== undefined)
    throw mistake('its cluster is behind a proxy (`proxy-url`), which targets are not');
  const tls = tlsOf(cluster, place);
  return {
    name:
      place.name ??
      name
        .toLowerCase()
        .replaceAll(/[^a-z0-9._-]+/g, '-')
        .replaceAll(/^[._-]+|[._-]+$/g, ''),
    protocol: 'kubernetes',
    url: cluster.server,
    ...(Object.keys(tls).length > 0 ? { tls } : {}),
    ...(user.as === undefined
      ? {}
      : { kubernetes: { impersonate: { user: user.as, groups: user['as-groups'] ?? [] } } }),
    credential: credentialOf(user, place),
  };
}

function tlsOf(cluster: Cluster, place: KubeconfigPlace): object {
  const given = cluster['certificate-authority-data'];
  const file = cluster['certificate-authority'];
  const ca = given === undefined ? (file === undefined ? undefined : textOf(within(place, file))) : decoded(given);
  const serverName = cluster['tls-server-name'];
  return {
    ...(cluster['insecure-skip-tls-verify'] === true ? { mode: 'require' } : {}),
    ...(ca === undefined ? {} : { ca }),
    ...(serverName === undefined ? {} : { serverName }),
  };
}

function credentialOf(user: User, place: KubeconfigPlace): object {
  if (user['auth-provider'] !== undefined)
    throw mistake('its user has an `auth-provider`, which clients no longer know: use its plugin');
  const certificate = sourceOf(user['client-certificate-data'], user['client-certificate'], place);
  const key = sourceOf(user['client-key-data'], user['client-key'], place);
  const pair = certificate === undefined || key === undefined ? {} : { clientCertificate: { certificate, key } };
  if (user.exec !== undefined) return { exec: execOf(user.exec, place) };
  if (user.token !== undefined) return { bearer: { token: { value: user.token } }, ...pair };
  if (user.tokenFile !== undefined) return { bearer: { token: { file: within(place, user.tokenFile) } }, ...pair };
  if (user.username !== undefined)
    return { basic: { user: user.username, password: { value: user.password ?? '' } }, ...pair };
  return Object.keys(pair).length > 0 ? pair : { none: true };
}

function execOf({ command, args, env }: NonNullable<User['exec']>, place: KubeconfigPlace): object {
  const variables = (env ?? []).map(({ name, value }) => [name, { value }] as const);
  return {
    command: programOf(command, place),
    ...(args?.length ? { args } : {}),
    ...(variables.length > 0 ? { env: Object.fromEntries(variables) } : {}),
  };
}

/** An absolute path: a target names no program that PATH decides about. */
function programOf(command: string, place: KubeconfigPlace): string {
  if (command.includes('/')) return within(place, command);
  for (const folder of (place.path ?? '').split(delimiter).filter(isAbsolute)) {
    try {
      accessSync(join(folder, command), constants.X_OK);
      return join(folder, command);
    } catch {
      // Not in this one.
    }
  }
  throw mistake(`the program ${command} of its user is not found in PATH`);
}

function sourceOf(data: string | undefined, file: string | undefined, place: KubeconfigPlace): object | undefined {
  if (data !== undefined) return { value: decoded(data) };
  return file === undefined ? undefined : { file: within(place, file) };
}

function within({ directory }: KubeconfigPlace, path: string): string {
  return resolve(directory, path);
}

function decoded(data: string): string {
  return Buffer.from(data, 'base64').toString('utf8');
}

function found<Item>(items: readonly (readonly [string, Item])[] | null | undefined, name: string): Item | undefined {
  return items?.find(([one]) => one === name)?.[1];
}

function yamlOf(text: string): unknown {
  try {
    return parse(text);
  } catch (cause) {
    throw mistake('it is no YAML', cause);
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw mistake(`${path} cannot be read`, cause);
  }
}

function missing(what: string): never {
  throw mistake(`it has not ${what}`);
}

function mistake(why: string, cause?: unknown): CliError {
  return new CliError(EXIT.config, `the kubeconfig cannot be taken: ${printable(why)}`, {
    hint: 'docs/reference/kubernetes-targets.md says what a target has.',
    cause,
  });
}
