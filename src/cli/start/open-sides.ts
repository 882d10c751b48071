import type { GatewayParts } from '../../gateway/admission.ts';
import type { Carriers } from '../../gateway/carriers.ts';
import { Connections } from '../../gateway/connections.ts';
import { type Refusal, Refused } from '../../model/refusal.ts';
import type { Target } from '../../model/target.ts';
import type { OfferedServers } from '../../protocols/mcp/upstream/offered-servers.ts';
import type { HttpPort, HttpSide } from './http-port.ts';
import type { Listening } from './listen.ts';
import type { Control } from './open-control.ts';
import type { ApiParts } from './open-gateway.ts';
import { publicAddress } from './own-addresses.ts';
import type { PostgresPort, PostgresSide } from './postgres-port.ts';
import type { SshPort, SshSide } from './ssh-port.ts';
import type { Address, StartConfig } from './start-config.ts';

/** The protocols of a gateway. */
export interface Sides {
  readonly postgres: PostgresSide;
  readonly http: HttpSide;
  readonly ssh: SshSide;
  /** Programs that wrappers of runs would start. */
  readonly offered: OfferedServers;
}

export interface OpenPorts {
  readonly postgres: Listening<PostgresPort>;
  /** Absent where no HTTP port is wanted: what is carried needs none. */
  readonly http?: Listening<HttpPort>;
  /** The same of SSH. */
  readonly ssh?: Listening<SshPort>;
  readonly connections: Connections;
  carriers(protocol: string): Pick<Carriers<never, never>, 'checkRoom' | 'serve'> | undefined;
  /** The names of ports that take no connections any more. */
  closedPorts(): readonly string[];
  /** Where clients of a protocol reach this gateway. */
  reach(protocol: string): Address | undefined;
}

/** The ways in for clients: the native ports, and the WebSockets of the API's. All count as one. */
export async function openPorts(sides: Sides, config: StartConfig, gateway: GatewayParts): Promise<OpenPorts> {
  const connections = new Connections(gateway);
  const { portsMayMove } = config;
  const postgres = await sides.postgres.listen(config.postgres, portsMayMove, gateway, connections);
  const http = config.http && (await sides.http.listen(config.http, portsMayMove, gateway, connections));
  const ssh = config.ssh && (await sides.ssh.listen(config.ssh, portsMayMove, gateway, connections));
  const carriedHttp = sides.http.carriers(gateway, connections);
  const carried = new Map([
    ['postgres', sides.postgres.carriers(gateway, connections)],
    ['http', carriedHttp],
    ['mcp', carriedHttp],
    ['ssh', sides.ssh.carriers(gateway, connections)],
    ['kubernetes', carriedHttp],
  ]);
  const reached = (port: number): Address => publicAddress(config, { host: 'localhost', port });
  return {
    postgres,
    ...(http === undefined ? {} : { http }),
    ...(ssh === undefined ? {} : { ssh }),
    connections,
    carriers: (protocol) => carried.get(protocol),
    closedPorts: () => [
      ...(postgres.server.listening ? [] : ['PostgreSQL']),
      ...(http === undefined || http.server.listening ? [] : ['HTTP']),
      ...(ssh === undefined || ssh.server.listening ? [] : ['SSH']),
    ],
    reach: (protocol) => {
      if (protocol === 'postgres') return config.publicPostgres ?? reached(postgres.server.port);
      if (protocol === 'ssh') return ssh && (config.publicSsh ?? reached(ssh.server.port));
      if (!ridesOnHttp(protocol) || http === undefined) return undefined;
      return config.publicHttp ?? reached(http.server.port);
    },
  };
}

/** How the API looks at targets: tries one, samples one in a session of its own, and has what is known of its tables. */
export function targetsSeen(
  sides: Sides,
  config: StartConfig,
  control: Control,
  gateway: GatewayParts,
): Pick<ApiParts, 'connect' | 'catalogue' | 'survey' | 'offered'> {
  return {
    offered: sides.offered,
    connect: (target, ...rest) => sideOf(target, sides).check(target, ...rest),
    catalogue: (target) => (hasTables(target) ? sides.postgres.catalogue(target) : undefined),
    survey: (principal, target, signal, options) => {
      if (!hasTables(target)) return Promise.reject(new Refused(NO_TABLES));
      const credential = () => control.targets.credential(target);
      const { recordMode = target.recordMode } = config;
      const admitted = { principal, target: { ...target, recordMode }, credential };
      return sides.postgres.survey(gateway, admitted, signal, options);
    },
  };
}

function sideOf({ protocol }: Target, { http, ssh, postgres }: Sides): Pick<SshSide, 'check'> {
  if (protocol === 'ssh') return ssh;
  return ridesOnHttp(protocol) ? http : postgres;
}

function hasTables({ protocol }: Target): boolean {
  return protocol !== 'ssh' && !ridesOnHttp(protocol);
}

function ridesOnHttp(protocol: string): boolean {
  return protocol === 'http' || protocol === 'mcp' || protocol === 'kubernetes';
}

const NO_TABLES: Refusal = {
  code: 'protocol-unsupported',
  message: 'this target has no tables, so there is nothing to sample',
};
