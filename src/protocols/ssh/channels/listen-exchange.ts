import { type Refusal, Refused } from '../../../model/refusal.ts';
import type { Part } from '../../../model/reply.ts';
import type { Body, Request } from '../../../model/request.ts';
import { SSH_MEDIA } from '../../../model/ssh-frames.ts';
import type { Exchange, Forward } from '../../protocol.ts';
import type { ArrivedConnection, HostListener, Place, SshUpstream } from '../host/upstream.ts';
import { ChannelPart, StreamMasks } from './channel-part.ts';

export interface ListenParts {
  readonly user: string;
  readonly place: Place;
  readonly unsupported: Refusal | undefined;
  /** Aborted once the client wants no more of it. */
  readonly until: AbortSignal;
  /** Told at which port the host listens. */
  readonly opened: (port: number) => void;
  readonly refuse: (refusal: Refusal) => void;
  /** Carries what connected there. */
  readonly arrived: (connection: ArrivedConnection, port: number) => void;
}

/** A port at which the host listens for a client; what connects there is an exchange of its own. */
export class ListenExchange implements Exchange<SshUpstream> {
  readonly request: Request;
  readonly #parts: ListenParts;
  readonly #masks = new StreamMasks(false);
  #listener: HostListener | undefined;

  constructor(parts: ListenParts) {
    this.#parts = parts;
    const { host, port } = parts.place;
    const ssh = { channel: 'listen', user: parts.user, host: host.toLowerCase(), port } as const;
    const operation = {
      kind: 'listen',
      access: 'admin',
      tables: [],
      functions: [],
      hasWhere: true,
      flags: [],
      ssh,
    } as const;
    const body = (): Body => ({ media: SSH_MEDIA, bytes: Buffer.from(`(the host listens at ${host}:${port})`) });
    const { unsupported } = parts;
    this.request = { operations: [operation], body, ...(unsupported === undefined ? {} : { unsupported }) };
  }

  async *forward({ upstream, signal }: Forward<SshUpstream>): AsyncGenerator<Part> {
    const { place, until, opened, arrived } = this.#parts;
    const listener = await upstream.listen(place);
    if (listener === undefined) throw new Refused(NOT_LISTENING);
    this.#listener = listener;
    const end = (): void => void listener.close().catch(hostGone);
    for (const one of [until, upstream.until(signal)]) {
      if (one.aborted) end();
      one.addEventListener('abort', end, { once: true });
    }
    try {
      opened(listener.port);
      for (let one = await listener.next(); one !== null; one = await listener.next()) arrived(one, listener.port);
      yield new ChannelPart([], this.#masks, { result: { status: 'ok', rows: 0 } });
    } finally {
      for (const one of [until, upstream.until(signal)]) one.removeEventListener('abort', end);
    }
  }

  reply(): undefined {}

  refuse(refusal: Refusal): Promise<void> {
    this.#parts.refuse(refusal);
    return Promise.resolve();
  }

  stop(): Promise<void> {
    return this.#listener?.close() ?? Promise.resolve();
  }
}

const NOT_LISTENING: Refusal = { code: 'upstream-unavailable', message: 'the host does not listen there' };

/** A host that is gone does not listen any more. */
function hostGone(): void {}
