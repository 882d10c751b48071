import { spawn } from 'node:child_process';
import { once } from 'node:events';

export interface Ran {
  readonly code: number | string;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs OpenSSH's client to its end. What it is given is all of its standard input. */
export async function runSsh(
  config: string,
  args: readonly string[],
  {
    input = '',
    env = {},
    program = 'ssh',
  }: { readonly input?: string | Buffer; readonly env?: NodeJS.ProcessEnv; readonly program?: string } = {},
): Promise<Ran> {
  const child = spawn(program, ['-F', config, ...args], { env: { ...process.env, ...env } });
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on('data', (bytes: Buffer) => out.push(bytes));
  child.stderr.on('data', (bytes: Buffer) => err.push(bytes));
  // A client that was refused reads none of it.
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  return { code: code ?? signal ?? '', stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() };
}
