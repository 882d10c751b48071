import { randomBytes } from 'node:crypto';
import { Fault } from '../../model/fault.ts';
import type { TargetName } from '../../model/ids.ts';
import { LIMITS } from '../../model/limits.ts';
import { type Refusal, Refused } from '../../model/refusal.ts';
import type { ByteStream } from '../../wire/byte-stream.ts';
import { PeerLeft } from '../../wire/peer-left.ts';
import type { Admission } from '../protocol.ts';
import { answer, errorShapeOf, refusalOf } from './answers.ts';
import { awsShapeOf } from './aws-refusal.ts';
import type { ChunkSigning } from './credentials/aws/chunks.ts';
import { HttpExchange } from './exchange.ts';
import { fieldOf } from './forwarded-head.ts';
import type { Inspector } from './inspector.ts';
import type { HttpSession, Lane, Lanes } from './lanes.ts';
import { type HttpLayer, type LayeredExchange, layerOf } from './layer.ts';
import { type Fields, type IncomingRequest, MalformedHttp, type ServerConnection } from './message.ts';
import { readRequest } from './read-request.ts';
import { type Telling, toldRefusal } from './refusal.ts';
import { type Door, metadataOf, type OwnPlace, type Places, type Route, routeOf, type Stray } from './route.ts';
import { isSigned, SignedClients } from './signed-clients.ts';
import type { HttpUpstream } from './upstream.ts';

export interface ConversationParts {
  readonly connection: ServerConnection;
  readonly door: Door;
  readonly places: Places;
  readonly admission: Admission<HttpUpstream, undefined>;
  readonly lanes: Lanes;
  readonly inspector: Inspector;
  readonly layers: readonly HttpLayer[];
  readonly nowMs: () => number;
  /** Serves what comes inside of a CONNECT to the host, until it ends. */
  readonly tunnel: (stream: ByteStream, door: Door & { readonly kind: 'tunnel' }) => Promise<void>;
}

/** Reads a client's requests, and hands each to a session of its grant and target as one exchange. */
export class HttpConversation {
  readonly #parts: ConversationParts;
  readonly #signed: SignedClients;
  #wrongProofs = 0;

  constructor(parts: ConversationParts) {
    this.#parts = parts;
    this.#signed = new SignedClients(parts);
  }

  /** Returns when the client sends no more, and what it asked is answered. Throws what ends the connection otherwise. */
  async run(): Promise<void> {
    const { connection } = this.#parts;
    const working = new Set<Promise<void>>();
    for (;;) {
      const request = await connection.next();
      if (request === undefined) break;
      if (connection.concurrency === 1) {
        await this.#handle(request);
        continue;
      }
      const work: Promise<void> = this.#handle(request).finally(() => working.delete(work));
      working.add(work);
      // One that is waited for elsewhere as well must not count as unheard.
      work.catch(() => undefined);
      if (working.size >= connection.concurrency) await Promise.race(working);
    }
    await Promise.all(working);
  }

  async #handle(incoming: IncomingRequest): Promise<void> {
    const route = routeOf(incoming.head, this.#parts.door, this.#parts.places);
    await this.#answer(incoming, route, false);
  }

