import { MalformedHttp } from '../../../http/message.ts';
import { type Facing, maySpeak, type StreamPiece, type StreamRead, type StreamWire } from '../stream-wire.ts';
import {
  acceptFrame,
  byeFrame,
  dataFrame,
  MOST_FRAME_BYTES,
  openFrame,
  pingFrame,
  resetFrame,
  type SpdyFrame,
  SpdyFrameReader,
} from './frames.ts';
import { HeaderReader, type Headers, HeaderWriter } from './header-block.ts';

/** What streams are for: those of one command, or of forwarded connections, of which each has two. */
export type StreamUse = 'command' | 'forward';

/** Streams that are open at once; a forwarded connection takes two. */
const MOST_STREAMS = 1_000;
const NOTHING = Buffer.alloc(0);

interface OpenStream {
  readonly id: number;
  readonly channel: string;
  /** Which directions are still open, as this wire sees them. */
  reads: boolean;
  writes: boolean;
}

/**
 * SPDY/3.1 as clusters and their clients speak it: the client opens each stream and says in its head what it is for. There
 * are no windows: neither side keeps any, TCP's alone count.
 */
export class SpdyWire implements StreamWire {
  readonly #facing: Facing;
  readonly #use: StreamUse;
  readonly #frames = new SpdyFrameReader();
  readonly #headers = new HeaderReader();
  readonly #writer = new HeaderWriter();
  readonly #byId = new Map<number, OpenStream>();
  readonly #byChannel = new Map<string, OpenStream>();
  #lastId = 0;
  #lastPing: number;

  constructor(facing: Facing, use: StreamUse) {
    this.#facing = facing;
    this.#use = use;
    // 2.6.5: who opened the connection counts in odd numbers.
    this.#lastPing = facing === 'client' ? 0 : -1;
  }

