import type { TargetName } from '../../../model/ids.ts';
import { LIMITS } from '../../../model/limits.ts';
import { type Refusal, Refused } from '../../../model/refusal.ts';
import type { Target } from '../../../model/target.ts';
import type { ByteStream } from '../../../wire/byte-stream.ts';
import { PeerLeft } from '../../../wire/peer-left.ts';
import type { ChannelServer, Entered, SshAdmission } from '../conversation.ts';
import { refusalOf } from '../conversation.ts';
import type { ArrivedConnection, Place } from '../host/upstream.ts';
import { isForward } from '../target-patterns.ts';
import { OPEN_FAILURE } from '../transport/numbers.ts';
import { PacketReader, PacketWriter } from '../transport/packets.ts';
import { CarriedExchange } from './carried-exchange.ts';
import { ChannelStream } from './channel-stream.ts';
import type { ChannelOpening, GlobalRequest, SshConnection } from './connection.ts';
import type { ChannelKind, SshSession } from './kind.ts';
import { ListenExchange } from './listen-exchange.ts';
import { notCarried, RefusedExchange } from './refused-exchange.ts';
import { serveSession } from './session-server.ts';

export interface ConnectionServerParts extends Entered {
  readonly connection: SshConnection;
  readonly admission: SshAdmission;
  readonly kinds: readonly ChannelKind[];
  readonly nowMs: () => number;
  /** The client's address, for connections inside of this one. */
  readonly peer: string;
  /** Serves a connection to the gateway that came inside of this one, for one target. */
  readonly inside: (stream: ByteStream, target: TargetName) => Promise<void>;
}

/** The host listens for the client. */
interface Listening {
  readonly host: string;
  /** What was asked for, and what it is once the host has said so. */
  port: number;
  readonly until: AbortController;
}

/** What a client that was let in asks of its connection: channels, connections onwards, ports at the host. */
export class ConnectionServer implements ChannelServer {
  readonly #parts: ConnectionServerParts;
  readonly #listeners = new Set<Listening>();
  #takesSessions = true;

  constructor(parts: ConnectionServerParts) {
    this.#parts = parts;
  }

  async opened(opening: ChannelOpening): Promise<void> {
    switch (opening.type) {
      case 'session':
        return this.#session(opening);
      case 'direct-tcpip':
        return this.#direct(opening);
      default: {
        const what = OTHER_CHANNELS[opening.type] ?? 'a channel of this type';
        return this.#refused(what, ({ message }) => opening.refuse(OPEN_FAILURE.unknownType, `chaperone: ${message}`));
      }
    }
  }

  async asked(request: GlobalRequest): Promise<void> {
    switch (request.name) {
      case 'no-more-sessions@openssh.com':
        this.#takesSessions = false;
        return request.answer(NOTHING);
      case 'tcpip-forward':
        return this.#listen(request);
      case 'cancel-tcpip-forward':
        return request.answer(this.#cancel(placeOf(new PacketReader(request.data, 0))) ? NOTHING : false);
      case 'streamlocal-forward@openssh.com':
        return this.#refused('a Unix socket of the host', () => request.answer(false));
      default:
        // Whether we are there, and what nobody knows.
        return request.answer(false);
    }
  }

  async #session(opening: ChannelOpening): Promise<void> {
    const { lanes, admission, kinds } = this.#parts;
    if (!this.#takesSessions) return opening.refuse(OPEN_FAILURE.prohibited, 'no more sessions were wanted');
    if (lanes === undefined) return opening.refuse(OPEN_FAILURE.prohibited, NO_TARGET);
    await serveSession(opening.accept(), { admission, lanes, kinds });
  }

  /** To a target of the client's own it is answered here, by a connection to the gateway inside of the channel. */
  async #direct(opening: ChannelOpening): Promise<void> {
    const { admission, claim, inside, peer } = this.#parts;
    const reader = new PacketReader(opening.data, 0);
    const to = placeOf(reader);
    const from = placeOf(reader);
    const { targets } = await admission.targets(claim);
    const target = to.port === SSH_PORT ? targets.find((one) => isNamed(one, to.host)) : undefined;
    if (target === undefined) return this.#forward(opening, to, from);
    const stream = new ChannelStream(opening.accept(), peer);
    try {
      await inside(stream, target.name);
    } finally {
      await stream.end();
    }
  }

