import { once } from 'node:events';
import { createServer as createHttp, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createHttps } from 'node:https';
import type { AddressInfo } from 'node:net';

export interface Received {
  readonly headers: Record<string, string>;
  readonly body: string;
}

export interface WebhookReceiver extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly received: Received[];
  /** How the next requests are answered; after them, 204 each. */
  next(...answers: readonly ((response: ServerResponse) => void)[]): void;
  /** Resolves once so many requests came. */
  came(count: number): Promise<void>;
}

/** A server that keeps what is posted to it. */
export async function startWebhookReceiver(
  options: { readonly tls?: { readonly certificate: string; readonly key: string }; readonly port?: number } = {},
): Promise<WebhookReceiver> {
  const received: Received[] = [];
  const answers: ((response: ServerResponse) => void)[] = [];
  const waiting = new Set<() => void>();
  const serve = async (request: IncomingMessage, response: ServerResponse) => {
    let body = '';
    for await (const chunk of request.setEncoding('utf8')) body += chunk as string;
    received.push({ headers: request.headers as Record<string, string>, body });
    const answer = answers.shift();
    if (answer) answer(response);
    else response.writeHead(204).end();
    for (const look of waiting) look();
  };
  const listener: RequestListener = (request, response) => void serve(request, response).catch(() => undefined);
  const { tls } = options;
  const server = tls ? createHttps({ cert: tls.certificate, key: tls.key }, listener) : createHttp(listener);
  server.listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `${tls ? 'https' : 'http'}://localhost:${port}/hook`,
    port,
    received,
    next: (...more) => void answers.push(...more),
    came: (count) =>
      new Promise((resolve) => {
        const look = () => {
          if (received.length < count) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      }),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
