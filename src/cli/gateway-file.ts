import { readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { CliError, EXIT } from './cli-error.ts';

/** `gateway.json` in the data directory: how this machine's own commands find a gateway that `start` began. */
export const gatewayFileSchema = z.object({
  url: z.url(),
  pid: z.number().int(),
  /** PEM file to trust; absent where the API speaks plain HTTP on loopback. */
  certificateAuthorityFile: z.string().optional(),
  adminTokenFile: z.string().optional(),
  /** Present on a demo: where its issuer mints, and the file with what it wants to be presented. */
  demo: z.object({ requestUrl: z.url(), requestTokenFile: z.string() }).optional(),
});

export type GatewayFile = z.infer<typeof gatewayFileSchema>;

export const GATEWAY_FILE = 'gateway.json';

/** Where a deployment on this machine keeps its data: CHAPERONE_DATA_DIR, else `.chaperone` here. */
export function dataDirectory(env: NodeJS.ProcessEnv): string {
  return resolve(env['CHAPERONE_DATA_DIR'] ?? '.chaperone');
}

/**
 * The gateway that was started on this machine, or undefined. The file must be ours and closed to others: one that
 * came with a checkout could otherwise send a job's token to somebody else.
 */
export function findGatewayFile(env: NodeJS.ProcessEnv): GatewayFile | undefined {
  const path = join(dataDirectory(env), GATEWAY_FILE);
  const status = statSync(path, { throwIfNoEntry: false });
  if (!status) return undefined;
  const user = process.getuid?.();
  if ((status.mode & 0o077) !== 0 || (user !== undefined && status.uid !== user)) {
    throw new CliError(EXIT.config, `${path} is not used: it belongs to someone else or is open to others`, {
      hint: 'A gateway writes this file itself, with mode 0600. Remove it, or name the gateway with CHAPERONE_URL.',
    });
  }
  try {
    return parseGatewayFile(path);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new CliError(EXIT.config, `${path} cannot be used: ${why}`, { cause });
  }
}

/** The gateway that lives on a data directory now; undefined where none does. */
export function runningGateway(directory: string): GatewayFile | undefined {
  try {
    const file = parseGatewayFile(join(directory, GATEWAY_FILE));
    return isAlive(file.pid) ? file : undefined;
  } catch {
    // No file, or none that a gateway of today wrote.
    return undefined;
  }
}

function parseGatewayFile(path: string): GatewayFile {
  const file = gatewayFileSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  if (isLoopback(new URL(file.url).hostname)) return file;
  throw new TypeError(`its url ${file.url} is not on this machine`);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}
