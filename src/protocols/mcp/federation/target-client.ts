import type { TargetName } from '../../../model/ids.ts';
import { PeerLeft } from '../../../wire/peer-left.ts';
import type { Fields } from '../../http/message.ts';
import {
  CAPABILITIES_META,
  CLIENT_META,
  type Era,
  type EraName,
  isModern,
  MODERN,
  NEWEST_LEGACY,
  VERSION_META,
} from './era.ts';
import { mirrored } from './header-values.ts';
import { InnerCall } from './inner-call.ts';
import { fieldsOf, readReply } from './inner-reply.ts';
import { type JsonObject, listIn, objectOf, textOf } from './lossless-json.ts';
import { failed, type Outcome } from './rpc.ts';

/** Asks a target as the client would: see `PlaceRequest.ask`. */
export type Ask = (target: TargetName, call: InnerCall) => Promise<void>;

/** What the endpoint's client says of itself, which is what its targets are told. */
export interface ClientFacts {
  readonly authority: string;
  readonly capabilities: JsonObject;
  /** Those of them that a server of an older era may be told of. */
  readonly askable: JsonObject;
  readonly info: JsonObject;
}

export interface Calling {
  readonly ask: Ask;
  /** Aborted where the client asks no more. */
  readonly signal: AbortSignal;
  /** Beside what every message has. */
  readonly fields?: Fields;
  /** Takes what the server says before its answer: notifications, and requests of its own. */
  readonly onMessage?: (message: JsonObject, client: TargetClient) => void | Promise<void>;
  /** Told under which id the server knows the request. */
  readonly onSent?: (id: string) => void;
}

/** A client of one target, in the name of one client of the endpoint. Which era the server speaks is learned, and kept. */
export class TargetClient {
  readonly target: TargetName;
  readonly #facts: ClientFacts;
  readonly #eras: Map<TargetName, EraName>;
  readonly #onMet: (client: TargetClient) => void;
  #era: Promise<Era> | undefined;
  #ids = 0;

  constructor(
    target: TargetName,
    facts: ClientFacts,
    eras: Map<TargetName, EraName>,
    onMet: (client: TargetClient) => void,
  ) {
    this.#onMet = onMet;
    this.target = target;
    this.#facts = facts;
    this.#eras = eras;
  }

  /** Whether it was asked for anything yet. */
  get met(): boolean {
    return this.#era !== undefined;
  }

  /** How the server is spoken to. Rejects with `NotReached`. */
  era(calling: Calling): Promise<Era> {
    const learning = (this.#era ??= this.#learn(calling));
    learning.catch(() => {
      if (this.#era === learning) this.#era = undefined;
    });
    return learning;
  }

  /** Asks the server, once it is met. Rejects with `NotReached`, and with `PeerLeft` where the reply breaks off. */
  async request(method: string, params: JsonObject, calling: Calling): Promise<Outcome> {
    const era = await this.era(calling);
    const outcome = await this.#send(era, method, params, calling);
    if (outcome.kind !== 'lost') return outcome;
    // The server forgot the session: nothing was done, so it may be asked again in a new one.
    this.#era = undefined;
    const again = await this.#send(await this.era(calling), method, params, calling);
    return again.kind === 'lost' ? failed(again.code, 'the server keeps no session') : again;
  }

  /** Says something that has no answer: a notification, or what the client answered to the server. */
  async tell(message: JsonObject, calling: Calling): Promise<void> {
    const era = await this.era(calling);
    const call = this.#call('POST', fieldsOf(era), JSON.stringify(message));
    await this.#during(call, calling, async () => void (await call.answered));
  }

  /** Listens to what the server says unasked (before 2026-07-28), until the signal aborts or it ends the stream. */
  async listen(calling: Calling): Promise<void> {
    const era = await this.era(calling);
    const call = this.#call('GET', [...fieldsOf(era), ['accept', 'text/event-stream']], '');
    await this.#during(call, calling, async () => void (await readReply(call, undefined, this.#hearing(calling))));
  }

  /** Ends the server's session, if it has one. */
  async end(calling: Calling): Promise<void> {
    const era = await this.#era?.catch(() => undefined);
    this.#era = undefined;
    if (era?.kind !== 'legacy' || era.session === undefined) return;
    const call = this.#call('DELETE', fieldsOf(era), '');
    await this.#during(call, calling, async () => void (await call.answered));
  }

  async #learn(calling: Calling): Promise<Era> {
    const known = this.#eras.get(this.target);
    const modern = known === 'legacy' ? undefined : await this.#discover(calling);
    const era = modern ?? (await this.#initialize(calling));
    this.#eras.set(this.target, era.kind);
    this.#onMet(this);
    return era;
  }

  async #discover(calling: Calling): Promise<Era | undefined> {
    const probing = { kind: 'modern', version: MODERN, capabilities: {} } as const;
    const outcome = await this.#send(probing, 'server/discover', {}, { ask: calling.ask, signal: calling.signal });
    if (outcome.kind !== 'result') return undefined;
    const spoken = listIn(outcome.result, 'supportedVersions').filter((one) => typeof one === 'string');
    const version = spoken.includes(MODERN) ? MODERN : spoken.find(isModern);
    if (version === undefined) return undefined;
    return { kind: 'modern', version, capabilities: objectOf(outcome.result['capabilities']) ?? {} };
  }

  async #initialize(calling: Calling): Promise<Era> {
    const { askable, info: clientInfo } = this.#facts;
    const params = { protocolVersion: NEWEST_LEGACY, capabilities: askable, clientInfo };
    const id = this.#nextId();
    const call = this.#call('POST', [], JSON.stringify({ jsonrpc: '2.0', id, method: 'initialize', params }));
    const { outcome, head } = await this.#during(call, calling, () => readReply(call, id, undefined));
    if (outcome?.kind !== 'result') {
      this.#eras.delete(this.target);
      throw new NotReached(outcome?.error ?? failed(0, 'the server says nothing').error);
    }
    const era = {
      kind: 'legacy',
      version: textOf(outcome.result['protocolVersion']) ?? NEWEST_LEGACY,
      capabilities: objectOf(outcome.result['capabilities']) ?? {},
      session: head.fields.find(([name]) => name === 'mcp-session-id')?.[1],
    } as const;
    const told = this.#call('POST', fieldsOf(era), INITIALIZED);
    await this.#during(told, calling, async () => void (await told.answered));
    return era;
  }

