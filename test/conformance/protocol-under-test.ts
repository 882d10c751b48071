import type { Target } from '../../src/model/target.ts';
import type { TestGateway, TestGatewayOptions, TestTarget } from '../support/gateway.ts';

/**
 * What a protocol brings to the conformance suite: a real server with the suite's data, a client that sends exactly the
 * bytes it is given, and requests of each sort in the protocol's own bytes.
 */
export interface ProtocolUnderTest {
  /** As the suite is called in the report. */
  readonly name: string;
  /** True where both sides are encrypted. */
  readonly tls: boolean;
  startServer(): Promise<ServerUnderTest>;
  startGateway(options: TestGatewayOptions): Promise<TestGateway>;
  /** Logs in and waits until requests may be sent. Throws `LoginFailed` where that is refused. */
  logIn(login: Login): Promise<Conversation>;
  /** Connects and sends nothing. */
  connect(login: Pick<Login, 'host' | 'port' | 'caFile'>): Promise<Conversation>;
  readonly requests: Requests;
  /** True where a reply that breaks off ends its stream, and the connection goes on. */
  readonly breaksStreams?: boolean;
}

export interface ServerUnderTest extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  /** What the gateway logs in with. Its password occurs nowhere else. */
  readonly credential: { readonly user: string; readonly password: string };
  /** How to log in without the gateway. */
  readonly direct: Login;
  /** A target of the gateway, at this address instead of the server's own where one is given. */
  target(at?: { readonly host: string; readonly port: number }, settings?: Partial<Omit<Target, 'name'>>): TestTarget;
  /** Everything that the server was asked to do, as its own log says it. */
  executed(): Promise<string>;
  /** Makes the server refuse the gateway's credential from now on, or accept it again. */
  refuseCredential(refuse: boolean): Promise<void>;
}

export interface Login {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly target: string;
  readonly caFile?: string;
}

/** One connection, seen from the client's end. */
export interface Conversation extends AsyncDisposable {
  /** Sends a request and takes its reply, up to where the next request may be sent or the connection ends. */
  ask(request: RawRequest, how?: 'whole' | 'byte by byte'): Promise<Answer>;
  /** Sends bytes and waits for nothing. */
  send(bytes: Uint8Array): void;
  /** Every byte that came, as it came out of TLS. */
  readonly received: Buffer;
  /** The client's end of the TCP connection: its ports, and how many bytes were taken off the kernel. */
  readonly end: { readonly localPort: number; readonly remotePort: number; readonly taken: number };
  /** Ends the connection without a goodbye: closes it, closes its own direction alone, or resets it. */
  leave(how: 'close' | 'half-close' | 'reset'): void;
  /** Resolves once the other end has closed. */
  ended(): Promise<Answer>;
  /** Stops reading from the socket. */
  pause(): void;
  resume(): void;
}

export interface RawRequest {
  /** A few words for the report. */
  readonly what: string;
  readonly bytes: Uint8Array;
  /** How many times the server will say that it is ready for more. */
  readonly readies: number;
}

export interface Answer {
  readonly bytes: Buffer;
  /** Every error in it, in the protocol's own codes and words. */
  readonly errors: readonly { readonly code: string; readonly text: string }[];
  /** True where the connection ended with it. */
  readonly closed: boolean;
}

/** A login that was refused, in the protocol's own words. */
export class LoginFailed extends Error {
  readonly code: string;

  constructor(code: string, text: string) {
    super(text);
    this.code = code;
  }
}

export interface Requests {
  /** Every kind of request and reply that the protocol carries, errors in the middle included. */
  readonly conversation: readonly RawRequest[];
  readonly permitted: RawRequest;
  /** What the server's own log says of it. */
  readonly permittedReached: RegExp;
  /** What the rule "no drop" denies, in every way that the protocol has to say it; `marker` stands in each of them. */
  readonly denied: readonly RawRequest[];
  /** The kind of operation that it denies, and what the server's own log would say of one. */
  readonly deniedKind: string;
  readonly deniedReached: RegExp;
  readonly marker: string;
  /** Requests of one kind that nothing else here is of, in every way that the protocol has to ask for one. */
  readonly held: readonly RawRequest[];
  readonly heldKind: string;
  /** True where the protocol has a way to tell a client that it waits. */
  readonly tellsWaiting: boolean;
  /** What the server's own log says once it executes one of them; planning one is not that. */
  readonly heldReached: RegExp;
  /** What no rule names because nobody can know what it does. */
  readonly unknown: readonly RawRequest[];
  /** Messages that are no request the gateway carries, after which the connection works on. */
  readonly unsupported: readonly RawRequest[];
  /** Replies that bring the canary, each in another shape. Their own text does not hold it. */
  readonly canaries: readonly RawRequest[];
  readonly canary: string;
  /** A reply of about so many bytes. */
  large(bytes: number): RawRequest;
  /** Replies in part, with whole messages, and then with nothing for half a minute. */
  readonly hanging: RawRequest;
  /** Bytes that are nothing, before and after the login. */
  readonly garbage: { readonly beforeLogin: readonly RawRequest[]; readonly afterLogin: readonly RawRequest[] };
  /** The protocol's codes for what must be told apart. */
  readonly codes: {
    readonly badClaim: string;
    readonly noTarget: string;
    readonly denied: string;
    readonly withdrawn: string;
    readonly unrecorded: string;
    readonly upstreamUnavailable: string;
    readonly upstreamLost: string;
  };
}

/** The login of a new grant at a gateway. */
export async function grantLogin(gateway: TestGateway, target = 'shop'): Promise<Login> {
  const { user, password } = await gateway.grant();
  const { host, port, caFile } = gateway;
  return { host, port, user, password, target, ...(caFile === undefined ? {} : { caFile }) };
}
