import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { LIMITS } from '../../model/limits.ts';
import { Secret } from '../../model/secret.ts';
import { CliError, EXIT } from '../cli-error.ts';
import type { GatewayFile } from '../gateway-file.ts';
import { findCiToken } from '../run/ci/find-ci-token.ts';

interface TokenRequest {
  readonly audience: string;
  readonly tokenFrom?: string | undefined;
  readonly gateway?: GatewayFile | undefined;
}

/** A JWT has three parts of base64url. */
const COMPACT = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/;

/** The token of a file, of standard input, or of this CI job. Throws a `CliError`, which never repeats it. */
export async function readToken(argument: string | undefined, request: TokenRequest): Promise<Secret> {
  if (argument === undefined) {
    const signal = AbortSignal.timeout(LIMITS.issuerFetchMs * 2);
    return (await findCiToken({ ...request, env: process.env, signal })).token;
  }
  if (argument === '-') return bounded((await text(process.stdin)).trim());
  try {
    return bounded(readFileSync(argument, 'utf8').trim());
  } catch (cause) {
    if (cause instanceof CliError) throw cause;
    const { code = 'unreadable' } = cause as NodeJS.ErrnoException;
    // What stands there may be a token that was meant to be piped, so it is not repeated.
    throw new CliError(EXIT.config, `the file with the token cannot be read (${code})`, { cause });
  }
}

/** Throws a `CliError` for a token in the place of a file's name, before anything is asked of anybody. */
export function refuseTokenItself(argument: string | undefined): void {
  if (argument === undefined || argument.length <= 100 || !COMPACT.test(argument)) return;
  throw new CliError(EXIT.usage, 'a token on the command line is seen by everybody on this machine', {
    hint: 'Give it on standard input: chaperone trust check - <<< "$TOKEN". Or name a file that holds it.',
  });
}

function bounded(token: string): Secret {
  if (token === '') throw new CliError(EXIT.usage, 'there is no token in it');
  if (token.length > LIMITS.maxTokenBytes) {
    throw new CliError(EXIT.failed, `it is larger than any token: ${token.length} characters`);
  }
  return new Secret(token);
}
