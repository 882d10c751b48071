import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { CliError, EXIT } from './cli-error.ts';

const loginSchema = z.object({
  /** The gateway's URL, as it was named. */
  url: z.url(),
  /** Who logged in there. */
  login: z.string(),
  token: z.string(),
  /** RFC 3339. */
  expiresAt: z.string(),
});
const fileSchema = z.object({ logins: z.array(loginSchema) });

/** A login of `chaperone login`, kept for the commands that come after it. */
export type KeptLogin = z.infer<typeof loginSchema>;

/** The login at a gateway that is still good; the latest of all where none is named. Throws a `CliError`. */
export function findLogin(env: NodeJS.ProcessEnv, nowMs: number, url?: string): KeptLogin | undefined {
  const good = readLogins(loginsFile(env)).filter(({ expiresAt }) => Date.parse(expiresAt) > nowMs);
  return url === undefined ? good.at(-1) : good.find((one) => one.url === url);
}

/** Keeps a login in a file that its owner alone can read, in place of one at the same gateway. Returns its path. */
export function keepLogin(env: NodeJS.ProcessEnv, login: KeptLogin): string {
  const path = loginsFile(env);
  writeLogins(path, [...readLogins(path).filter(({ url }) => url !== login.url), login]);
  return path;
}

/** Forgets the login at a gateway. */
export function dropLogin(env: NodeJS.ProcessEnv, url: string): void {
  const path = loginsFile(env);
  const rest = readLogins(path).filter((one) => one.url !== url);
  if (rest.length === 0) rmSync(path, { force: true });
  else writeLogins(path, rest);
}

function loginsFile(env: NodeJS.ProcessEnv): string {
  return join(env['XDG_CONFIG_HOME'] || join(env['HOME'] || homedir(), '.config'), 'chaperone', 'logins.json');
}

function readLogins(path: string): readonly KeptLogin[] {
  const status = statSync(path, { throwIfNoEntry: false });
  if (!status) return [];
  const user = process.getuid?.();
  if ((status.mode & 0o077) !== 0 || (user !== undefined && status.uid !== user)) {
    throw new CliError(EXIT.config, `${path} is not used: it belongs to someone else or is open to others`, {
      hint: `It holds tokens. Remove it and log in again, or: chmod 600 ${path}`,
    });
  }
  try {
    return fileSchema.parse(JSON.parse(readFileSync(path, 'utf8'))).logins;
  } catch (cause) {
    throw new CliError(EXIT.config, `${path} cannot be used`, { cause, hint: 'Remove it and log in again.' });
  }
}

/** Beside the file first, so that whoever reads it meanwhile finds one of the two whole. */
function writeLogins(path: string, logins: readonly KeptLogin[]): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const fresh = `${path}.${process.pid}`;
  writeFileSync(fresh, `${JSON.stringify({ logins }, undefined, 2)}\n`, { mode: 0o600 });
  chmodSync(fresh, 0o600);
  renameSync(fresh, path);
}
