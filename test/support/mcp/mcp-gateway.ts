/** A gateway in this process with MCP targets, which starts programs as a real one does. */
import type { TargetName } from '../../../src/model/ids.ts';
import { LIMITS } from '../../../src/model/limits.ts';
import type { McpTarget } from '../../../src/model/mcp.ts';
import { createMcp } from '../../../src/protocols/mcp/mcp.ts';
import { McpUpstreams } from '../../../src/protocols/mcp/upstream/mcp-upstreams.ts';
import type { TestGateway, TestTarget } from '../gateway.ts';
import { type HttpGatewayOptions, startHttpGateway } from '../http-gateway.ts';

export interface McpGateway extends TestGateway {
  /** What programs said on their standard error. */
  readonly said: readonly string[];
}

export async function startMcpGateway(options: HttpGatewayOptions): Promise<McpGateway> {
  const said: string[] = [];
  const limits = { ...LIMITS, ...options.limits };
  const upstreams = new McpUpstreams({ limits, onSaid: ({ text }) => said.push(text) });
  const layer = createMcp({
    limits,
    now: Date.now,
    dial: (...dialled) => upstreams.dial(...dialled),
    domains: ['localhost'],
  });
  const gateway = await startHttpGateway({ ...options, http: { layers: [layer], ...options.http } });
  const stop = async (): Promise<void> => {
    await gateway.stop();
    await upstreams[Symbol.asyncDispose]();
  };
  return {
    ...gateway,
    said,
    stop,
    [Symbol.asyncDispose]: async () => {
      await stop();
      await gateway[Symbol.asyncDispose]();
    },
  };
}

/** A target at a port of this machine, or a program; all that it offers is accepted. */
export function mcpTarget(
  name: string,
  transport: McpTarget['transport'],
  port = 0,
  credential: TestTarget['credential'] = { user: '', http: { kind: 'none' } },
): TestTarget {
  const path = 'path' in transport ? transport.path : undefined;
  return {
    name: name as TargetName,
    protocol: 'mcp',
    address: { host: transport.kind === 'stdio' ? 'stdio' : '127.0.0.1', port },
    tls: { mode: 'disable' },
    labels: {},
    classified: [],
    recordMode: 'batched',
    storedReplyBytes: LIMITS.storedReplyBytes,
    http: { basePath: path ?? '', hosts: [], version: '1.1' },
    mcp: { transport, tools: [], firstUse: 'accept' },
    credential,
  };
}
