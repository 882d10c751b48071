import { Fault } from '../../model/fault.ts';
import { LIMITS } from '../../model/limits.ts';
import { OWN_NAME } from '../../model/own-target.ts';
import type { HttpLayer } from '../../protocols/http/layer.ts';
import { createMcp } from '../../protocols/mcp/mcp.ts';
import { OwnConnection } from '../../protocols/mcp/own/own-connection.ts';
import type { OwnServices } from '../../protocols/mcp/own/own-tools.ts';
import { Seals } from '../../protocols/mcp/seals.ts';
import { McpUpstreams } from '../../protocols/mcp/upstream/mcp-upstreams.ts';
import type { OfferedServers } from '../../protocols/mcp/upstream/offered-servers.ts';
import type { Control } from './open-control.ts';
import { httpDomains } from './own-addresses.ts';
import type { StartConfig } from './start-config.ts';

interface McpParts {
  readonly parts: AsyncDisposableStack;
  readonly onFault: (fault: unknown, client: string) => void;
  readonly own: OwnServices;
  /** Programs that runs start. */
  readonly offered: OfferedServers;
}

/** The layer that MCP targets are behind, the gateway's own server among them; what it starts ends with `parts`. */
export function openMcp(
  config: StartConfig,
  { key, nowMs, grants }: Pick<Control, 'key' | 'nowMs' | 'grants'>,
  { parts, onFault, own, offered }: McpParts,
): HttpLayer {
  const onSaid = ({ target, text }: { readonly target: string; readonly text: string }): void =>
    onFault(text, `the MCP server ${target}`);
  const upstreams = parts.use(new McpUpstreams({ limits: LIMITS, hidden: [config.dataDirectory], offered, onSaid }));
  const ending = (fault: unknown): void => onFault(fault, 'an MCP server');
  parts.defer(grants.onRevoked((grant) => void upstreams.endGrant(grant).catch(ending)));
  return createMcp({
    limits: LIMITS,
    now: nowMs,
    dial: (dialled, signal) => {
      const { target, run, grant, session } = dialled;
      if (target.name !== OWN_NAME) return upstreams.dial(dialled, signal);
      if (run === undefined || grant === undefined || session === undefined)
        throw new Fault('internal', 'the own server is asked by nobody');
      return Promise.resolve(new OwnConnection(own, { run, grant, session }));
    },
    seals: new Seals(key.derive('mcp/seals')),
    domains: httpDomains(config),
  });
}
