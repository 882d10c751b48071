/** A server of 2025-11-25 alone, made with the first official SDK: sessions, a stream, and questions in the middle of a call. */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { McpServer, ResourceTemplate } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import {
  CreateMessageResultSchema,
  ElicitResultSchema,
  SubscribeRequestSchema,
  UnsubscribeRequestSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { z } from 'zod';

/** As long as the specification lets a name be. */
export const LONG_NAME = 'a_tool_with_a_name_that_is_so_long_that_few_clients_take_it_'.padEnd(120, 'x');

export interface LegacyServer extends AsyncDisposable {
  readonly port: number;
  readonly url: string;
  /** The sessions that are open. */
  readonly sessions: ReadonlyMap<string, StreamableHTTPServerTransport>;
  /** The fields of all requests, in order. */
  readonly asked: readonly { readonly method: string; readonly headers: Readonly<Record<string, string>> }[];
  /** What was cancelled of calls that were under way. */
  readonly cancelled: readonly string[];
  /** The resources that somebody has subscribed to. */
  readonly subscribed: ReadonlySet<string>;
  /** Tells all sessions that a resource has changed. */
  updated(uri: string): Promise<void>;
  /** Adds a tool for all sessions, which hear of it. */
  addTool(name: string): void;
  stop(): Promise<void>;
}

export async function startLegacyServer(): Promise<LegacyServer> {
  const transports = new Map<string, StreamableHTTPServerTransport>();
  const servers = new Set<McpServer>();
  const cancelled: string[] = [];
  const subscribed = new Set<string>();
  const asked: { method: string; headers: Record<string, string> }[] = [];
  const http = createServer((incoming, outgoing) => {
    const headers = Object.fromEntries(
      Object.entries(incoming.headers).map(([name, value]) => [name, [value].flat().join(', ')]),
    );
    asked.push({ method: incoming.method ?? '', headers });
    void serve(incoming, outgoing).catch(() => outgoing.destroy());
  });
  const serve = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const known = transports.get(String(incoming.headers['mcp-session-id'] ?? ''));
    if (known !== undefined) return known.handleRequest(incoming, outgoing);
    if (incoming.headers['mcp-session-id'] !== undefined) return void outgoing.writeHead(404).end();
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: () => randomUUID(),
      onsessioninitialized: (id) => void transports.set(id, transport),
      onsessionclosed: (id) => void transports.delete(id),
    });
    const server = makeServer(cancelled, subscribed);
    servers.add(server);
    await server.connect(transport);
    await transport.handleRequest(incoming, outgoing);
  };
  await listening(http);
  const { port } = http.address() as AddressInfo;
  const stop = async (): Promise<void> => {
    http.closeAllConnections();
    if (http.listening) await new Promise((resolve) => http.close(resolve));
  };
  return {
    port,
    url: `http://127.0.0.1:${port}/mcp`,
    sessions: transports,
    asked,
    cancelled,
    subscribed,
    updated: async (uri) => {
      for (const { server } of servers) await server.sendResourceUpdated({ uri });
    },
    addTool: (name) => {
      for (const server of servers) server.registerTool(name, { description: 'was added' }, () => said('added'));
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

const said = (text: string) => ({ content: [{ type: 'text' as const, text }] });

function makeServer(cancelled: string[], subscribed: Set<string>): McpServer {
  const server = new McpServer(
    { name: 'legacy', version: '1.0.0' },
    { capabilities: { logging: {}, resources: { subscribe: true, listChanged: true } } },
  );
  server.registerTool('add', { description: 'Adds', inputSchema: { a: z.number(), b: z.number() } }, ({ a, b }) => ({
    ...said(String(a + b)),
  }));
  server.registerTool(LONG_NAME, { description: 'Has a long name' }, () => said('long'));
  server.registerTool('ask', { description: 'Asks the client for a name' }, async () => {
    const requestedSchema = { type: 'object' as const, properties: { name: { type: 'string' as const } } };
    const answer = await server.server.elicitInput({ message: 'What is your name?', requestedSchema });
    return said(`${answer.action} ${String(answer.content?.['name'] ?? '')}`);
  });
  server.registerTool('ask_there', { description: 'Asks on the stream of the call' }, async ({ sendRequest }) => {
    const requestedSchema = { type: 'object' as const, properties: { name: { type: 'string' as const } } };
    const params = { message: 'What is your name?', requestedSchema };
    const answer = await sendRequest({ method: 'elicitation/create', params }, ElicitResultSchema);
    return said(`${answer.action} ${String(answer.content?.['name'] ?? '')}`);
  });
  server.registerTool('complete', { description: 'Asks the client for a completion' }, async ({ sendRequest }) => {
    const messages = [{ role: 'user' as const, content: { type: 'text' as const, text: 'The capital of France?' } }];
    const params = { messages, maxTokens: 10 };
    const { content } = await sendRequest({ method: 'sampling/createMessage', params }, CreateMessageResultSchema);
    return said(content.type === 'text' ? content.text : '');
  });
  server.registerTool('log', { description: 'Logs at two levels' }, async ({ sessionId }) => {
    await server.server.sendLoggingMessage({ level: 'info', data: 'little' }, sessionId);
    await server.server.sendLoggingMessage({ level: 'error', data: 'much' }, sessionId);
    return said('logged');
  });
  server.server.setRequestHandler(SubscribeRequestSchema, ({ params }) => {
    subscribed.add(params.uri);
    return {};
  });
  server.server.setRequestHandler(UnsubscribeRequestSchema, ({ params }) => {
    subscribed.delete(params.uri);
    return {};
  });
  server.registerTool('wait', { description: 'Waits until it is cancelled' }, async ({ signal, requestId }) => {
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    cancelled.push(String(requestId));
    return said('never');
  });
  server.registerTool('link', { description: 'Links to a resource' }, () => ({
    content: [{ type: 'resource_link' as const, uri: 'test://note', name: 'note' }],
  }));
  server.registerResource('note', 'test://note', { description: 'A note' }, ({ href }) => ({
    contents: [{ uri: href, text: 'noted' }],
  }));
  const template = new ResourceTemplate('test://notes/{id}', { list: undefined });
  server.registerResource('notes', template, { description: 'Notes' }, ({ href }, { id }) => ({
    contents: [{ uri: href, text: `note ${String(id)}` }],
  }));
  server.registerPrompt('greet', { description: 'Greets', argsSchema: { name: z.string() } }, ({ name }) => ({
    messages: [{ role: 'user', content: { type: 'text', text: `Hello, ${name}` } }],
  }));
  return server;
}

function listening(http: Server): Promise<void> {
  return new Promise((resolve) => http.listen(0, '127.0.0.1', resolve));
}
