import type { WebSocket } from 'ws';
import { LIMITS } from '../../model/limits.ts';
import { CliError, EXIT } from '../cli-error.ts';
import type { Door } from './dial.ts';

export interface AttachOptions {
  readonly door: Door;
  readonly run: string;
  /** Told once: the gateway has ended the run. */
  readonly onOver: (why: string) => void;
  /** Told once of each time that the gateway is lost. */
  readonly onLost: () => void;
}

/** The gateway pings; one that was not heard of for so many rounds is gone, whatever the connection says. */
const SILENT_ROUNDS = 3;
const FIRST_RETRY_MS = 100;
const LAST_RETRY_MS = 2_000;

/** Of the gateway's own codes: the run is over (src/api/attach.ts). */
const RUN_OVER = 4001;

/**
 * Says to the gateway that this wrapper is there, for as long as it is: where it ends without a word, the gateway closes
 * the run. A connection that breaks is made anew. Throws a `CliError` where there is none to begin with.
 */
export async function attachRun(options: AttachOptions): Promise<AsyncDisposable> {
  const attachment = new RunAttachment(options);
  await attachment.open();
  return attachment;
}

/** What is refused after a silence was mostly void because of it. */
function afterSilence({ message }: CliError): string {
  return `the connection to it was gone for too long, or somebody ended the run (${message})`;
}

class RunAttachment implements AsyncDisposable {
  readonly #options: AttachOptions;
  readonly #path: string;
  #socket: WebSocket | undefined;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;
  #retryMs = FIRST_RETRY_MS;

  constructor(options: AttachOptions) {
    this.#options = options;
    this.#path = `/v1/runs/${encodeURIComponent(options.run)}/attach`;
  }

  async open(): Promise<void> {
    const socket = await this.#options.door.dial(this.#path);
    if (this.#closed) return socket.terminate();
    this.#socket = socket;
    this.#retryMs = FIRST_RETRY_MS;
    const silence = setTimeout(() => socket.terminate(), SILENT_ROUNDS * LIMITS.carrierPingMs).unref();
    socket.on('ping', () => silence.refresh());
    socket.on('error', () => socket.terminate());
    socket.resume();
    socket.once('close', (code) => {
      clearTimeout(silence);
      if (this.#closed) return;
      if (code === RUN_OVER) return this.#over('its grant is void');
      this.#options.onLost();
      this.#again();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    const socket = this.#socket;
    if (socket === undefined || socket.readyState === socket.CLOSED) return;
    await new Promise<void>((resolve) => {
      socket.once('close', () => resolve());
      socket.close(1000);
    });
  }

  #again(): void {
    this.#timer = setTimeout(() => {
      this.open().catch((error: unknown) => {
        if (this.#closed) return;
        if (error instanceof CliError && error.exitCode === EXIT.refused) return this.#over(afterSilence(error));
        this.#again();
      });
    }, this.#retryMs);
    this.#retryMs = Math.min(this.#retryMs * 2, LAST_RETRY_MS);
  }

  #over(why: string): void {
    this.#closed = true;
    this.#options.onOver(why);
  }
}
