import { execFile } from 'node:child_process';

export interface ProgramAnswer {
  readonly stdout: string;
  readonly stderr: string;
}

export interface ProgramRequest {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly withinMs: number;
  readonly maxBytes: number;
  readonly signal: AbortSignal;
  /** Written to its standard input, which then ends. */
  readonly input?: string;
}

/** Runs a small program to its end and gives back what it said. Throws where it fails, is late or says too much. */
export function askProgram(request: ProgramRequest): Promise<ProgramAnswer> {
  const { command, args, env, withinMs, maxBytes, signal, input } = request;
  return new Promise((resolve, reject) => {
    const options = {
      env,
      timeout: withinMs,
      maxBuffer: maxBytes,
      signal,
      killSignal: 'SIGKILL',
      windowsHide: true,
    } as const;
    const child = execFile(command, args, options, (error, stdout, stderr) => {
      if (error === null) resolve({ stdout, stderr });
      else reject(new Error(reasonOf(error, command, withinMs, stderr), { cause: error }));
    });
    // A program that ends without reading says so by its status.
    child.stdin?.on('error', () => {});
    child.stdin?.end(input ?? '');
  });
}

const MAX_TOLD = 300;

function reasonOf(
  error: Error & { readonly killed?: boolean; readonly code?: unknown },
  command: string,
  withinMs: number,
  stderr: string,
): string {
  if (error.code === 'ENOENT') return `${command} is not installed`;
  if (error.code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER') return `${command} said too much`;
  if (error.killed === true) return `${command} did not answer within ${withinMs / 1000} s`;
  const said = stderr.trim().slice(0, MAX_TOLD);
  return `${command} failed${said === '' ? '' : `: ${said}`}`;
}
