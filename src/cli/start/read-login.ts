import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { type DeclaredLogin, type LoginConfig, loginConfig, loginSchema } from '../../identity/login-config.ts';
import { Secret } from '../../model/secret.ts';
import { CliError, EXIT } from '../cli-error.ts';

/** How people log in: CHAPERONE_LOGIN_* over `login` of the file. Throws a `CliError` that says what is wrong. */
export function readLogin(
  env: NodeJS.ProcessEnv,
  inFile: DeclaredLogin | undefined,
  path: string | undefined,
): { readonly login?: LoginConfig } {
  const inEnvironment = fromEnvironment(env);
  if (inFile === undefined && Object.keys(inEnvironment).length === 0) return {};
  const parsed = loginSchema.safeParse({ ...inFile, ...inEnvironment });
  if (!parsed.success) {
    throw new CliError(EXIT.config, `the login is not configured as it must be\n${z.prettifyError(parsed.error)}`, {
      hint: 'Each key of `login` in the file has a variable, CHAPERONE_LOGIN_ISSUER and so on: docs/reference/configuration.md',
    });
  }
  const { clientSecretFile } = parsed.data;
  const beside = inEnvironment.clientSecretFile === undefined && path !== undefined ? dirname(path) : '';
  const secret = clientSecretFile === undefined ? undefined : readSecret(resolve(beside, clientSecretFile));
  return { login: loginConfig(parsed.data, secret) };
}

type FromEnvironment = Readonly<{ [Key in keyof DeclaredLogin]?: unknown }>;

function fromEnvironment(env: NodeJS.ProcessEnv): FromEnvironment {
  const texts = {
    issuer: env['CHAPERONE_LOGIN_ISSUER'],
    clientId: env['CHAPERONE_LOGIN_CLIENT_ID'],
    clientSecretFile: env['CHAPERONE_LOGIN_CLIENT_SECRET_FILE'],
    name: env['CHAPERONE_LOGIN_NAME'],
    groupsClaim: env['CHAPERONE_LOGIN_GROUPS_CLAIM'],
    loginClaim: env['CHAPERONE_LOGIN_LOGIN_CLAIM'],
  };
  const scopes = env['CHAPERONE_LOGIN_SCOPES'];
  const handles = pairs(env['CHAPERONE_LOGIN_HANDLE_CLAIMS'], 'CHAPERONE_LOGIN_HANDLE_CLAIMS', 'github=github_login');
  const roles = pairs(env['CHAPERONE_LOGIN_ROLES'], 'CHAPERONE_LOGIN_ROLES', 'admin=platform,approver=dba');
  return {
    ...Object.fromEntries(Object.entries(texts).filter(([, text]) => text !== undefined && text !== '')),
    ...(scopes ? { scopes: scopes.split(/\s+/).filter((scope) => scope !== '') } : {}),
    ...(handles ? { handleClaims: Object.fromEntries(handles) } : {}),
    ...(roles ? { roles: byName(roles) } : {}),
  };
}

type Pair = readonly [name: string, value: string];

/** `name=value,name=value`; a name may come more than once. */
function pairs(text: string | undefined, variable: string, example: string): readonly Pair[] | undefined {
  if (text === undefined || text.trim() === '') return undefined;
  return text.split(',').map((pair) => {
    const [, name, value] = /^\s*([^=\s]+)\s*=\s*(.*\S)\s*$/.exec(pair) ?? [];
    if (name !== undefined && value !== undefined) return [name, value];
    throw new CliError(EXIT.config, `${variable} is "${text}"`, { hint: `Write it as ${example}` });
  });
}

function byName(given: readonly Pair[]): Readonly<Record<string, readonly string[]>> {
  const lists = new Map<string, string[]>();
  for (const [name, value] of given) lists.set(name, [...(lists.get(name) ?? []), value]);
  return Object.fromEntries(lists);
}

function readSecret(path: string): Secret {
  const text = readText(path).trim();
  if (text !== '') return new Secret(text);
  throw new CliError(EXIT.config, `${path} is empty`, { hint: "It holds the client's secret at the login provider." });
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new CliError(EXIT.config, `${path} cannot be read: ${(cause as Error).message}`, { cause });
  }
}
