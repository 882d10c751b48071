import type { IncomingMessage } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { LIMITS } from '../../model/limits.ts';
import { type ApiClient, type GrantHolder, MAX_ATTEMPTS, problem, retryAfterMs } from '../api-client.ts';
import { CliError, EXIT } from '../cli-error.ts';
import { Turns } from './turns.ts';

/** Opens WebSockets to a gateway with a grant and the key of it. */
export interface Door {
  /** Paused: whoever listens to it resumes it. Throws a `CliError` that says what the gateway said. */
  dial(path: string, headers?: Readonly<Record<string, string>>): Promise<WebSocket>;
  /** What to open files for, and what to name in messages. */
  readonly url: string;
}

const HANDSHAKE_MS = 20_000;
/** At once: of hundreds together each would wait for all the others, and some for too long. The others wait here. */
const MAX_HANDSHAKES = 16;
/** An answer of no is a problem of some lines; a proxy's page may be anything. */
const MAX_ANSWER_BYTES = 64 * 1024;

export function openDoor(api: ApiClient, grant: GrantHolder): Door {
  const settings = {
    agent: api.agent,
    perMessageDeflate: false,
    maxPayload: LIMITS.carrierMessageBytes,
    handshakeTimeout: HANDSHAKE_MS,
    closeTimeout: LIMITS.carrierCloseMs,
    skipUTF8Validation: true,
  };
  const turns = new Turns(MAX_HANDSHAKES);
  const attempt = async (path: string, headers: Readonly<Record<string, string>>): Promise<WebSocket | number> => {
    using _turn = await turns.take();
    const credentials = await api.credentials('GET', path, grant);
    const url = `${api.url.replace(/^http/, 'ws')}${path}`;
    const socket = new WebSocket(url, { ...settings, headers: { ...headers, ...credentials } });
    return await opened(socket, api, path);
  };
  return {
    url: api.url,
    async dial(path, headers = {}) {
      for (let attempts = 1; ; attempts++) {
        const socket = await attempt(path, headers);
        if (typeof socket !== 'number') return socket;
        if (attempts === MAX_ATTEMPTS) throw new CliError(EXIT.unavailable, 'the gateway has too many connections');
        await setTimeout(socket);
      }
    },
  };
}

/** The open WebSocket, or after how many milliseconds to try again. Throws a `CliError`. */
function opened(socket: WebSocket, api: ApiClient, path: string): Promise<WebSocket | number> {
  return new Promise((resolve, reject) => {
    socket.once('open', () => {
      // What the other side says at once comes before whoever waits for this promise can listen.
      socket.pause();
      socket.off('error', failed);
      resolve(socket);
    });
    const failed = (cause: Error): void => reject(api.unreachable(cause));
    socket.once('error', failed);
    socket.once('unexpected-response', (_request, response) => {
      socket.off('error', failed);
      socket.on('error', ignoreAfterAnswer);
      void readAnswer(response).then((text) => {
        socket.terminate();
        if (response.statusCode === 429) return resolve(retryAfterMs(response));
        reject(answered(response, text, path));
      }, reject);
    });
  });
}

/** A no of the gateway's own says why; anything else came from something in between that takes no WebSockets. */
function answered(response: IncomingMessage, text: string, path: string): CliError {
  if (response.headers['content-type']?.startsWith('application/problem+json')) {
    return problem(response, text, { path });
  }
  return new CliError(EXIT.unavailable, `no WebSocket could be opened: something answered ${response.statusCode}`, {
    hint: 'A proxy on the way may not let WebSockets through. `--direct` connects to the native ports instead.',
  });
}

async function readAnswer(response: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of response as AsyncIterable<Buffer>) {
    pieces.push(piece);
    bytes += piece.length;
    if (bytes > MAX_ANSWER_BYTES) break;
  }
  return Buffer.concat(pieces).toString('utf8');
}

/** The answer is what counts; that the connection ends after it is not news. */
function ignoreAfterAnswer(): void {}