  /** Never rejects but with what ends the connection. What a place of ours asks in its client's name is `inner`. */
  async #answer(incoming: IncomingRequest, route: Route | OwnPlace | Stray, inner: boolean): Promise<void> {
    try {
      if ('refusal' in route) return await this.#stray(incoming, route);
      if ('own' in route) return await this.#own(incoming, route);
      if (incoming.head.method === 'CONNECT') {
        return await this.#tunnel(incoming, route, await this.#lane(incoming, route));
      }
      const signed = isSigned(incoming.head) ? await this.#signed.check(incoming, route.proof) : undefined;
      const proven = signed === undefined ? route : { ...route, proof: signed.proof };
      await this.#exchange(signed?.incoming ?? incoming, proven, await this.#lane(incoming, proven), {
        signing: signed?.chunks,
        inner,
      });
    } catch (cause) {
      if (cause instanceof PeerLeft) return incoming.abort();
      if (!(cause instanceof Refused || cause instanceof MalformedHttp)) throw cause;
      const { refusal, ...told } = refusalOf(cause);
      // Whoever guesses shall at least come again for it.
      if (refusal.code === 'claim-invalid' && ++this.#wrongProofs >= MOST_WRONG_PROOFS) {
        this.#parts.connection.retire();
      }
      this.#refuse(incoming, refusal, route, told);
    }
  }

  async #own(incoming: IncomingRequest, { own, proof }: OwnPlace): Promise<void> {
    const { door, admission } = this.#parts;
    const ask = (target: TargetName, inner: IncomingRequest): Promise<void> =>
      this.#answer(inner, { target, origin: inner.head.target, prefix: '', proof, proxied: false }, true);
    const scheme = door.kind === 'port' && door.secure ? 'https' : 'http';
    await own.serve({ incoming, proof, scheme, admission, ask });
  }

  #lane(incoming: IncomingRequest, { proof, target }: Route): Lane | Promise<Lane> {
    if (proof === undefined) throw new Refused(NO_PROOF);
    const agent = fieldOf(incoming.head.fields, 'user-agent');
    const parameters = agent === undefined ? {} : { user_agent: agent.slice(0, MOST_AGENT_CHARACTERS) };
    return this.#parts.lanes.take(proof, target, parameters);
  }

  /** Who proves nothing does not learn whether there is such a place. */
  async #stray(incoming: IncomingRequest, stray: Stray): Promise<void> {
    if (stray.proof === undefined) throw new Refused(NO_PROOF);
    await this.#parts.admission.stray(stray.proof.claim, stray.place);
    this.#refuse(incoming, stray.refusal, stray, stray.proxied ? { status: 403 } : {});
  }

  async #exchange(
    incoming: IncomingRequest,
    { origin, prefix, proxied }: Route,
    lane: Lane,
    { signing, inner }: { readonly signing: ChunkSigning | undefined; readonly inner: boolean },
  ): Promise<void> {
    const { lanes, layers } = this.#parts;
    const { session } = lane;
    const layer = layerOf(layers, session.target);
    const { inspector } = layer ?? this.#parts;
    const stopListening = this.#cancelWith(incoming, session, inner);
    let exchange: LayeredExchange | undefined;
    try {
      const digest = (secret: string): string => session.digest(secret);
      const where = { target: session.target, prefix, proxied };
      const asked = await readRequest(incoming, { ...where, origin, inspector, digest, nonce });
      const patienceMs = patienceOf(incoming.head.fields);
      const parts = { incoming, asked, where, patienceMs, digest, signing };
      exchange = layer === undefined ? new HttpExchange(parts) : await layer.exchange(parts, session);
      // Taken back while its session was opened or its body read: nobody was told to cancel anything then.
      if (incoming.signal.aborted) throw incoming.signal.reason;
      const running = session.run(exchange);
      const goesOn = await (exchange.apart === undefined ? running : Promise.race([running, exchange.apart]));
      stopListening();
      if (goesOn !== 'apart') return await lanes.give(lane);
      lanes.release(lane);
      void this.#goOn(running, exchange, session);
    } catch (cause) {
      stopListening();
      await lanes.drop(lane);
      this.#failed(incoming, exchange, cause, session);
    }
  }

  /** The session is over; the connection goes on, if there is a way to tell its client. */
  #failed(
    incoming: IncomingRequest,
    exchange: LayeredExchange | undefined,
    cause: unknown,
    session: HttpSession,
  ): void {
    const why = whyOf(cause, session);
    if (why instanceof PeerLeft) return incoming.abort();
    const { refusal, status } = refusalOf(why);
    if (exchange === undefined) answer(incoming, toldRefusal(refusal, { status, ...errorShapeOf(incoming) }));
    else exchange.tell(refusal, status);
    if (why instanceof Refused || why instanceof MalformedHttp) return;
    if (!(why instanceof Fault)) throw why;
    this.#parts.admission.report(why);
  }

  /** What was asked outlives its connection. Never rejects. */
  async #goOn(running: Promise<void>, exchange: LayeredExchange, session: HttpSession): Promise<void> {
    const report = (fault: unknown): void => this.#parts.admission.report(fault);
    try {
      await running;
    } catch (cause) {
      const why = whyOf(cause, session);
      const { refusal, status } = refusalOf(why);
      exchange.tell(refusal, status);
      if (!(why instanceof Refused || why instanceof MalformedHttp || why instanceof PeerLeft)) report(why);
    } finally {
      await Promise.resolve(session[Symbol.asyncDispose]()).catch(report);
    }
  }

  /** A client of HTTP/2 may take back one request, and go on with the others; so may a place of ours. */
  #cancelWith(incoming: IncomingRequest, session: HttpSession, inner: boolean): () => void {
    if (this.#parts.connection.concurrency === 1 && !inner) return nothing;
    const cancel = (): void => {
      this.#parts.admission.cancel(session.cancelKey).catch((fault: unknown) => this.#parts.admission.report(fault));
    };
    incoming.signal.addEventListener('abort', cancel, { once: true });
    return () => incoming.signal.removeEventListener('abort', cancel);
  }

  /** The session that was opened for it proved who asks; it waits for the first request inside. */
  async #tunnel(incoming: IncomingRequest, { target, proof }: Route, lane: Lane): Promise<void> {
    await this.#parts.lanes.give(lane);
    if (proof === undefined || this.#parts.door.kind === 'tunnel') throw new Refused(NESTED);
    const { authority } = incoming.head;
    const stream = incoming.accept({ status: 200, fields: [] });
    await this.#parts.tunnel(stream, { kind: 'tunnel', authority, target, proof });
  }

  #refuse(incoming: IncomingRequest, refusal: Refusal, route: Route | OwnPlace | Stray, telling: Telling = {}): void {
    const { connection, door, places } = this.#parts;
    if (refusal.code === 'draining') connection.retire();
    const metadata = metadataOf(incoming.head, route, door, places);
    const { proxied } = route;
    answer(incoming, toldRefusal(refusal, { ...telling, proxied, metadata, aws: awsShapeOf(incoming.head) }));
  }
}

const NO_PROOF: Refusal = {
  code: 'claim-missing',
  message: 'this needs a grant: its id and its secret, as Bearer GRANT.SECRET or as Basic user and password',
  hint: '`chaperone run` gets one and puts it where clients look for it.',
};
const NESTED: Refusal = { code: 'protocol-unsupported', message: 'a tunnel inside of a tunnel is not opened' };

const MOST_AGENT_CHARACTERS = 200;
/** Of one connection. */
const MOST_WRONG_PROOFS = 10;

function nothing(): void {}

/** What ended the session says more than what broke by it. */
function whyOf(cause: unknown, { signal }: HttpSession): unknown {
  return signal.aborted && signal.reason instanceof Refused ? signal.reason : cause;
}

function nonce(): string {
  return randomBytes(16).toString('hex');
}

/** RFC 7240, 4.3. */
function patienceOf(fields: Fields): number {
  const [, seconds] = /(?:^|[,;\s])wait=(\d{1,6})(?:$|[,;\s])/i.exec(fieldOf(fields, 'prefer') ?? '') ?? [];
  return seconds === undefined ? LIMITS.httpHoldMs : Math.min(Number(seconds) * 1_000, LIMITS.maxHttpWaitMs);
}
