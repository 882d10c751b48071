import { readChannelRecords } from '../../../model/channel-record.ts';
import { LIMITS } from '../../../model/limits.ts';
import type { Refusal } from '../../../model/refusal.ts';
import type { FieldMasker, Part } from '../../../model/reply.ts';
import type { Operation } from '../../../model/request.ts';
import type { ByteStream } from '../../../wire/byte-stream.ts';
import { PeerLeft } from '../../../wire/peer-left.ts';
import { fieldOf } from '../../http/forwarded-head.ts';
import {
  type IncomingReply,
  type IncomingRequest,
  MalformedHttp,
  type OutgoingRequest,
  type ReplyHead,
  SPDY,
} from '../../http/message.ts';
import type { Relay, RelayedInput } from '../../http/relay.ts';
import { type AskedStream, offeredProtocols, offerField, protocolOf, type StreamProtocol } from './agreed-protocol.ts';
import type { BegunStream } from './begun-stream.ts';
import { ChannelMasks } from './channel-masks.ts';
import { type ExitStatus, exitStatusOf, refusedStatus } from './exit-status.ts';
import { joinRecords, piecesOf, recorded, type StreamPiece, type StreamWire } from './stream-wire.ts';

export interface ChannelRelayParts {
  readonly incoming: IncomingRequest;
  readonly asked: AskedStream;
  readonly nowMs: () => number;
  /** True where somebody types into a terminal. */
  readonly isTyped: boolean;
  /** Where the client was let begin before its target was asked. */
  readonly begun?: BegunStream;
  /** What a connection to a port of the pod asks for. */
  readonly portOperations: (port: number) => readonly Operation[];
}

/** Streams between a client and a cluster, taken apart into channels on both sides; docs/design/0010-kubernetes.md. */
export class ChannelRelay implements Relay {
  readonly #parts: ChannelRelayParts;
  readonly #masks: ChannelMasks;
  readonly #startedMs: number;
  readonly #accepted = Promise.withResolvers<ByteStream>();
  readonly #over = Promise.withResolvers<null>();
  readonly #ports = new Set<number>();
  #offered: { readonly field: string; readonly protocols: readonly StreamProtocol[] } = { field: '', protocols: [] };
  #protocol: StreamProtocol | undefined;
  #client: { readonly stream: ByteStream; readonly wire: StreamWire } | undefined;
  #target: { readonly stream: ByteStream; readonly wire: StreamWire } | undefined;
  #exit: ExitStatus | undefined;
  #pauses = false;
  #clientOver = false;

  constructor(parts: ChannelRelayParts) {
    this.#parts = parts;
    this.#masks = new ChannelMasks(parts.isTyped);
    this.#startedMs = parts.nowMs();
    for (const port of parts.begun?.ports ?? parts.asked.ports) this.#ports.add(port);
    // Where the target says no, nobody waits for it.
    this.#accepted.promise.catch(() => undefined);
  }

  /** Only what is carried is offered, and no extension. */
  offer(request: OutgoingRequest): OutgoingRequest {
    const { asked, begun } = this.#parts;
    return this.#ask(request, asked, begun === undefined ? offeredProtocols(request.fields, asked) : [begun.protocol]);
  }

  /** Who was let begin cannot ask again in another way, as clients do where a server knows no tunnel. */
  again(request: OutgoingRequest): OutgoingRequest | undefined {
    const { asked, begun } = this.#parts;
    if (begun === undefined || asked.upgrade === SPDY) return undefined;
    const spdy = { ...asked, upgrade: SPDY };
    const protocol = protocolOf(FORWARD, spdy);
    const known = { ...request, method: 'POST', upgrade: SPDY };
    return protocol && this.#ask(known, spdy, [protocol]);
  }

