import { type RecordedBody, type RecordedEvent, readSession } from '../audit/read/read-session.ts';
import type { ReplyDecoder } from '../model/decoded-reply.ts';
import { LIMITS } from '../model/limits.ts';

/** The decoder of a target's replies, by its protocol; undefined where that has none. */
export type ReplyDecoders = (protocol: string, target: string) => ReplyDecoder | undefined;

/** Opens the events of one session, in their order: bodies in place of where they stand on disk, replies also decoded. */
export class EventOpener {
  readonly #decoders: ReplyDecoders | undefined;
  readonly #erased: string | undefined;
  #decoder: ReplyDecoder | undefined;

  /** `erased` says in words why bodies whose key is gone are. */
  constructor(decoders?: ReplyDecoders, erased?: string) {
    this.#decoders = decoders;
    this.#erased = erased;
  }

  open({ event, body }: RecordedEvent): object {
    if (event.opening !== undefined) {
      const { protocol, name } = event.opening.target;
      this.#decoder = this.#decoders?.(protocol, name);
    }
    if (event.body === undefined) return event;
    const { media, bytes } = event.body;
    const opened = body();
    return {
      ...event,
      body: { media, bytes, ...bodyView(opened, this.#erased) },
      ...this.#decoded(event.kind, opened),
    };
  }

  #decoded(kind: string, body: RecordedBody): object {
    if (this.#decoder === undefined || body.kind !== 'bytes') return {};
    const isReply = kind === 'reply' || kind === 'unasked';
    const calls = kind === 'request' || kind === 'input' || kind === 'reply' ? this.#decoder.calls : undefined;
    const messages = calls?.messages(kind as 'request' | 'input' | 'reply', body.bytes);
    return {
      ...(isReply ? { decoded: this.#decoder.decode(body.bytes) } : {}),
      ...(messages === undefined ? {} : { messages }),
    };
  }
}

function bodyView(body: RecordedBody, erased = 'its key is not here'): object {
  switch (body.kind) {
    case 'bytes':
      return { base64: body.bytes.toString('base64'), complete: body.complete };
    case 'none':
      return {};
    case 'withheld':
      return { withheld: erased };
    case 'unreadable':
      return { withheld: `it is ${body.why}` };
    default:
      return body satisfies never;
  }
}

export interface FollowParts {
  /** The audit directory. */
  readonly directory: string;
  /** Puts what was recorded so far into the session files. */
  readonly sync: () => Promise<void>;
  /** Calls back whenever something was recorded in the session. */
  readonly onActivity: (session: string, listener: () => void) => () => void;
  /** Whether more may come. */
  readonly isLive: (session: string) => Promise<boolean>;
}

export interface Followed {
  readonly session: string;
  /** Events up to this number were told before. */
  readonly after: number;
  readonly opener: EventOpener;
  readonly signal: AbortSignal;
}

/** What one who follows a session is told. */
export type FollowStep =
  | { readonly kind: 'event'; readonly seq: number; readonly event: object }
  /** Nothing happened for a while. */
  | { readonly kind: 'quiet' }
  | { readonly kind: 'end' };

/**
 * A session's events from the first on, each as soon as it stands in the session's file, until the session closes. The
 * file is looked at when something was recorded, and not otherwise.
 */
export async function* followSession(parts: FollowParts, followed: Followed): AsyncGenerator<FollowStep> {
  const { session, after, opener, signal } = followed;
  const activity = new Activity(signal);
  const stop = parts.onActivity(session, () => activity.happened());
  let from = 0;
  try {
    for (let live = true; live && !signal.aborted; ) {
      // Asked before the file is read: what is recorded later has been told of as activity.
      live = await parts.isLive(session);
      activity.reset();
      await parts.sync();
      for await (const recorded of readSession(parts.directory, session, { from })) {
        from = recorded.end;
        const event = opener.open(recorded);
        if (recorded.event.seq > after) yield { kind: 'event', seq: recorded.event.seq, event };
        if (recorded.event.kind === 'session.close') live = false;
        if (signal.aborted) return;
      }
      if (live && !(await activity.wait(LIMITS.eventHeartbeatMs))) yield { kind: 'quiet' };
    }
    yield { kind: 'end' };
  } finally {
    stop();
  }
}

/** Wakes one waiter when something happened, a moment later, so that much at once is one waking. */
class Activity {
  readonly #signal: AbortSignal;
  #waiter = Promise.withResolvers<boolean>();

  constructor(signal: AbortSignal) {
    this.#signal = signal;
    signal.addEventListener('abort', () => this.#waiter.resolve(false), { once: true });
  }

  happened(): void {
    this.#waiter.resolve(true);
  }

  reset(): void {
    this.#waiter = Promise.withResolvers();
    if (this.#signal.aborted) this.#waiter.resolve(false);
  }

  /** True where something happened within this time. */
  async wait(withinMs: number): Promise<boolean> {
    const { promise } = this.#waiter;
    const timer = setTimeout(() => this.#waiter.resolve(false), withinMs).unref();
    const happened = await promise;
    clearTimeout(timer);
    if (happened) await new Promise((resolve) => setTimeout(resolve, LIMITS.followMs).unref());
    return happened;
  }
}
