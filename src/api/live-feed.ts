import { LIMITS } from '../model/limits.ts';
import type { Caller } from './caller.ts';
import { EventStream } from './event-stream.ts';
import type { ListenerPlaces } from './listener-places.ts';

/** One thing that happened, as `GET /v1/events` says it. */
export type LiveEvent =
  | { readonly type: 'approval'; readonly id: string; readonly state: ApprovalState }
  | {
      readonly type: 'session';
      readonly id: string;
      readonly run: string;
      readonly state: 'open' | 'closed' | 'progress';
    }
  | { readonly type: 'configuration' }
  /** What MCP targets say, or what people said of it. */
  | { readonly type: 'definitions' }
  | { readonly type: 'refresh' };

type ApprovalState = 'pending' | 'approved' | 'denied' | 'expired' | 'cancelled';

export interface LiveFeedParts {
  /** Starts telling what happens, for as long as anybody listens; returns how to stop. */
  readonly watch: (tell: (event: LiveEvent) => void) => () => void;
  /** Whether a caller may know of an event. Rejects where that cannot be told, which counts as no. */
  readonly maySee: (caller: Caller, event: LiveEvent) => boolean | Promise<boolean>;
  /** Tells this feed's numbers from those of another life of the gateway. */
  readonly epoch: string;
  readonly places: ListenerPlaces;
}

interface Client {
  readonly stream: EventStream;
  caller: Caller;
  /** Asks again who calls; rejects once they may not listen any more. */
  readonly again: () => Promise<Caller>;
  /** What waits to be judged, one after another, so that the order stays. */
  queue: Promise<void>;
  waiting: number;
  missed: boolean;
  fullBeats: number;
}

interface Told {
  readonly number: number;
  readonly event: LiveEvent;
}

/** What happens, told to everybody who listens and may know: one watch of the store for all of them. */
export class LiveFeed implements Disposable {
  readonly #parts: LiveFeedParts;
  readonly #clients = new Set<Client>();
  readonly #told: Told[] = [];
  #number = 0;
  #unwatch: (() => void) | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: LiveFeedParts) {
    this.#parts = parts;
  }

  /**
   * Adds a listener. `lastEventId` is what they heard last: what came after it is told, or `refresh` where that is not
   * known any more. Throws the problem 429 where too many listen.
   */
  listen(caller: Caller, again: () => Promise<Caller>, lastEventId: string | undefined): EventStream {
    const leave = this.#parts.places.take(caller.name);
    const stream = new EventStream(LIMITS.eventBacklogBytes, () => this.#room(client));
    const client: Client = {
      stream,
      caller,
      again,
      queue: Promise.resolve(),
      waiting: 0,
      missed: false,
      fullBeats: 0,
    };
    this.#start();
    this.#clients.add(client);
    stream.once('close', () => {
      leave();
      this.#remove(client);
    });
    this.#catchUp(client, lastEventId);
    return stream;
  }

  /** Asks of every listener at once whether they may still listen: after a logout, or a token's end. */
  recheck(): void {
    for (const client of this.#clients) void this.#recheck(client);
  }

  [Symbol.dispose](): void {
    for (const { stream } of this.#clients) stream.finish();
    this.#stop();
  }

  #start(): void {
    if (this.#unwatch !== undefined) return;
    // Nobody was listening, so nothing was watched: what happened meanwhile is known to nobody.
    this.#told.length = 0;
    this.#number++;
    this.#unwatch = this.#parts.watch((event) => this.#tell(event));
    this.#timer = setInterval(() => this.#beat(), LIMITS.eventHeartbeatMs).unref();
  }

  #stop(): void {
    clearInterval(this.#timer);
    this.#unwatch?.();
    this.#unwatch = undefined;
  }

  #remove(client: Client): void {
    this.#clients.delete(client);
    if (this.#clients.size === 0) this.#stop();
  }

  #tell(event: LiveEvent): void {
    const told = { number: ++this.#number, event };
    this.#told.push(told);
    if (this.#told.length > LIMITS.eventsRemembered) this.#told.shift();
    for (const client of this.#clients) this.#offer(client, told);
  }

  #catchUp(client: Client, lastEventId: string | undefined): void {
    if (lastEventId === undefined || lastEventId === '') return;
    const [epoch, number] = lastEventId.split('.');
    const last = Number(number);
    const oldest = (this.#told[0]?.number ?? this.#number + 1) - 1;
    if (epoch !== this.#parts.epoch || !Number.isSafeInteger(last) || last < oldest || last > this.#number) {
      client.stream.send({ type: 'refresh' } satisfies LiveEvent, { id: this.#id(this.#number) });
      return;
    }
    for (const told of this.#told) if (told.number > last) this.#offer(client, told);
  }

  #offer(client: Client, { number, event }: Told): void {
    if (client.missed || client.stream.full || client.waiting >= LIMITS.eventsRemembered) {
      client.missed = true;
      return;
    }
    client.waiting++;
    client.queue = client.queue.then(async () => {
      const may = await this.#maySee(client.caller, event);
      client.waiting--;
      if (may && !client.stream.send(event, { id: this.#id(number) })) client.missed = true;
    });
  }

  /** What cannot be judged is not told: whoever may know finds it when they look. */
  async #maySee(caller: Caller, event: LiveEvent): Promise<boolean> {
    try {
      return await this.#parts.maySee(caller, event);
    } catch {
      return false;
    }
  }

  /** A slow client takes again: it is told that it missed something. */
  #room(client: Client): void {
    if (!client.missed) return;
    client.missed = false;
    client.stream.send({ type: 'refresh' } satisfies LiveEvent, { id: this.#id(this.#number) });
  }

  #beat(): void {
    for (const client of this.#clients) {
      client.fullBeats = client.stream.full ? client.fullBeats + 1 : 0;
      if (client.fullBeats > 1) client.stream.destroy();
      else if (client.missed && !client.stream.full && client.waiting === 0) this.#room(client);
      else client.stream.beat();
    }
    this.recheck();
  }

  async #recheck(client: Client): Promise<void> {
    try {
      client.caller = await client.again();
    } catch {
      // Logged out, revoked, or not to be known now: the client comes again, and is told why not.
      client.stream.finish();
    }
  }

  #id(number: number): string {
    return `${this.#parts.epoch}.${number}`;
  }
}