  #ask(request: OutgoingRequest, asked: AskedStream, protocols: readonly StreamProtocol[]): OutgoingRequest {
    this.#offered = { field: offerField(asked.upgrade), protocols };
    const fields = request.fields.filter(([name]) => !OFFERS.has(name));
    const names = protocols.map(({ name }) => name);
    const isSpdy = asked.upgrade === SPDY;
    // API servers read one field of a WebSocket, and leave out others of its name; of SPDY each field is one name.
    const offered = (isSpdy ? names : [names.join(', ')]).map((value) => [this.#offered.field, value] as const);
    const version = isSpdy ? [] : [['sec-websocket-version', '13'] as const];
    return { ...request, length: 'none', fields: [...fields, ...offered, ...version] };
  }

  agreed({ head: { fields } }: IncomingReply): ReplyHead {
    if (fieldOf(fields, 'sec-websocket-extensions') !== undefined) {
      throw new MalformedHttp(502, 'an extension of a WebSocket that was not offered');
    }
    const name = fieldOf(fields, this.#offered.field);
    this.#protocol = this.#offered.protocols.find((one) => one.name === name);
    if (this.#protocol === undefined) throw new MalformedHttp(502, 'a protocol of streams that was not offered');
    return { status: 101, fields };
  }

  accept(head: ReplyHead): void {
    const { incoming, begun } = this.#parts;
    this.#client = begun ?? { stream: incoming.accept(head), wire: this.#agreedOn.wire('client') };
    this.#accepted.resolve(this.#client.stream);
  }

  async *input(): AsyncGenerator<RelayedInput> {
    await this.#accepted.promise;
    const { stream, wire } = this.#client!;
    const { begun } = this.#parts;
    if (begun !== undefined) yield* this.#asking(begun.pieces);
    const read = (): Promise<Buffer | null> => Promise.race([stream.read(), this.#over.promise]);
    for (let bytes = await read(); bytes !== null; bytes = await read()) {
      const { pieces, reply, pinged, over } = wire.read(bytes);
      if (begun !== undefined) this.#answerAhead(pieces);
      say(stream, reply);
      if (pinged) say(this.#target?.stream, this.#target?.wire.ping());
      yield* this.#asking(pieces);
      if (over) break;
    }
    this.#clientOver = true;
  }

  async send(input: AsyncIterable<Part>, upstream: ByteStream): Promise<void> {
    const { wire } = this.#targetAt(upstream);
    for await (const part of input) {
      const bytes = wire.write(piecesOf(part.wire));
      const slow = bytes.length > 0 ? upstream.write(bytes) : undefined;
      if (slow !== undefined) await slow;
    }
    say(upstream, wire.bye());
    await upstream.end();
  }

  async *receive(upstream: ByteStream, whole: boolean): AsyncGenerator<Buffer> {
    const { wire } = this.#targetAt(upstream);
    for (let pending = upstream.read(); ; pending = upstream.read()) {
      if (whole && this.#masks.holds && (await within(pending, LIMITS.sshMaskDelayMs)) === LATE) {
        this.#pauses = true;
        // Once: what still waits then waits for what comes behind it.
        yield NOTHING;
      }
      const bytes = await pending;
      if (bytes === null) {
        this.#checkEnd();
        return;
      }
      const { pieces, reply, pinged, over } = wire.read(bytes);
      say(upstream, reply);
      if (pinged) say(this.#client?.stream, this.#client?.wire.ping());
      for (const { channel, event, bytes: told } of pieces) {
        if (channel === 'error' && event === 'data') this.#exit = exitStatusOf(told) ?? this.#exit;
      }
      const seen = this.#parts.begun === undefined ? pieces : pieces.filter(({ event }) => event !== 'accept');
      if (seen.length > 0) yield recorded(seen, this.#atMs());
      if (over) return;
    }
  }

  /** A target that closes without a word has not ended well, unless its client did or the command's end was told. */
  #checkEnd(): void {
    if (this.#clientOver || this.#exit !== undefined) return;
    throw new PeerLeft('the cluster closed the connection in the middle of a stream');
  }

  rewrite(pieces: Buffer, isLast: boolean, masker: FieldMasker): Buffer {
    const masks = masker.messages;
    if (masks === undefined) throw new Error('a masker of rows alone was given a message');
    const { records } = readChannelRecords(pieces);
    const atMs = this.#atMs();
    const seen = [...this.#masks.masked(records, masks), ...(this.#pauses ? this.#masks.paused(atMs) : [])];
    this.#pauses = false;
    return joinRecords(isLast ? [...seen, ...this.#masks.ended(atMs)] : seen);
  }

  write(pieces: Buffer): Promise<void> | undefined {
    const bytes = this.#client?.wire.write(piecesOf(pieces));
    return bytes === undefined || bytes.length === 0 ? undefined : this.#client?.stream.write(bytes);
  }

  end(): Promise<void> | undefined {
    say(this.#client?.stream, this.#client?.wire.bye());
    return this.#client?.stream.end();
  }

  over(): void {
    this.#over.resolve(null);
  }

  result(): ExitStatus | undefined {
    return this.#exit;
  }

  refuse(refusal: Refusal): void {
    if (this.#parts.asked.use === 'command') {
      const bytes = refusedStatus(refusal, this.#agreedOn.statuses);
      say(this.#client?.stream, this.#client?.wire.write([{ channel: 'error', event: 'data', bytes }]));
    }
    // Whoever does not take it has gone, which the connection tells.
    this.end()?.catch(() => undefined);
  }

  get #agreedOn(): StreamProtocol {
    if (this.#protocol === undefined) throw new RangeError('a stream before it was agreed on');
    return this.#protocol;
  }

  #atMs(): number {
    return Math.max(0, Math.floor(this.#parts.nowMs() - this.#startedMs));
  }

  #targetAt(stream: ByteStream): { readonly wire: StreamWire } {
    this.#target ??= { stream, wire: this.#agreedOn.wire('target') };
    return this.#target;
  }

  /** Pieces with what they ask for by themselves: a port that nobody was asked about yet. */
  *#asking(pieces: readonly StreamPiece[]): Generator<RelayedInput> {
    if (pieces.length === 0) return;
    const ports = pieces.flatMap((piece) => portOf(piece) ?? []).filter((port) => !this.#ports.has(port));
    for (const port of ports) this.#ports.add(port);
    const asks = ports.flatMap((port) => this.#parts.portOperations(port));
    yield { wire: recorded(pieces, this.#atMs()), ...(asks.length === 0 ? {} : { asks }) };
  }

  /** Who was let begin is not kept waiting for what the target says to each of its streams. */
  #answerAhead(pieces: readonly StreamPiece[]): void {
    const accepts = pieces.filter(({ event }) => event === 'open');
    say(
      this.#client?.stream,
      this.#client?.wire.write(accepts.map((one) => ({ ...one, event: 'accept', bytes: NOTHING }))),
    );
  }
}

const NOTHING = Buffer.alloc(0);
const FORWARD = 'portforward.k8s.io';
const OFFERS: ReadonlySet<string> = new Set([offerField('websocket'), offerField(SPDY)]);

/** Not awaited: a failure shows where the same stream is read. */
function say(stream: ByteStream | undefined, bytes: Buffer | undefined): void {
  if (bytes !== undefined && bytes.length > 0) stream?.write(bytes)?.catch(() => undefined);
}

/** The port that a new stream is for; undefined of anything else. Throws `MalformedHttp` for what is no port. */
export function portOf({ event, bytes }: StreamPiece): number | undefined {
  if (event !== 'open') return undefined;
  const [, port] = /^port: (.*)$/m.exec(bytes.toString('latin1')) ?? [];
  if (port === undefined) return undefined;
  if (!/^[1-9]\d{0,4}$/.test(port) || Number(port) > 65_535) throw new MalformedHttp(400, 'a port that is none');
  return Number(port);
}

const LATE = Symbol('late');

/** What a promise gives, or that it takes longer. */
async function within<T>(promise: Promise<T>, delayMs: number): Promise<T | typeof LATE> {
  const late = Promise.withResolvers<typeof LATE>();
  const timer = setTimeout(() => late.resolve(LATE), delayMs);
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