  async #forward(opening: ChannelOpening, to: Place, from: Place): Promise<void> {
    const { nowMs } = this.#parts;
    const refuse = (refusal: Refusal): void => {
      const reason = refusal.code === 'upstream-unavailable' ? OPEN_FAILURE.connectFailed : OPEN_FAILURE.prohibited;
      opening.refuse(reason, `chaperone: ${refusal.code}: ${refusal.message}`);
    };
    await this.#inLane(refuse, async (session) => {
      const { forwards = [] } = session.target.ssh ?? {};
      const exchange = new CarriedExchange({
        kind: 'forward',
        user: session.greeting.user,
        place: to,
        unsupported: isForward(forwards, to.host, to.port) ? undefined : NO_FORWARD,
        open: async (upstream, signal) => ({
          host: await upstream.forward(to, from, signal),
          client: opening.accept(),
        }),
        refuse,
        nowMs,
      });
      await session.run(exchange);
    });
  }

  async #listen(request: GlobalRequest): Promise<void> {
    const place = placeOf(new PacketReader(request.data, 0));
    const refuse = (): void => request.answer(false);
    if (this.#listening(place) !== undefined || this.#listeners.size >= LIMITS.maxSshListeners) return refuse();
    const until = new AbortController();
    const listening: Listening = { ...place, until };
    this.#listeners.add(listening);
    const { signal } = this.#parts.connection;
    const left = (): void => until.abort();
    signal.addEventListener('abort', left, { once: true });
    try {
      await this.#inLane(refuse, async (session) => {
        const isAllowed = session.target.ssh?.listens.includes(place.port) ?? false;
        const exchange = new ListenExchange({
          user: session.greeting.user,
          place,
          unsupported: isAllowed ? undefined : NO_LISTEN,
          until: until.signal,
          opened: (port) => {
            listening.port = port;
            request.answer(place.port === 0 ? new PacketWriter().u32(port).done() : NOTHING);
          },
          refuse,
          arrived: (arrived, port) => void this.#arrived(arrived, { ...place, port }, session),
        });
        await session.run(exchange);
      });
    } finally {
      signal.removeEventListener('abort', left);
      this.#listeners.delete(listening);
    }
  }

  #cancel(place: Place): boolean {
    const listening = this.#listening(place);
    listening?.until.abort();
    return listening !== undefined && this.#listeners.delete(listening);
  }

  /** Any port (0) is another one each time. */
  #listening({ host, port }: Place): Listening | undefined {
    return port === 0 ? undefined : [...this.#listeners].find((one) => one.host === host && one.port === port);
  }

  /** Somebody connected to the host: the client gets a channel for it, and what goes through it is on record. */
  async #arrived(arrived: ArrivedConnection, at: Place, session: SshSession): Promise<void> {
    const { connection, admission, nowMs } = this.#parts;
    const { from } = arrived;
    const data = new PacketWriter().string(at.host).u32(at.port).string(from.host).u32(from.port).done();
    const exchange = new CarriedExchange({
      kind: 'listen',
      user: session.greeting.user,
      place: at,
      unsupported: undefined,
      open: async () => ({ client: await connection.open('forwarded-tcpip', data), host: arrived.accept() }),
      refuse: () => arrived.refuse(),
      nowMs,
    });
    await session.run(exchange).catch((fault: unknown) => {
      if (!(fault instanceof Refused || fault instanceof PeerLeft)) admission.report(fault);
    });
  }

  /** Puts on record what is never carried, where there is a session to do it in, and says no. */
  async #refused(what: string, say: (refusal: Refusal) => void): Promise<void> {
    if (this.#parts.lanes === undefined) return say(notCarried(what));
    await this.#inLane(say, (session) => session.run(new RefusedExchange(what, say)));
  }

  async #inLane(refuse: (refusal: Refusal) => void, work: (session: SshSession) => Promise<void>): Promise<void> {
    const { lanes, admission } = this.#parts;
    if (lanes === undefined) return refuse({ code: 'target-unknown', message: NO_TARGET });
    let isAnswered = false;
    try {
      const lane = await lanes.take();
      isAnswered = true;
      try {
        await work(lane.session);
        await lanes.give(lane);
      } catch (cause) {
        await lanes.drop(lane);
        if (cause instanceof Refused) refuse(cause.refusal);
        else if (!(cause instanceof PeerLeft)) admission.report(cause);
      }
    } catch (cause) {
      if (!isAnswered) refuse(refusalOf(cause));
      else throw cause;
    }
  }
}

const SSH_PORT = 22;
const NOTHING = Buffer.alloc(0);
const NO_TARGET = 'chaperone: no target was named; log in as LOGIN+TARGET, or as +TARGET';
const NO_FORWARD: Refusal = {
  code: 'protocol-unsupported',
  message: 'the target lets no connections go on to there',
  hint: 'An operator lists where they may lead in `ssh.forwards` of the target.',
};
const NO_LISTEN: Refusal = {
  code: 'protocol-unsupported',
  message: 'the target lets its host not listen at this port',
  hint: 'An operator lists the ports in `ssh.listens` of the target.',
};
const OTHER_CHANNELS: Readonly<Record<string, string>> = {
  'direct-streamlocal@openssh.com': 'a Unix socket of the host',
  x11: 'X11 forwarding',
  'auth-agent@openssh.com': 'agent forwarding',
  'tun@openssh.com': 'a tunnel of packets',
};

function placeOf(reader: PacketReader): Place {
  return { host: reader.text(), port: reader.u32() };
}

function isNamed({ name, protocol, ssh }: Target, host: string): boolean {
  return protocol === 'ssh' && (name === host || (ssh?.hosts.includes(host.toLowerCase()) ?? false));
}
