import { readFileSync } from 'node:fs';
import { Secret } from '../../../model/secret.ts';
import { CliError, EXIT } from '../../cli-error.ts';
import type { GatewayFile } from '../../gateway-file.ts';
import { printable } from '../../printable.ts';
import { tokenHint } from './token-hint.ts';
import {
  mintLikeGitHub,
  SOURCES,
  TOKEN_PLACES,
  TOKEN_SOURCES,
  type TokenPlaces,
  type TokenSourceName,
} from './token-sources.ts';

export type CiTokenSource = 'file' | 'demo' | 'login' | TokenSourceName;

export interface CiToken {
  readonly source: CiTokenSource;
  readonly token: Secret;
}

export interface CiTokenOptions {
  readonly audience: string;
  readonly tokenFile?: string | undefined;
  /** `--token-from`: this source and no other. */
  readonly tokenFrom?: string | undefined;
  /** The gateway's file, where it was found by that and not by name. It gets the demo's own tokens and no others. */
  readonly gateway?: GatewayFile | undefined;
  /** Of `chaperone login` at this gateway: what a person comes with where no CI system speaks for a job. */
  readonly login?: string | undefined;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  readonly places?: TokenPlaces;
}

/**
 * The CI system's own OIDC token for this audience: of `--token-file`, or of the first source that gives one. Which
 * CI system a job is in is known by that and not by a variable that says so. Throws a `CliError` that says what was
 * tried, and how to get one.
 */
export async function findCiToken(options: CiTokenOptions): Promise<CiToken> {
  const { env, gateway, tokenFile, tokenFrom, login } = options;
  if (tokenFile !== undefined) return { source: 'file', token: new Secret(read(tokenFile)) };
  if (gateway?.demo) return demoToken(options, gateway.demo);
  if (gateway && login === undefined) throw noDemo();
  const failures: string[] = [];
  const circumstances = { ...options, places: options.places ?? TOKEN_PLACES };
  for (const name of gateway ? [] : wanted(tokenFrom)) {
    const source = SOURCES[name];
    if (tokenFrom === undefined && !source.isHere(circumstances)) continue;
    try {
      return { source: name, token: await source.obtain(circumstances) };
    } catch (cause) {
      options.signal.throwIfAborted();
      failures.push(`${name}: ${printable((cause as Error).message)}`);
    }
  }
  // What speaks for a job and fails is not made good by a person who once logged in on that machine.
  if (failures.length > 0) throw noToken(`no CI token could be had (${failures.join('; ')})`, EXIT.unavailable, env);
  if (login !== undefined) return { source: 'login', token: new Secret(login) };
  throw noToken('no CI token was found', EXIT.refused, env);
}

function wanted(name: string | undefined): readonly TokenSourceName[] {
  if (name === undefined) return TOKEN_SOURCES;
  const known = TOKEN_SOURCES.find((source) => source === name);
  if (known === undefined) {
    throw new CliError(EXIT.usage, `--token-from takes one of ${TOKEN_SOURCES.join(', ')}`);
  }
  return [known];
}

function noToken(
  message: string,
  code: typeof EXIT.unavailable | typeof EXIT.refused,
  env: NodeJS.ProcessEnv,
): CliError {
  return new CliError(code, message, { hint: tokenHint(env) });
}

async function demoToken(options: CiTokenOptions, demo: NonNullable<GatewayFile['demo']>): Promise<CiToken> {
  const request = new Secret(read(demo.requestTokenFile));
  try {
    const token = await mintLikeGitHub(demo.requestUrl, request.reveal(), options);
    return { source: 'demo', token };
  } catch (cause) {
    throw new CliError(EXIT.unavailable, `the issuer of CI tokens did not give one: ${(cause as Error).message}`, {
      cause,
    });
  }
}

function noDemo(): CliError {
  return new CliError(EXIT.refused, 'the gateway started here is no demo, so it has no issuer of its own', {
    hint: 'Log in with `chaperone login`, name it with CHAPERONE_URL inside a CI job, or give a token with --token-file.',
  });
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (cause) {
    throw new CliError(EXIT.config, `${path} cannot be read: ${(cause as Error).message}`, { cause });
  }
}
