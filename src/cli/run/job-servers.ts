import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import type { WebSocket } from 'ws';
import { CliError, EXIT } from '../cli-error.ts';
import { printable } from '../printable.ts';
import type { Door } from './dial.ts';
import type { LentTarget } from './grant-request.ts';
import { endGroup } from './process-group.ts';

/** A program of the job that is the server of an MCP target, as `--mcp NAME=COMMAND` says it. */
export interface JobServer {
  readonly name: string;
  /** For a shell. */
  readonly command: string;
}

export interface JobServersParts {
  readonly door: Door;
  readonly run: string;
  readonly servers: readonly JobServer[];
  /** What the programs see: nothing of the run's. */
  readonly env: Readonly<Record<string, string>>;
  /** Tells what somebody should look at, a sentence. */
  readonly warn: (sentence: string) => void;
  /** Tells whoever watches. */
  readonly say: (text: string) => void;
}

const RETRY_MS = 500;
/** What may wait to be sent before a program is slowed down. */
const MAX_WAITING_BYTES = 256 * 1024;
const NOTHING = new Uint8Array(0);
const MAX_SAID_CHARACTERS = 500;

/** `NAME=COMMAND`. Throws a `CliError`. */
export function jobServer(text: string): JobServer {
  const at = text.indexOf('=');
  const [name, command] = [text.slice(0, at), text.slice(at + 1).trim()];
  if (at > 0 && command !== '') return { name, command };
  throw new CliError(EXIT.usage, `--mcp takes NAME=COMMAND, and not ${printable(text)}`);
}

/** Throws a `CliError` where a target is none that a run starts; tells of those that nobody starts. */
export function checkJobServers(
  servers: readonly JobServer[],
  targets: readonly LentTarget[],
  warn: (sentence: string) => void,
): void {
  for (const { name } of servers) {
    if (targets.some((target) => target.name === name && target.startedBy === 'run')) continue;
    throw new CliError(EXIT.usage, `${printable(name)} is no MCP target that a run starts`, {
      hint: 'Its declaration says so: mcp: { transport: run }.',
    });
  }
  for (const { name, startedBy } of targets) {
    if (startedBy !== 'run' || servers.some((server) => server.name === name)) continue;
    warn(`nobody starts the MCP server ${printable(name)}: --mcp ${printable(name)}=COMMAND would`);
  }
}

/**
 * Offers the gateway to start each server, one connection ahead: what it says first on it starts a program, whose standard
 * input and output are the connection's from then on. The pipes are this process's alone. Ended with all that was started.
 */
export function offerJobServers(parts: JobServersParts): AsyncDisposable {
  const offering = new Offering(parts);
  for (const server of parts.servers) offering.offer(server);
  return offering;
}

class Offering implements AsyncDisposable {
  readonly #parts: JobServersParts;
  readonly #sockets = new Set<WebSocket>();
  readonly #programs = new Set<Promise<void>>();
  readonly #timers = new Set<NodeJS.Timeout>();
  #over = false;

  constructor(parts: JobServersParts) {
    this.#parts = parts;
  }

  offer(server: JobServer): void {
    const { door, run, warn } = this.#parts;
    door.dial(`/v1/runs/${encodeURIComponent(run)}/servers/${encodeURIComponent(server.name)}`).then(
      (socket) => this.#wait(server, socket),
      (trouble: Error) => {
        if (this.#over) return;
        // One that is refused would be refused again; one that could not be reached may be, later.
        if (trouble instanceof CliError && trouble.exitCode === EXIT.refused) {
          return warn(`the MCP server ${printable(server.name)} cannot be offered: ${printable(trouble.message)}`);
        }
        this.#later(server);
      },
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#over = true;
    for (const timer of this.#timers) clearTimeout(timer);
    for (const socket of this.#sockets) socket.terminate();
    await Promise.all(this.#programs);
  }

  #wait(server: JobServer, socket: WebSocket): void {
    if (this.#over) return socket.terminate();
    this.#sockets.add(socket);
    socket.on('error', () => socket.terminate());
    let isTaken = false;
    socket.once('message', (first: Buffer) => {
      isTaken = true;
      this.offer(server);
      const running = this.#run(server, socket, first).finally(() => this.#programs.delete(running));
      this.#programs.add(running);
    });
    socket.once('close', () => {
      this.#sockets.delete(socket);
      if (!isTaken && !this.#over) this.#later(server);
    });
    socket.resume();
  }

  #later(server: JobServer): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.offer(server);
    }, RETRY_MS);
    this.#timers.add(timer);
  }

  /** Runs the program until it ends or the connection does. Never rejects. */
  async #run({ name, command }: JobServer, socket: WebSocket, first: Buffer): Promise<void> {
    const { env, say } = this.#parts;
    const child = spawn('/bin/sh', ['-c', command], { env, detached: true, stdio: ['pipe', 'pipe', 'pipe'] });
    const ended = new Promise<void>((resolve) => child.once('close', () => resolve()).once('error', () => resolve()));
    for (const stream of [child.stdin, child.stdout, child.stderr]) stream.on('error', () => undefined);
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      for (const line of text.split('\n')) {
        if (line.trim() !== '') say(`${printable(name)}: ${printable(line.slice(0, MAX_SAID_CHARACTERS))}\n`);
      }
    });
    pipe(child, socket, first);
    const left = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    await Promise.race([ended, left]);
    // What it has started goes with it.
    if (child.pid !== undefined) await endGroup(child.pid);
    socket.close(1000);
  }
}

/** Bytes both ways, each slowed down by what the other side takes. */
function pipe(child: ChildProcessWithoutNullStreams, socket: WebSocket, first: Buffer): void {
  const take = (data: Buffer): void => {
    if (data.length === 0) child.stdin.end();
    else if (child.stdin.writable && !child.stdin.write(data)) socket.pause();
  };
  take(first);
  socket.on('message', take);
  child.stdin.on('drain', () => socket.resume());
  child.stdout.on('data', (bytes: Buffer) => {
    if (socket.readyState !== socket.OPEN) return;
    socket.send(bytes, () => {
      if (child.stdout.isPaused() && socket.bufferedAmount < MAX_WAITING_BYTES) child.stdout.resume();
    });
    if (socket.bufferedAmount >= MAX_WAITING_BYTES) child.stdout.pause();
  });
  child.stdout.once('end', () => {
    if (socket.readyState === socket.OPEN) socket.send(NOTHING);
  });
}
