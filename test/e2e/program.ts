/** The whole program, as a person starts it: a gateway with its demo in a process of its own, and commands beside it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { ROOT } from '../support/source-tree.ts';

export interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface StartedProgram extends AsyncDisposable {
  readonly dataDirectory: string;
  readonly ready: { readonly url: string; readonly pid: number; readonly postgres: { readonly port: number } };
  /** Runs `chaperone ARGS` as a person beside the gateway would. */
  chaperone(...args: readonly string[]): Promise<Ran>;
  /** Runs `chaperone ARGS` with its standard input open, as something that goes on. */
  job(...args: readonly string[]): Job;
  /** All that the gateway has written so far, on both of its outputs. */
  said(): string;
  /** Ends the gateway as Ctrl-C does; resolves with its exit status. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

export interface Job {
  readonly pid: number;
  readonly ended: Promise<Ran>;
  /** Resolves with the match once its output has one; rejects where it ends before. */
  said(pattern: RegExp): Promise<RegExpExecArray>;
  say(text: string): void;
}

export const MAIN = join(ROOT, 'src', 'main.ts');

/** A folder that PostgreSQL's user can get through, for tests that root runs. */
export async function makeDataDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'chaperone-e2e-'));
  await chmod(directory, 0o711);
  return directory;
}

/** Free ports, or those of a gateway before it. */
export async function startDemo(
  dataDirectory: string,
  before?: StartedProgram['ready'],
  more: NodeJS.ProcessEnv = {},
): Promise<StartedProgram> {
  const api = before === undefined ? 0 : new URL(before.url).port;
  const ports = ['--listen', `127.0.0.1:${api}`, '--postgres-listen', `127.0.0.1:${before?.postgres.port ?? 0}`];
  return startProgram(['--demo', ...ports], dataDirectory, environment(dataDirectory, more));
}

/** A configured gateway on free ports; `more` is its own part of the environment. */
export async function startConfigured(dataDirectory: string, more: NodeJS.ProcessEnv): Promise<StartedProgram> {
  const ports = ['--listen', '127.0.0.1:0', '--postgres-listen', '127.0.0.1:0'];
  return startProgram(ports, dataDirectory, environment(dataDirectory, more));
}

async function startProgram(
  args: readonly string[],
  dataDirectory: string,
  env: NodeJS.ProcessEnv,
): Promise<StartedProgram> {
  const child = spawn(process.execPath, [MAIN, 'start', '--json', ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (piece: Buffer) => (said += String(piece)));
  const ready = JSON.parse(await firstLine(child, ended)) as StartedProgram['ready'];
  const stop = async (signal: NodeJS.Signals = 'SIGINT'): Promise<number | null> => {
    child.kill(signal);
    return ended;
  };
  return {
    dataDirectory,
    ready,
    said: () => said,
    chaperone: (...args) => chaperone(args, env),
    job: (...args) => startJob(args, env),
    stop,
    [Symbol.asyncDispose]: async () => {
      await stop();
      await rm(dataDirectory, { recursive: true, force: true });
    },
  };
}

const COMMAND_MS = 60_000;

/** Runs `chaperone ARGS` to its end; one that does not end in a minute is ended, and has no status. */
export async function chaperone(args: readonly string[], env: NodeJS.ProcessEnv): Promise<Ran> {
  const stdio = ['ignore', 'pipe', 'pipe'] as const;
  // A command that should have ended and goes on (a gateway that was not turned away) shows as its status.
  const child = spawn(process.execPath, [MAIN, ...args], { env, stdio: [...stdio], timeout: COMMAND_MS });
  const [stdout, stderr, status] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise<number | null>((resolve) => child.once('close', resolve)),
  ]);
  return { status, stdout, stderr };
}

/** Runs `chaperone ARGS` with its standard input open, as something that goes on. */
export function startJob(args: readonly string[], env: NodeJS.ProcessEnv): Job {
  const child = spawn(process.execPath, [MAIN, ...args], { env, stdio: ['pipe', 'pipe', 'pipe'] });
  let stdout = '';
  const heard = new Set<() => void>();
  child.stdout.setEncoding('utf8').on('data', (piece: string) => {
    stdout += piece;
    for (const listener of heard) listener();
  });
  const stderr = text(child.stderr);
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve)).then(async (status) => ({
    status,
    stdout,
    stderr: await stderr,
  }));
  return {
    pid: child.pid ?? 0,
    ended,
    say: (words) => void child.stdin.end(words),
    said: (pattern) =>
      new Promise((resolve, reject) => {
        const listen = (): void => {
          const match = pattern.exec(stdout);
          if (match) resolve(match);
        };
        heard.add(listen);
        listen();
        ended.then((ran) => reject(new Error(`it ended without saying ${pattern}: ${ran.stderr}`)), reject);
      }),
  };
}

/** The caller's environment without what would lead a command elsewhere. */
export function environment(dataDirectory: string, more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(
    ([name]) => !/^(CHAPERONE_|OTEL_|TRACEPARENT|PG|DATABASE_URL|ACTIONS_|NODE_TEST|FORCE_COLOR)/.test(name),
  );
  // Whoever runs the tests may be logged in somewhere.
  const config = join(dataDirectory || tmpdir(), 'chaperone-config');
  const isolated = { CHAPERONE_DATA_DIR: dataDirectory, XDG_CONFIG_HOME: config, NO_COLOR: '1' };
  return { ...Object.fromEntries(own), ...isolated, ...more };
}

async function firstLine(child: ChildProcess, ended: Promise<number | null>): Promise<string> {
  if (!child.stdout || !child.stderr) throw new TypeError('the program has no output');
  const said = text(child.stderr);
  const lines = createInterface({ input: child.stdout });
  const line = new Promise<string>((resolve) => lines.once('line', resolve));
  const failed = ended.then(async (status) => {
    throw new Error(`the gateway did not start (${status}): ${await said}`);
  });
  return Promise.race([line, failed]);
}

async function text(stream: NodeJS.ReadableStream): Promise<string> {
  let all = '';
  for await (const chunk of stream) all += String(chunk);
  return all;
}
