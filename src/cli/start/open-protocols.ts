import { createBodyInspector } from '../../protocols/http/inspect/body-inspector.ts';
import { createKubernetes } from '../../protocols/kubernetes/kubernetes.ts';
import { OfferedServers } from '../../protocols/mcp/upstream/offered-servers.ts';
import type { CertificateAuthority, KeyPairPem } from './certificates.ts';
import { openHttpSide } from './http-port.ts';
import { Leaves } from './leaves.ts';
import type { Control } from './open-control.ts';
import { openMcp } from './open-mcp.ts';
import type { Sides } from './open-sides.ts';
import { type LateCarriers, openOwn } from './own/open-own.ts';
import { httpDomains } from './own-addresses.ts';
import type { StartConfig } from './start-config.ts';

interface ProtocolParts {
  readonly postgres: Sides['postgres'];
  readonly ssh: Sides['ssh'];
  readonly way: LateCarriers;
  readonly authority: CertificateAuthority;
  readonly tls: KeyPairPem;
  readonly parts: AsyncDisposableStack;
  readonly nowMs: () => number;
  readonly onFault: (fault: unknown, where?: string) => void;
}

/** The protocols, the gateway's own MCP server among what they reach. */
export function openProtocols(config: StartConfig, control: Control, around: ProtocolParts): Sides {
  const { postgres, ssh, way, authority, tls, parts, nowMs, onFault } = around;
  const own = openOwn({ ...control, way, catalogue: postgres.catalogue });
  const offered = new OfferedServers();
  const layers = [openMcp(config, control, { parts, onFault, own, offered }), createKubernetes()];
  const leaves = new Leaves(authority, nowMs);
  return { postgres, ssh, offered, http: openHttpSide({ tls, leaves, layers, ...placesOf(config, control) }) };
}

/** What the HTTP side knows of the configuration. */
function placesOf(config: StartConfig, { targets, policies, web, nowMs }: Control) {
  const inspector = createBodyInspector({ asksForBody: () => policies.current().asksForBody });
  return { inspector, targets: () => targets.list(), domains: httpDomains(config), issuer: () => web.url, nowMs };
}
