import { randomUUID } from 'node:crypto';
import { Fault } from '../../../model/fault.ts';
import type { GrantId } from '../../../model/ids.ts';
import type { McpTransport, StdioTransport } from '../../../model/mcp.ts';
import type { Credential, Target } from '../../../model/target.ts';
import { Concealer } from '../../http/credentials/concealer.ts';
import { dialHttp } from '../../http/dial-http.ts';
import { authorityOf } from '../../http/forwarded-head.ts';
import type { LayerDialled } from '../../http/layer.ts';
import type { ClientConnection } from '../../http/message.ts';
import { AdapterConnection, type AdapterLimits } from './adapter-connection.ts';
import type { Channel } from './channel.ts';
import { EndpointConnection } from './endpoint-connection.ts';
import { ErrorLines } from './error-lines.ts';
import type { OfferedServers } from './offered-servers.ts';
import { checkLaunch, prepareLaunch } from './program.ts';
import { type ServersLimits, ServersOfRun } from './servers.ts';
import { openSse } from './sse-channel.ts';
import { type StdioLimits, startProgram } from './stdio-channel.ts';
import { StreamChannel } from './stream-channel.ts';

export interface McpUpstreamsOptions {
  readonly limits: AdapterLimits & ServersLimits & StdioLimits & { readonly upstreamConnectDeadlineMs: number };
  /** Folders of the gateway's own, which an isolated program finds empty. */
  readonly hidden?: readonly string[];
  /** Programs that runs start themselves. */
  readonly offered?: Pick<OfferedServers, 'take'>;
  /** Takes what servers say that is no client's: their standard error, and what is no message. For the operator. */
  readonly onSaid: (said: { readonly target: string; readonly run: string; readonly text: string }) => void;
}

/** The servers behind MCP targets. Programs that were started end with this, or before. */
export class McpUpstreams implements AsyncDisposable {
  readonly #options: McpUpstreamsOptions;
  readonly #running = new Map<string, ServersOfRun>();
  #closed = false;

  constructor(options: McpUpstreamsOptions) {
    this.#options = options;
  }

  /** Opens a connection to the target's server, or what stands for one. Throws a `Fault`. */
  async dial(dialled: LayerDialled, signal: AbortSignal): Promise<ClientConnection> {
    const { target, credential } = dialled;
    const transport: McpTransport = target.mcp?.transport ?? { kind: 'http' };
    if (dialled.run === undefined) await this.#tried(dialled, transport, signal);
    switch (transport.kind) {
      case 'http':
        return new EndpointConnection(
          await dialHttp(target, credential.clientCertificate, signal),
          pathOf(target, transport.path),
        );
      case 'sse':
        return this.#adapter(dialled, () => (sent, until) => openSse(this.#sse(target, credential), sent, until));
      case 'stdio':
        return this.#adapter(dialled, (report) => () => this.#start(transport, credential, report));
      case 'run':
        return this.#adapter(dialled, () => (_sent, until) => this.#offered(dialled, until));
      default:
        return transport satisfies never;
    }
  }

  /** What is opened for a session later is tried now, where a target is only tried. */
  async #tried({ target, credential }: LayerDialled, transport: McpTransport, signal: AbortSignal): Promise<void> {
    if (transport.kind === 'stdio') await checkLaunch(transport);
    if (transport.kind !== 'sse') return;
    await using _connection = await dialHttp(target, credential.clientCertificate, signal);
  }

  /** A grant is over: ends what no other grant of its run has a use for. */
  async endGrant(grant: GrantId): Promise<void> {
    const orphaned = [...this.#running.values()].filter((servers) => servers.dismiss(grant));
    await Promise.all(orphaned.map((servers) => servers.close()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#running.values()].map((servers) => servers.close()));
  }

  #adapter(
    { target, credential, run, grant }: LayerDialled,
    opening: (report: (text: string) => void) => ConstructorParameters<typeof ServersOfRun>[0]['open'],
  ): ClientConnection {
    if (this.#closed) throw new Fault('upstream-unreachable', 'the gateway is shutting down');
    const { limits, onSaid } = this.#options;
    // One that is only tried is nobody's run, and shares with nobody.
    const key = `${run ?? randomUUID()} ${target.name}`;
    let servers = this.#running.get(key);
    if (servers === undefined) {
      const lines = new ErrorLines(Concealer.of(secretsOf(credential)), (text) =>
        onSaid({ target: target.name, run: run ?? '', text }),
      );
      const report = (text: string): void => lines.say(text);
      servers = new ServersOfRun({
        open: opening(report),
        limits,
        mintId: randomUUID,
        onStray: (what) => report(`it said ${what}`),
        onEmpty: () => this.#running.delete(key),
      });
      this.#running.set(key, servers);
    }
    servers.join(grant);
    return new AdapterConnection(servers, limits);
  }

  async #start(transport: StdioTransport, credential: Credential, report: (text: string) => void): Promise<Channel> {
    const launch = await prepareLaunch(transport, credential.environment ?? {}, this.#options.hidden ?? []);
    return startProgram({ launch, limits: this.#options.limits, onErrorLine: report });
  }

  async #offered({ target, run }: LayerDialled, signal: AbortSignal): Promise<Channel> {
    const { offered, limits } = this.#options;
    if (offered === undefined || run === undefined) {
      throw new Fault('upstream-unreachable', `${target.name} is a program that a run starts`);
    }
    return new StreamChannel(await offered.take(run, target.name, signal), limits);
  }

  #sse(target: Target, { clientCertificate }: Credential) {
    return {
      dial: (signal: AbortSignal) => dialHttp(target, clientCertificate, signal),
      scheme: target.tls.mode === 'disable' ? 'http' : 'https',
      authority: authorityOf(target),
      path: pathOf(target, target.mcp?.transport.kind === 'sse' ? target.mcp.transport.path : undefined),
      limits: this.#options.limits,
    } as const;
  }
}

function pathOf({ http }: Target, path: string | undefined): string {
  if (path !== undefined) return path;
  return http === undefined || http.basePath === '' ? '/' : http.basePath;
}

function secretsOf({ environment = {} }: Credential): readonly string[] {
  return Object.values(environment).map((secret) => secret.reveal());
}
