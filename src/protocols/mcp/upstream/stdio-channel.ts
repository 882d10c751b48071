import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { Fault } from '../../../model/fault.ts';
import type { Channel, ChannelListener } from './channel.ts';
import { LineReader } from './line-reader.ts';
import type { Launch } from './program.ts';

export interface StdioLimits {
  /** Of one line. */
  readonly maxMcpMessageBytes: number;
  /** Between what asks a program to end and what ends it. */
  readonly mcpServerEndMs: number;
}

export interface StdioParts {
  readonly launch: Launch;
  readonly limits: StdioLimits;
  /** Takes what the program says on its standard error, a line each, for the operator alone. */
  readonly onErrorLine: (line: string) => void;
}

/** Starts a program in a process group of its own. Throws a `Fault` where it cannot be started. */
export async function startProgram(parts: StdioParts): Promise<Channel> {
  const { command, args, env, directory, uid, gid } = parts.launch;
  const child = spawn(command, args, {
    env,
    cwd: directory,
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
    ...(uid === undefined ? {} : { uid }),
    ...(gid === undefined ? {} : { gid }),
  });
  try {
    await once(child, 'spawn');
  } catch (cause) {
    await parts.launch[Symbol.asyncDispose]();
    throw new Fault('upstream-unreachable', `the MCP server ${command} cannot be started`, { cause });
  }
  return new StdioChannel(child, parts);
}

class StdioChannel implements Channel {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #parts: StdioParts;
  readonly #gone: Promise<void>;
  #listener: ChannelListener | undefined;
  #fault: Error | undefined;
  #closing: Promise<void> | undefined;

  constructor(child: ChildProcessWithoutNullStreams, parts: StdioParts) {
    this.#child = child;
    this.#parts = parts;
    // What is written to a program that has gone is told by `send`; its end is told by `exit`.
    for (const stream of [child.stdin, child.stdout, child.stderr]) stream.on('error', () => undefined);
    this.#readErrors();
    this.#gone = this.#end();
  }

  listen(listener: ChannelListener): void {
    this.#listener = listener;
    const lines = new LineReader(this.#parts.limits.maxMcpMessageBytes);
    this.#child.stdout.on('data', (bytes: Buffer) => {
      for (const line of lines.read(bytes)) {
        if (line === undefined)
          return this.#break(new Fault('upstream-protocol', 'the MCP server wrote a line that is too long'));
        if (line.trim() !== '') listener.onMessage(line);
      }
    });
    if (this.#child.stdout.readableEnded) listener.onEnd(this.#fault);
  }

  async send(message: string): Promise<void> {
    const { stdin } = this.#child;
    if (!stdin.writable) throw this.#fault ?? ENDED();
    if (stdin.write(`${message}\n`)) return;
    // A pipe that breaks is that of a program that ends, which tells more.
    const drained = once(stdin, 'drain').catch(() => this.#gone);
    await Promise.race([drained, this.#gone]);
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) throw this.#fault ?? ENDED();
  }

  pause(): void {
    this.#child.stdout.pause();
  }

  resume(): void {
    this.#child.stdout.resume();
  }

  /** As the specification has it: its input ends, it is asked by a signal, it is ended. The group ends with it. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    // What it still says is nobody's.
    this.#child.stdout.resume();
    this.#child.stdin.end();
    this.#signal('SIGTERM');
    const timer = setTimeout(() => this.#signal('SIGKILL'), this.#parts.limits.mcpServerEndMs);
    await this.#gone;
    clearTimeout(timer);
  }

  #break(fault: Error): void {
    this.#fault ??= fault;
    this.#signal('SIGKILL');
  }

  async #end(): Promise<void> {
    const closed = once(this.#child, 'close');
    const [code, signal] = (await once(this.#child, 'exit')) as [number | null, NodeJS.Signals | null];
    // Whatever it has started goes with it; where nothing is left, there is no such group.
    this.#signal('SIGKILL');
    // What it said last is still heard, but not for as long as somebody else may hold its pipes.
    const waiting = new AbortController();
    await Promise.race([closed, delay(LAST_WORDS_MS, undefined, { signal: waiting.signal }).catch(() => undefined)]);
    waiting.abort();
    const isClosing = this.#closing !== undefined;
    if (!isClosing)
      this.#fault ??= new Fault('upstream-closed', `the MCP server ended by ${signal ?? `status ${code}`}`);
    this.#listener?.onEnd(isClosing ? undefined : this.#fault);
    for (const stream of [this.#child.stdin, this.#child.stdout, this.#child.stderr]) stream.destroy();
    await this.#parts.launch[Symbol.asyncDispose]();
  }

  #signal(name: 'SIGTERM' | 'SIGKILL'): void {
    if (this.#child.pid === undefined) return;
    try {
      process.kill(-this.#child.pid, name);
    } catch (error) {
      // Nothing is left of the group; or what is left is another user's by now, and no longer ours to end.
      if (!['ESRCH', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    }
  }

  #readErrors(): void {
    const lines = new LineReader(MOST_ERROR_LINE_BYTES);
    this.#child.stderr.on('data', (bytes: Buffer) => {
      for (const line of lines.read(bytes)) {
        this.#parts.onErrorLine(line ?? '(a line that is too long)');
        if (line === undefined) lines.skip();
      }
    });
  }
}

const LAST_WORDS_MS = 1_000;
const MOST_ERROR_LINE_BYTES = 8_192;
const ENDED = (): Fault => new Fault('upstream-closed', 'the MCP server has ended');
