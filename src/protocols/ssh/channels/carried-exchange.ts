import { Fault } from '../../../model/fault.ts';
import type { Refusal } from '../../../model/refusal.ts';
import type { ExchangeResult, Part } from '../../../model/reply.ts';
import type { Body, Operation, Request } from '../../../model/request.ts';
import { SSH_MEDIA, type SshFrame } from '../../../model/ssh-frames.ts';
import type { Exchange, Forward } from '../../protocol.ts';
import type { HostChannel, Place, SshUpstream } from '../host/upstream.ts';
import type { Channel } from './channel.ts';
import { ChangeAhead, ChannelPart, StreamMasks } from './channel-part.ts';
import { OpenRefused } from './connection.ts';

/** A connection that is carried through the gateway: from a client onwards, or from a host back to it. */
export interface CarriedParts {
  readonly kind: 'forward' | 'listen';
  readonly user: string;
  /** Where it leads, or where somebody connected to. */
  readonly place: Place;
  /** Never carried, whatever policy says. */
  readonly unsupported: Refusal | undefined;
  /** Opens the two ends, the farther one first; rejects with `OpenRefused` where that refuses. */
  readonly open: (upstream: SshUpstream, signal: AbortSignal) => Promise<CarriedEnds>;
  /** Told that it is not opened, and why. */
  readonly refuse: (refusal: Refusal) => void;
  readonly nowMs: () => number;
}

export interface CarriedEnds {
  readonly client: Channel;
  readonly host: HostChannel;
}

/** One carried connection: the bytes of either direction, recorded and passed on. */
export class CarriedExchange implements Exchange<SshUpstream> {
  readonly request: Request;
  readonly input: AsyncIterable<Part>;
  readonly #parts: CarriedParts;
  readonly #masks = new StreamMasks(false);
  readonly #since: number;
  readonly #opened = Promise.withResolvers<Channel | null>();
  readonly #over = Promise.withResolvers<null>();
  #client: Channel | undefined;

  constructor(parts: CarriedParts) {
    this.#parts = parts;
    this.#since = parts.nowMs();
    this.request = carriedRequest(parts);
    this.input = this.#input();
  }

  async *forward({ upstream, input, metered, signal }: Forward<SshUpstream>): AsyncGenerator<Part> {
    const until = upstream.until(signal);
    if (metered) yield new ChangeAhead();
    let ends: CarriedEnds;
    try {
      ends = await this.#parts.open(upstream, until);
    } catch (cause) {
      this.#nobody();
      if (!(cause instanceof OpenRefused)) throw cause;
      this.#parts.refuse({ code: 'upstream-unavailable', message: 'the host could not connect there' });
      yield this.#last({ status: 'error', code: 'connect-failed', rows: 0 });
      return;
    }
    const { client, host } = ends;
    this.#client = client;
    this.#opened.resolve(client);
    const left = (): void => host.abort();
    client.signal.addEventListener('abort', left, { once: true });
    const sending = sendAll(input, host).catch(() => host.abort());
    try {
      for (let message = await host.next(); message !== null; message = await host.next()) {
        if (message.kind === 'data') yield this.#part('out', message.bytes);
        if (message.kind === 'eof') client.eof();
      }
      if (until.aborted) throw until.reason;
      if (upstream.signal.aborted) throw new Fault('upstream-closed', 'the host closed the connection');
      yield this.#last({ status: 'ok', rows: 0 });
    } finally {
      client.signal.removeEventListener('abort', left);
      this.#nobody();
      host.abort();
      await sending;
      await client.close();
    }
  }

  reply(part: Part): Promise<void> | undefined {
    if (!(part instanceof ChannelPart)) return undefined;
    const [frame] = part.frames;
    // What a client that left would have got is on record, and for nobody.
    return frame === undefined || this.#client === undefined
      ? undefined
      : this.#client.write(frame.bytes)?.catch(() => undefined);
  }

  refuse(refusal: Refusal): Promise<void> {
    this.#nobody();
    this.#parts.refuse(refusal);
    return Promise.resolve();
  }

  stop(): Promise<void> {
    this.#client?.abort();
    return Promise.resolve();
  }

  /** Nobody knows what is in it. */
  unmaskable(): Refusal {
    return {
      code: 'mask-impossible',
      message: 'a rule masks what comes back, and nothing can be masked in a connection that is carried as it is',
    };
  }

  #nobody(): void {
    this.#opened.resolve(null);
    this.#over.resolve(null);
  }

  async *#input(): AsyncGenerator<Part> {
    const client = await this.#opened.promise;
    for (;;) {
      const message = client && (await Promise.race([client.next(), this.#over.promise]));
      if (message === null) return;
      if (message.kind === 'data') yield this.#part('in', message.bytes);
      if (message.kind === 'eof') yield this.#part('end', NOTHING);
      if (message.kind === 'request') message.answer(false);
    }
  }

  #part(kind: SshFrame['kind'], bytes: Buffer): ChannelPart {
    return new ChannelPart([{ kind, atMs: this.#parts.nowMs() - this.#since, bytes }], this.#masks);
  }

  #last(result: ExchangeResult): ChannelPart {
    return new ChannelPart([], this.#masks, { result });
  }
}

const NOTHING = Buffer.alloc(0);

async function sendAll(input: AsyncIterable<Part>, host: HostChannel): Promise<void> {
  for await (const part of input) {
    if (!(part instanceof ChannelPart)) continue;
    for (const { kind, bytes } of part.frames) {
      if (kind === 'end') host.eof();
      else await host.write(bytes);
    }
  }
}

function carriedRequest({ kind, user, place, unsupported }: CarriedParts): Request {
  const { host, port } = place;
  const operation: Operation = {
    kind,
    access: kind === 'forward' ? 'write' : 'admin',
    tables: [],
    functions: [],
    hasWhere: true,
    flags: [],
    ssh: { channel: kind, user, host: host.toLowerCase().slice(0, MOST_HOST_CHARACTERS), port },
  };
  const text =
    kind === 'forward' ? `(a connection to ${host}:${port})` : `(connections to ${host}:${port} of the host)`;
  const body = (): Body => ({ media: SSH_MEDIA, bytes: Buffer.from(text) });
  const context = (): Readonly<Record<string, string>> => ({ login: user, channel: kind });
  return { operations: [operation], body, context, ...(unsupported === undefined ? {} : { unsupported }) };
}

const MOST_HOST_CHARACTERS = 255;
