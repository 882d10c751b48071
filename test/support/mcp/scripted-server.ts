/** An MCP server that says what a test makes it say, and keeps what it was sent. */
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface RpcMessage {
  readonly jsonrpc: '2.0';
  readonly id?: string | number;
  readonly method?: string;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly result?: Readonly<Record<string, unknown>>;
  readonly error?: { readonly code: number; readonly message: string };
}

export interface Asked {
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
  readonly message: RpcMessage | undefined;
}

/** A result, or what else becomes of the reply. */
export type Script = (asked: Asked, response: ServerResponse) => Readonly<Record<string, unknown>> | 'answered';

export interface ScriptedServer extends AsyncDisposable {
  readonly port: number;
  readonly asked: readonly Asked[];
  /** The messages of clients and the gateway that have this method. */
  of(method: string): readonly RpcMessage[];
}

export async function startScripted(script: Script): Promise<ScriptedServer> {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    void bodyOf(request).then((text) => {
      const message = text === '' ? undefined : (JSON.parse(text) as RpcMessage);
      const one = { method: request.method ?? '', headers: request.headers, message };
      asked.push(one);
      const result = script(one, response);
      if (result === 'answered') return;
      if (message?.id === undefined || message.method === undefined) {
        response.writeHead(202).end();
        return;
      }
      sendJson(response, { jsonrpc: '2.0', id: message.id, result });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    asked,
    of: (method) => asked.flatMap(({ message }) => (message?.method === method ? [message] : [])),
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export function sendJson(response: ServerResponse, message: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(message));
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const piece of request) text += String(piece);
  return text;
}