  read(bytes: Buffer): StreamRead {
    const pieces: StreamPiece[] = [];
    const replies: Buffer[] = [];
    let pinged = false;
    let over = false;
    for (const frame of this.#frames.push(bytes)) {
      if (frame.kind === 'ping') {
        // One of its own numbers is the answer to one of ours.
        const isOurs = (frame.id % 2 === 1) === (this.#facing === 'target');
        if (!isOurs) replies.push(pingFrame(frame.id));
        pinged ||= !isOurs;
      } else if (frame.kind === 'bye') over = true;
      else pieces.push(...this.#piecesOf(frame));
    }
    return { pieces, reply: replies.length === 0 ? undefined : Buffer.concat(replies), pinged, over };
  }

  write(pieces: readonly StreamPiece[]): Buffer {
    return Buffer.concat(pieces.flatMap((piece) => this.#framesOf(piece)));
  }

  ping(): Buffer {
    this.#lastPing += 2;
    return pingFrame(this.#lastPing);
  }

  bye(): Buffer {
    return byeFrame(this.#facing === 'client' ? this.#lastId : 0);
  }

  #piecesOf(frame: Exclude<SpdyFrame, { readonly kind: 'ping' | 'bye' }>): readonly StreamPiece[] {
    switch (frame.kind) {
      case 'own':
        return [];
      case 'open':
        return this.#opened(frame.stream, this.#headers.read(frame.block), frame.fin);
      case 'accept': {
        this.#headers.read(frame.block);
        const stream = this.#byId.get(frame.stream);
        if (this.#facing === 'client') throw malformed('a stream is given that nobody asked for');
        if (stream === undefined) return this.#late(frame.stream);
        return [{ channel: stream.channel, event: 'accept', bytes: NOTHING }, ...this.#ended(stream, frame.fin)];
      }
      case 'data': {
        const stream = this.#byId.get(frame.stream);
        if (stream?.reads !== true) return this.#late(frame.stream);
        const { channel } = stream;
        if (frame.bytes.length > 0 && !maySpeak(this.#facing, channel)) {
          throw malformed(`something is said on ${channel} by who listens there`);
        }
        const said = frame.bytes.length > 0 || !frame.fin;
        return [
          ...(said ? [{ channel, event: 'data', bytes: frame.bytes } as const] : []),
          ...this.#ended(stream, frame.fin),
        ];
      }
      case 'reset': {
        const stream = this.#byId.get(frame.stream);
        if (stream === undefined) return this.#late(frame.stream);
        this.#forget(stream);
        return [{ channel: stream.channel, event: 'reset', bytes: Buffer.from(String(frame.status)) }];
      }
      default:
        return frame satisfies never;
    }
  }

  #opened(id: number, headers: Headers, fin: boolean): readonly StreamPiece[] {
    if (this.#facing === 'target' || id % 2 === 0 || id <= this.#lastId) {
      throw malformed('a stream that is not its sender’s to open');
    }
    const known = headers.filter(([name]) => HEADERS.has(name));
    if (known.some(([, value]) => !/^[\x21-\x7e]{1,64}$/.test(value)))
      throw malformed('a stream with a head that is none');
    const role = known.find(([name]) => name === 'streamtype')?.[1] ?? '';
    if (!ROLES[this.#use].has(role)) throw malformed('a stream that is for nothing that is known');
    const stream = this.#open(id, this.#use === 'forward' ? `${role}:${id}` : role);
    const head = known.map(([name, value]) => `${name}: ${value}\n`).join('');
    return [{ channel: stream.channel, event: 'open', bytes: Buffer.from(head) }, ...this.#ended(stream, fin)];
  }

  #open(id: number, channel: string): OpenStream {
    if (this.#byId.size >= MOST_STREAMS) throw malformed('more streams than are taken at once');
    if (this.#byChannel.has(channel)) throw malformed(`a second stream of ${channel}`);
    const stream = { id, channel, reads: true, writes: true };
    this.#byId.set(id, stream);
    this.#byChannel.set(channel, stream);
    this.#lastId = id;
    return stream;
  }

  #ended(stream: OpenStream, fin: boolean): readonly StreamPiece[] {
    if (!fin) return [];
    stream.reads = false;
    if (!stream.writes) this.#forget(stream);
    return [{ channel: stream.channel, event: 'end', bytes: NOTHING }];
  }

  /** What was under way when its stream was closed is for nobody. */
  #late(id: number): readonly StreamPiece[] {
    if (id > this.#lastId) throw malformed('a frame of a stream that was not opened');
    return [];
  }

  #framesOf({ channel, event, bytes }: StreamPiece): readonly Buffer[] {
    if (event === 'open') {
      const { id } = this.#open(this.#lastId === 0 ? 1 : this.#lastId + 2, channel);
      return [openFrame(id, this.#writer.write(headersOf(bytes)), false)];
    }
    const stream = this.#byChannel.get(channel);
    if (stream?.writes !== true) return [];
    switch (event) {
      case 'accept':
        return [acceptFrame(stream.id, this.#writer.write([]), false)];
      case 'data':
        return cut(bytes).map((piece) => dataFrame(stream.id, piece, false));
      case 'end':
        stream.writes = false;
        if (!stream.reads) this.#forget(stream);
        return [dataFrame(stream.id, NOTHING, true)];
      case 'reset':
        this.#forget(stream);
        return [resetFrame(stream.id, Number(bytes.toString('latin1')) || CANCEL)];
      default:
        return event satisfies never;
    }
  }

  #forget({ id, channel }: OpenStream): void {
    this.#byId.delete(id);
    this.#byChannel.delete(channel);
  }
}

/** 2.6.3. */
const CANCEL = 5;

/** What streams say of themselves; anything else is for nobody that is known, and goes no further. */
const HEADERS: ReadonlySet<string> = new Set(['streamtype', 'port', 'requestid']);
const ROLES: Readonly<Record<StreamUse, ReadonlySet<string>>> = {
  command: new Set(['stdin', 'stdout', 'stderr', 'error', 'resize']),
  forward: new Set(['data', 'error']),
};

function headersOf(lines: Buffer): Headers {
  return lines
    .toString('latin1')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => [line.slice(0, line.indexOf(': ')), line.slice(line.indexOf(': ') + 2)] as const);
}

function cut(bytes: Buffer): readonly Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0; at === 0 || at < bytes.length; at += MOST_FRAME_BYTES) {
    pieces.push(bytes.subarray(at, at + MOST_FRAME_BYTES));
  }
  return pieces;
}

function malformed(message: string): MalformedHttp {
  return new MalformedHttp(400, message);
}
