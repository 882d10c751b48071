import type { Secret } from '../../model/secret.ts';

/** Where the clients of one target connect, and with what: the run's own listeners, or in direct mode the native port. */
export interface LocalTarget {
  /** The target's name in the configuration. */
  readonly name: string;
  readonly protocol: string;
  /** 127.0.0.1, but for direct mode. */
  readonly host: string;
  readonly port: number;
  /** A 0700 folder with `.s.PGSQL.5432` in it, where this platform and the length of its path allow one. */
  readonly socketDirectory?: string;
  readonly database: string;
  readonly user: string;
  /** Of this run and this listener alone; in direct mode the grant's own secret. */
  readonly password: Secret;
  /** Of a target that speaks AWS, at a listener: what its clients sign with, the user as the access key. */
  readonly aws?: LocalAws;
  /** Of an SSH target. */
  readonly ssh?: LocalSsh;
  /** PEM of what a listener shows its clients that take nothing without TLS. */
  readonly certificate?: string;
  /** `none` is a listener on this machine alone: the way from there on is the wrapper's. */
  readonly tls: 'none' | 'verify-full';
}

/** All that have a way: those of the grant, then those that people may give it. */
export function reachableTargets({
  targets,
  requestable = [],
}: Pick<RunContext, 'targets' | 'requestable'>): readonly LocalTarget[] {
  return [...targets, ...requestable];
}

/** Where all MCP targets of a run are at one address: the endpoint of its listener, or at the native port. */
export function mcpAddressOf({ host, port, tls }: LocalTarget): URL {
  if (tls === 'none') return new URL(`http://${host}:${port}/mcp`);
  return new URL(`https://${host.includes(':') ? `[${host}]` : host}:${port}/mcp`);
}

/** Where HTTP finds a target: a listener has it alone, and at the native port the path names it. */
export function addressOf({ host, port, name, tls, certificate }: LocalTarget): URL {
  if (tls === 'none') return new URL(`${certificate === undefined ? 'http' : 'https'}://${host}:${port}/`);
  return new URL(`https://${host.includes(':') ? `[${host}]` : host}:${port}/t/${encodeURIComponent(name)}/`);
}

export interface LocalSsh {
  /** Names under which clients know it, beside the target's own. */
  readonly hosts: readonly string[];
  /** By which they know the gateway: `ssh-ed25519 AAAA…`. */
  readonly hostKey: string;
  /** Where the run's own agent is asked, and the one key that it has. */
  readonly agent: string;
  readonly publicKey: string;
}

export interface LocalAws {
  readonly secretAccessKey: Secret;
  /** What its requests are for, where that is known. */
  readonly region?: string;
  readonly service?: string;
}

/** The run's own forward proxy, for the names of its HTTP targets. */
export interface LocalProxy {
  /** Of 127.0.0.1. */
  readonly port: number;
  /** The names of its targets, lower case. */
  readonly hosts: readonly string[];
  readonly user: string;
  readonly password: Secret;
}

/** How connections get from this machine to the gateway. */
export type Carrier = 'websocket' | 'direct';

/** What the command of a run is surrounded with is made of this. */
export interface RunContext {
  readonly runId: string;
  readonly runUrl: string;
  /** The principal, for people: `octo-shop/storefront@refs/heads/main`. */
  readonly display: string;
  /** A folder of this run alone, 0700, gone when the run ends. */
  readonly directory: string;
  /** In the order in which they were asked for. */
  readonly targets: readonly LocalTarget[];
  /** What people may give the run while it goes on: each has its way from the beginning, which the gateway lets nobody go before. */
  readonly requestable?: readonly LocalTarget[];
  /** All MCP targets at one address, the gateway's own server among them; absent where there are none. */
  readonly mcp?: LocalTarget;
  /** Present where one of the targets has a name on the forward proxy. */
  readonly proxy?: LocalProxy;
  readonly gatewayUrl: string;
  readonly carrier: Carrier;
  /** PEM of the authority behind the gateway's certificate; absent where a public one signed it. */
  readonly certificateAuthority?: string;
  /** A made-up job of a demo. */
  readonly demo: boolean;
}
