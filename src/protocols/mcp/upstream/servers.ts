import { Fault } from '../../../model/fault.ts';
import type { GrantId } from '../../../model/ids.ts';
import type { Channel, SendFields } from './channel.ts';
import { Conversation, type ConversationLimits } from './conversation.ts';

export interface ServersLimits extends ConversationLimits {
  readonly maxMcpServersOfRun: number;
  readonly mcpServerIdleMs: number;
}

export interface ServersParts {
  readonly open: (sent: SendFields, signal: AbortSignal) => Promise<Channel>;
  readonly limits: ServersLimits;
  readonly mintId: () => string;
  readonly onStray: (what: string) => void;
  /** Told when the last server has ended and nobody is connected. */
  readonly onEmpty: () => void;
}

interface Server {
  readonly conversation: Conversation;
  timer: NodeJS.Timeout | undefined;
}

/** The servers of one run and one target: one for each session, and one for all requests that have none. */
export class ServersOfRun {
  readonly #parts: ServersParts;
  readonly #sessions = new Map<string, Server>();
  #shared: Promise<Conversation> | undefined;
  readonly #grants = new Set<GrantId>();
  #opening = 0;
  #connections = 0;

  constructor(parts: ServersParts) {
    this.#parts = parts;
  }

  join(grant: GrantId | undefined): void {
    this.#connections++;
    if (grant !== undefined) this.#grants.add(grant);
  }

  /** True where this was the last grant that they were for. */
  dismiss(grant: GrantId): boolean {
    return this.#grants.delete(grant) && this.#grants.size === 0;
  }

  leave(): void {
    this.#connections--;
    this.#tellEmpty();
  }

  /** Opens a server of its own for one who says `initialize`. Throws a `Fault`. */
  async begin(sent: SendFields, signal: AbortSignal): Promise<{ readonly id: string; readonly server: Conversation }> {
    const id = this.#parts.mintId();
    const server = await this.#open(id, sent, signal, false);
    return { id, server };
  }

  session(id: string): Conversation | undefined {
    // What serves everybody is nobody's session.
    if (id === SHARED) return undefined;
    const server = this.#sessions.get(id);
    if (server !== undefined) this.#rest(id, server);
    return server?.conversation;
  }

  /** The server of requests that say everything themselves. */
  async shared(sent: SendFields, signal: AbortSignal): Promise<Conversation> {
    const known = this.#sessions.get(SHARED);
    if (known !== undefined) {
      this.#rest(SHARED, known);
      if (!known.conversation.ended) return known.conversation;
    }
    this.#shared ??= this.#open(SHARED, sent, signal, true).finally(() => {
      this.#shared = undefined;
    });
    return this.#shared;
  }

  /** False where there is no such session. */
  async end(id: string): Promise<boolean> {
    const server = this.#sessions.get(id);
    if (server === undefined || id === SHARED) return false;
    await this.#close(id, server);
    return true;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#sessions].map(([id, server]) => this.#close(id, server)));
  }

  async #open(id: string, sent: SendFields, signal: AbortSignal, stateless: boolean): Promise<Conversation> {
    const { open, limits, onStray } = this.#parts;
    if (this.#sessions.size + this.#opening >= limits.maxMcpServersOfRun) await this.#makeRoom();
    this.#opening++;
    try {
      const channel = await open(sent, signal);
      const conversation = new Conversation({ channel, limits, stateless, onStray });
      const server: Server = { conversation, timer: undefined };
      this.#sessions.set(id, server);
      this.#rest(id, server);
      return conversation;
    } finally {
      this.#opening--;
    }
  }

  /** Ends the server that was asked least recently and has nothing to do. */
  async #makeRoom(): Promise<void> {
    const idle = [...this.#sessions].find(([, { conversation }]) => !conversation.busy);
    if (idle === undefined) throw new Fault('upstream-unreachable', CROWDED);
    await this.#close(...idle);
  }

  /** It was asked just now: it is the last to go, and not before it has been idle for long. */
  #rest(id: string, server: Server): void {
    if (server.conversation.ended) return this.#forget(id, server);
    this.#sessions.delete(id);
    this.#sessions.set(id, server);
    clearTimeout(server.timer);
    server.timer = setTimeout(() => {
      if (server.conversation.busy && !server.conversation.ended) this.#rest(id, server);
      else void this.#close(id, server);
    }, this.#parts.limits.mcpServerIdleMs).unref();
  }

  async #close(id: string, server: Server): Promise<void> {
    this.#forget(id, server);
    await server.conversation.close();
  }

  #forget(id: string, server: Server): void {
    clearTimeout(server.timer);
    if (this.#sessions.get(id) === server) this.#sessions.delete(id);
    this.#tellEmpty();
  }

  #tellEmpty(): void {
    if (this.#sessions.size === 0 && this.#opening === 0 && this.#connections === 0) this.#parts.onEmpty();
  }
}

const SHARED = '';
const CROWDED = 'the run has as many servers of this target as it may';
