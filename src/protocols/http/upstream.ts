import { Fault } from '../../model/fault.ts';
import { LIMITS } from '../../model/limits.ts';
import type { Target } from '../../model/target.ts';
import { withDeadline } from '../../wire/deadline.ts';
import { PeerLeft } from '../../wire/peer-left.ts';
import type { Credentials } from './credentials/credentials.ts';
import { type ClientConnection, type IncomingReply, NotAnswered, type OutgoingRequest } from './message.ts';

/** Opens a connection to the target; it is closed where the signal aborts. Throws a `Fault`. */
export type Dial = (signal: AbortSignal) => Promise<ClientConnection>;

/** The real server of one session: one connection at a time, which servers close when they like. */
export class HttpUpstream implements AsyncDisposable {
  readonly target: Target;
  readonly credentials: Credentials;
  readonly #dial: Dial;
  #connection: ClientConnection;
  readonly #ending = new AbortController();
  #session: AbortSignal | undefined;
  /** True where the connection has brought a reply. */
  #isKept = false;

  constructor(target: Target, credentials: Credentials, dial: Dial, connection: ClientConnection) {
    this.target = target;
    this.credentials = credentials;
    this.#dial = dial;
    this.#connection = connection;
  }

  /** Where the next request may be sent: what was closed meanwhile is dialled anew, before anything was sent. */
  ready(signal: AbortSignal): ClientConnection | Promise<ClientConnection> {
    return this.#connection.reusable ? this.#connection : this.#dialAgain(signal);
  }

  /**
   * Sends a request. A server may close a kept connection just as the next request comes, of which it says nothing: what
   * is safe and has no body is then sent once more (RFC 9112, 9.3.1).
   */
  async send(request: OutgoingRequest, signal: AbortSignal): Promise<IncomingReply> {
    const connection = await this.ready(signal);
    const wasKept = this.#isKept;
    try {
      const reply = await connection.send(request, signal);
      this.#isKept = true;
      return reply;
    } catch (fault) {
      if (!wasKept || !(fault instanceof NotAnswered) || !isRepeatable(request) || signal.aborted) throw fault;
    }
    const another = await this.#dialAgain(signal);
    return await another.send(request, signal);
  }

  async #dialAgain(signal: AbortSignal): Promise<ClientConnection> {
    this.#isKept = false;
    await this.#connection[Symbol.asyncDispose]();
    const expired = (): Error => new Fault('deadline', 'the target did not answer in time');
    this.#connection = await withDeadline(LIMITS.upstreamConnectDeadlineMs, signal, expired, this.#dial);
    return this.#connection;
  }

  /** Another connection, for what must be said while a reply is still being read; whoever asked for it closes it. */
  beside(signal: AbortSignal): Promise<ClientConnection> {
    return this.#dial(signal);
  }

  /** What aborts an exchange: the session's end, or the client's cancelling, after which the session is over as well. */
  until(session: AbortSignal): AbortSignal {
    if (this.#session !== session) {
      this.#session = session;
      if (session.aborted) this.#ending.abort(session.reason);
      else session.addEventListener('abort', () => this.#ending.abort(session.reason), { once: true });
    }
    return this.#ending.signal;
  }

  cancel(): Promise<void> {
    this.#ending.abort(new PeerLeft('the client cancelled its request'));
    return Promise.resolve();
  }

  /** Whatever was under way is over: the server must not go on with it for nobody. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending.abort(new PeerLeft('the session ended'));
    await this.#connection[Symbol.asyncDispose]();
  }
}

/** RFC 9110, 9.2.1. */
const SAFE: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

function isRepeatable({ method, length, upgrade }: OutgoingRequest): boolean {
  return SAFE.has(method) && upgrade === undefined && (length === 'none' || length === 0);
}