  async #send(
    era: Era,
    method: string,
    params: JsonObject,
    { fields = [], onSent, ...calling }: Calling,
  ): Promise<Outcome | { readonly kind: 'lost'; readonly code: number }> {
    const id = this.#nextId();
    const sent =
      era.kind === 'modern' ? { ...params, _meta: this.#meta(era.version, params) } : withoutEnvelope(params);
    const named = era.kind === 'modern' ? [...mirrored(method, params), ...fields] : [];
    const text = JSON.stringify({ jsonrpc: '2.0', id, method, params: sent });
    const call = this.#call('POST', [...fieldsOf(era), ...named], text);
    onSent?.(id);
    const { outcome, head } = await this.#during(call, calling, () => readReply(call, id, this.#hearing(calling)));
    if (head.status === 404 && era.kind === 'legacy' && era.session !== undefined)
      return { kind: 'lost', code: -32_001 };
    return outcome ?? failed(-32_603, 'the server did not answer');
  }

  #hearing({ onMessage }: Calling): ((message: JsonObject) => void | Promise<void>) | undefined {
    return onMessage && ((message) => onMessage(message, this));
  }

  #meta(version: string, params: JsonObject): JsonObject {
    const { capabilities, info } = this.#facts;
    const own = objectOf(params['_meta']) ?? {};
    return { ...own, [VERSION_META]: version, [CAPABILITIES_META]: capabilities, [CLIENT_META]: info };
  }

  /** Asks, and reads what is answered meanwhile; what the client takes back is taken back there. */
  async #during<T>(call: InnerCall, { ask, signal }: Calling, read: () => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    const leave = (): void => call.leave();
    signal.addEventListener('abort', leave, { once: true });
    // Where it ends without an answer, whoever reads must not wait for one. What it broke on is told by who asks.
    void ask(this.target, call)
      .catch(() => undefined)
      .finally(() => call.abort());
    try {
      const answer = await read();
      // The exchange is over only once its reply was taken to the end.
      void call.drain(DRAIN_MS);
      return answer;
    } catch (cause) {
      call.leave();
      throw cause;
    } finally {
      signal.removeEventListener('abort', leave);
    }
  }

  #call(method: 'POST' | 'GET' | 'DELETE', fields: Fields, text: string): InnerCall {
    const body = Buffer.from(text, 'utf8');
    const common: Fields =
      method === 'POST'
        ? [
            ['content-type', 'application/json'],
            ['accept', 'application/json, text/event-stream'],
          ]
        : [];
    return new InnerCall({ method, authority: this.#facts.authority, fields: [...common, ...fields], body });
  }

  #nextId(): string {
    return `f${++this.#ids}`;
  }
}

/** A server that is down, or that the grant may not ask: why, as JSON-RPC says errors. */
export class NotReached extends PeerLeft {
  readonly error: JsonObject;

  constructor(error: JsonObject) {
    super(textOf(error['message']) ?? 'the server was not reached');
    this.name = 'NotReached';
    this.error = error;
  }
}

/** A server that has answered and goes on talking is left. */
const DRAIN_MS = 5_000;

const INITIALIZED = JSON.stringify({ jsonrpc: '2.0', method: 'notifications/initialized' });

/** What a client of 2026-07-28 says with every request, an older server was told once. */
function withoutEnvelope(params: JsonObject): JsonObject {
  const meta = objectOf(params['_meta']);
  if (meta === undefined) return params;
  const { [VERSION_META]: _version, [CAPABILITIES_META]: _capabilities, [CLIENT_META]: _info, ...own } = meta;
  const { _meta, ...others } = params;
  return Object.keys(own).length === 0 ? others : { ...others, _meta: own };
}
