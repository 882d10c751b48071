/** The MCP server of the conformance suite: it keeps no sessions, and answers by JSON or by a stream. */
import type { IncomingMessage, ServerResponse } from 'node:http';

export interface McpAsked {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly body: string;
  readonly canary: string;
}

interface Message {
  readonly id?: string | number;
  readonly method?: string;
  readonly params?: { readonly name?: string; readonly arguments?: { readonly events?: number } };
}

const TOOLS = ['permitted', 'json', 'stream', 'failing', 'error', 'large', 'hanging', 'canary'];
const SHAPES = ['text', 'structured', 'resource', 'link', 'key', 'notification'];

export async function answerMcp({ request, response, body, canary }: McpAsked): Promise<void> {
  if (request.method !== 'POST') {
    response.writeHead(405, { allow: 'POST', 'content-length': 0 }).end();
    return;
  }
  const { id, method, params } = JSON.parse(Buffer.from(body, 'latin1').toString('utf8')) as Message;
  const email = `${canary}@planted.test`;
  if (id === undefined) response.writeHead(202, { 'content-length': 0 }).end();
  else if (method === 'tools/list') sent(response, { id, result: { tools: [...TOOLS, ...SHAPES].map(tool) } });
  else if (method === 'prompts/list') sent(response, { id, result: { prompts: [{ name: 'drop' }] } });
  else if (method === 'tools/call') await call(response, id, { ...params }, email);
  else sent(response, { id, result: { completion: { values: [] } } });
}

function tool(name: string): object {
  return { name, description: `What ${name} does`, inputSchema: { type: 'object' } };
}

async function call(
  response: ServerResponse,
  id: string | number,
  { name = '', arguments: given }: NonNullable<Message['params']>,
  email: string,
): Promise<void> {
  const text = (said: string): object => ({ content: [{ type: 'text', text: said }] });
  const note = (data: unknown): object => ({ method: 'notifications/message', params: { level: 'info', data } });
  const result: Readonly<Record<string, object>> = {
    failing: { ...text('it did not work'), isError: true },
    text: text(`it is ${email}`),
    structured: { ...text(JSON.stringify({ to: email })), structuredContent: { to: email } },
    resource: { content: [{ type: 'resource', resource: { uri: 'file:///a', text: email } }] },
    link: { content: [{ type: 'resource_link', uri: `mailto:${email}`, name: 'a link' }] },
    key: { content: [], structuredContent: { [email]: true } },
  };
  switch (name) {
    case 'error':
      return sent(response, { id, error: { code: -32602, message: `not ${email}`, data: { to: email } } });
    case 'stream':
    case 'notification': {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      await written(
        response,
        `: a comment\n\nid: 1\nretry: 10\ndata: ${JSON.stringify({ jsonrpc: '2.0', ...note(email) })}\n\n`,
      );
      response.end(`event: message\r\ndata: ${JSON.stringify({ jsonrpc: '2.0', id, result: text('done') })}\r\n\r\n`);
      return;
    }
    case 'large': {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const event = `data: ${JSON.stringify({ jsonrpc: '2.0', ...note('x'.repeat(100_000)) })}\n\n`;
      for (let left = given?.events ?? 0; left > 0 && !response.destroyed; left--) await written(response, event);
      response.end(`data: ${JSON.stringify({ jsonrpc: '2.0', id, result: text('done') })}\n\n`);
      return;
    }
    case 'hanging':
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(`data: ${JSON.stringify({ jsonrpc: '2.0', ...note('some of it') })}\n\n`);
      setTimeout(() => response.end(), 30_000).unref();
      return;
    default:
      return sent(response, { id, result: result[name] ?? text(`${name}, Grüße`) });
  }
}

function sent(response: ServerResponse, message: object): void {
  const body = JSON.stringify({ jsonrpc: '2.0', ...message });
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }).end(body);
}

function written(response: ServerResponse, bytes: string): Promise<void> {
  return new Promise((resolve) => {
    response.once('close', resolve);
    response.write(bytes, () => {
      response.off('close', resolve);
      resolve();
    });
  });
}
