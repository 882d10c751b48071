/** A server of both eras with all that the conformance suite asks of one, made with the official SDK. */
import { randomBytes, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import {
  classifyInboundRequest,
  createMcpHandler,
  createRequestStateCodec,
  type EventStore,
  isInitializeRequest,
  McpServer,
  type ServerContext,
  WebStandardStreamableHTTPServerTransport,
} from '@modelcontextprotocol/server';
import { addContent } from './everything-content.ts';
import { addRounds, type StateCodec } from './everything-rounds.ts';
import { addTools, type EverythingHooks } from './everything-tools.ts';

const CODEC: StateCodec = createRequestStateCodec<Record<string, unknown>>({ key: randomBytes(32) });

export function makeEverything(hooks: EverythingHooks): McpServer {
  const capabilities = {
    tools: { listChanged: true },
    resources: { subscribe: true, listChanged: true },
    prompts: { listChanged: true },
    logging: {},
    completions: {},
  };
  const server = new McpServer(
    { name: 'everything', version: '1.0.0' },
    { capabilities, requestState: { verify: CODEC.verify } },
  );
  addContent(server);
  addTools(server, hooks);
  addRounds(server, CODEC);
  for (const method of ['resources/subscribe', 'resources/unsubscribe', 'logging/setLevel'] as const) {
    server.server.setRequestHandler(method, () => ({}));
  }
  server.server.setRequestHandler('completion/complete', () => ({
    completion: { values: [], total: 0, hasMore: false },
  }));
  return server;
}

export interface EverythingServer extends AsyncDisposable {
  readonly port: number;
  /** The endpoint. */
  readonly url: string;
  /** What it was asked, in order, with its fields. */
  readonly asked: readonly { readonly method: string; readonly headers: Readonly<Record<string, string>> }[];
  /** Tells who listens (2026-07-28) that a resource has changed. */
  updated(uri: string): void;
}

/** Serves both eras on loopback at `/mcp`. */
export async function startEverything(): Promise<EverythingServer> {
  const { answer, updated } = makeFetch();
  const asked: { readonly method: string; readonly headers: Readonly<Record<string, string>> }[] = [];
  const server = createServer((incoming, outgoing) => {
    asked.push({ method: incoming.method ?? '', headers: plainHeaders(incoming) });
    void serve(incoming, outgoing, answer).catch(() => outgoing.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `http://127.0.0.1:${port}/mcp`,
    asked,
    updated,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

type Fetch = (request: Request, body: unknown) => Promise<Response>;

function makeFetch(): { readonly answer: Fetch; readonly updated: (uri: string) => void } {
  const transports = new Map<string, WebStandardStreamableHTTPServerTransport>();
  const hooks: EverythingHooks = {
    closeStream: ({ sessionId, mcpReq }: ServerContext) => transports.get(sessionId ?? '')?.closeSSEStream(mcpReq.id),
    toolsChanged: () => modern.notify.toolsChanged(),
    promptsChanged: () => modern.notify.promptsChanged(),
  };
  const modern = createMcpHandler(() => makeEverything(hooks));
  const begin = async (): Promise<WebStandardStreamableHTTPServerTransport> => {
    const transport = new WebStandardStreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      eventStore: memoryEvents(),
      retryInterval: 500,
      onsessioninitialized: (id) => void transports.set(id, transport),
      onsessionclosed: (id) => void transports.delete(id),
    });
    await makeEverything(hooks).connect(transport);
    return transport;
  };
  const answer: Fetch = async (request, body) => {
    const header = (name: string): string | undefined => request.headers.get(name) ?? undefined;
    const [version, named] = [header('mcp-protocol-version'), header('mcp-method')];
    const { kind } = classifyInboundRequest({
      httpMethod: request.method,
      ...(version === undefined ? {} : { protocolVersionHeader: version }),
      ...(named === undefined ? {} : { mcpMethodHeader: named }),
      body,
    });
    const parsedBody = body === undefined ? {} : { parsedBody: body };
    if (request.method === 'POST' && kind !== 'legacy') return modern.fetch(request, parsedBody);
    const session = header('mcp-session-id');
    const known = session === undefined ? undefined : transports.get(session);
    const transport = known ?? (session === undefined && isInitializeRequest(body) ? await begin() : undefined);
    if (transport !== undefined) return transport.handleRequest(request, parsedBody);
    const error = { code: session === undefined ? -32_000 : -32_001, message: 'there is no such session' };
    return Response.json({ jsonrpc: '2.0', id: null, error }, { status: session === undefined ? 400 : 404 });
  };
  return { answer, updated: (uri) => modern.notify.resourceUpdated(uri) };
}

async function serve(incoming: IncomingMessage, outgoing: ServerResponse, answer: Fetch): Promise<void> {
  const leaving = new AbortController();
  outgoing.once('close', () => leaving.abort());
  const pieces: Buffer[] = [];
  for await (const piece of incoming) pieces.push(piece as Buffer);
  const text = Buffer.concat(pieces).toString();
  const url = `http://${incoming.headers.host ?? 'localhost'}${incoming.url ?? '/'}`;
  const { method = 'GET' } = incoming;
  const request = new Request(url, {
    method,
    headers: plainHeaders(incoming),
    signal: leaving.signal,
    ...(text === '' ? {} : { body: text }),
  });
  // DNS rebinding: a browser that was led here names another host.
  const host = new URL(url).hostname;
  const response = ['127.0.0.1', 'localhost', '[::1]'].includes(host)
    ? await answer(request, parsed(text))
    : new Response('not this host', { status: 403 });
  outgoing.writeHead(response.status, Object.fromEntries(response.headers));
  outgoing.flushHeaders();
  if (response.body === null) outgoing.end();
  else await pipeline(Readable.fromWeb(response.body), outgoing);
}

function parsed(text: string): unknown {
  try {
    return text === '' ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

function plainHeaders({ headers }: IncomingMessage): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
}

/** What was sent on the streams of one session, for a client that comes again. */
function memoryEvents(): EventStore {
  const events: { readonly id: string; readonly stream: string; readonly message: never }[] = [];
  return {
    storeEvent: (stream, message) => {
      const id = `${stream}::${String(events.length).padStart(8, '0')}`;
      events.push({ id, stream, message: message as never });
      return Promise.resolve(id);
    },
    replayEventsAfter: async (last, { send }) => {
      const stream = last.split('::')[0] ?? last;
      const missed = events.filter((event) => event.stream === stream && event.id > last);
      for (const { id, message } of missed) if (Object.keys(message).length > 0) await send(id, message);
      return stream;
    },
  };
}
