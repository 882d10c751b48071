/** A run at an MCP server that says what a test wants, through a gateway. */
import type { ServerResponse } from 'node:http';
import type { BudgetDesk, MetListing } from '../../../src/gateway/control-plane.ts';
import type { Limits } from '../../../src/model/limits.ts';
import type { Standing } from '../../../src/model/mcp.ts';
import type { Policy } from '../../../src/policy/policy.ts';
import type { FakeApprovals } from '../fake-approvals.ts';
import { recorded } from '../recorded.ts';
import { type McpGateway, mcpTarget, startMcpGateway } from './mcp-gateway.ts';
import { type Asked, type ScriptedServer, sendJson, startScripted } from './scripted-server.ts';

export const OLD = '2025-11-25';
export const NEW = '2026-07-28';
export const TOOLS = [
  { name: 'add', description: 'Adds', inputSchema: { type: 'object' } },
  { name: 'wipe', description: 'Wipes', inputSchema: { type: 'object' }, annotations: { destructiveHint: true } },
];

interface WorldOptions {
  readonly policies?: readonly Policy[];
  readonly tools?: () => readonly object[];
  readonly standings?: ReadonlyMap<string, Standing>;
  readonly met?: (listing: MetListing) => ReadonlyMap<string, Standing>;
  readonly script?: (
    asked: Asked,
    response: ServerResponse,
  ) => Readonly<Record<string, unknown>> | 'answered' | undefined;
  readonly approvals?: FakeApprovals;
  readonly limits?: Partial<Limits>;
  readonly budgets?: BudgetDesk;
}

/** What a test looks into; what is not there fails it. */
interface Told {
  readonly id: unknown;
  readonly error: { readonly code: number };
  readonly result: {
    readonly content: readonly [{ readonly text: string }];
    readonly isError: boolean;
    readonly structuredContent: { readonly rows: readonly [{ readonly n: number }] };
    readonly tools: readonly { readonly name: string }[];
    readonly cacheScope: string;
    readonly resultType: string;
    readonly requestState: string;
    readonly inputRequests: { readonly 'chaperone-approval': { readonly params: { readonly mode: string } } };
    readonly _meta: { readonly 'chaperone/refusal': { readonly code: string; readonly approval?: string } };
  };
}

interface Said {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: Told;
}

export interface World extends AsyncDisposable {
  readonly gateway: McpGateway;
  /** The endpoint, and what lets in there. */
  readonly url: string;
  readonly authorization: string;
  readonly server: ScriptedServer;
  post(text: string, headers?: Record<string, string>): Promise<Said>;
  ask(method: string, params?: object, version?: string): Promise<Said>;
  call(
    tool: string,
    given: object,
    version?: string,
    headers?: Record<string, string>,
    more?: { readonly progressToken?: string; readonly elicitation?: boolean; readonly more?: object },
  ): Promise<Said>;
}

export async function startScriptedWorld(options: WorldOptions = {}): Promise<World> {
  const { tools = () => TOOLS, standings } = options;
  const server = await startScripted((asked, response) => {
    const scripted = options.script?.(asked, response);
    if (scripted !== undefined) return scripted;
    const { message } = asked;
    if (message?.method === 'tools/list') return { tools: tools(), ttlMs: 1, cacheScope: 'public' };
    if (message?.method === 'initialize') {
      response.setHeader('mcp-session-id', 'server-session');
      const about = { name: 'scripted', version: '1' };
      sendJsonOf(response, message.id, { protocolVersion: OLD, capabilities: { tools: {} }, serverInfo: about });
      return 'answered';
    }
    return { content: [{ type: 'text', text: 'done' }] };
  });
  const met =
    options.met ??
    (({ all }: MetListing) => new Map(all.map(({ name }) => [name, standings?.get(name) ?? 'accepted'] as const)));
  const gateway = await startMcpGateway({
    targets: [mcpTarget('tracker', { kind: 'http', path: '/mcp' }, server.port)],
    ...(options.policies === undefined ? {} : { policies: options.policies }),
    ...(options.approvals === undefined ? {} : { approvals: options.approvals }),
    ...(options.limits === undefined ? {} : { limits: options.limits }),
    ...(options.budgets === undefined ? {} : { budgets: options.budgets }),
    definitions: { met: (listing) => Promise.resolve(met(listing)) },
  });
  const { user, password } = await gateway.grant();
  const url = `http://127.0.0.1:${gateway.port}/t/tracker/mcp`;
  const authorization = `Bearer ${user}.${password}`;
  const post = async (text: string, headers: Record<string, string> = {}): Promise<Said> => {
    const reply = await fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        authorization,
        ...headers,
      },
      body: text,
    });
    const said = await reply.text();
    const isJson = (reply.headers.get('content-type') ?? '').includes('json');
    return { status: reply.status, headers: reply.headers, text: said, body: (isJson ? JSON.parse(said) : {}) as Told };
  };
  const world: World = {
    gateway,
    url,
    authorization,
    server,
    post,
    ask: (method, params = {}, version = OLD) => {
      const _meta = metaOf(version, false);
      const message = {
        jsonrpc: '2.0',
        id: 1,
        method,
        params: { ...params, ...(_meta === undefined ? {} : { _meta }) },
      };
      return post(JSON.stringify(message), headersOf(version, method));
    },
    call: (name, given, version = OLD, headers = {}, { progressToken, elicitation = false, more = {} } = {}) => {
      const _meta = { ...metaOf(version, elicitation), ...(progressToken === undefined ? {} : { progressToken }) };
      const params = { name, arguments: given, ...(Object.keys(_meta).length === 0 ? {} : { _meta }), ...more };
      const message = { jsonrpc: '2.0', id: 1, method: 'tools/call', params };
      return post(JSON.stringify(message), { ...headersOf(version, 'tools/call', name), ...headers });
    },
    [Symbol.asyncDispose]: async () => {
      await gateway[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
  return world;
}

function metaOf(version: string, elicitation: boolean): object | undefined {
  if (version !== NEW) return undefined;
  return {
    'io.modelcontextprotocol/protocolVersion': version,
    'io.modelcontextprotocol/clientCapabilities': elicitation ? { elicitation: { url: {} } } : {},
  };
}

function headersOf(version: string, method: string, name?: string): Record<string, string> {
  if (version !== NEW) return { 'mcp-protocol-version': version };
  return { 'mcp-protocol-version': version, 'mcp-method': method, ...(name === undefined ? {} : { 'mcp-name': name }) };
}

function sendJsonOf(response: ServerResponse, id: unknown, result: object): void {
  sendJson(response, { jsonrpc: '2.0', id, result });
}

/** All that is on record, bodies too, as one text. */
export async function said(gateway: McpGateway): Promise<string> {
  return (await recorded(gateway)).map(({ event, body }) => JSON.stringify(event) + body.toString('utf8')).join('\n');
}
