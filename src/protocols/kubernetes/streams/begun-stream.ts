import type { ByteStream } from '../../../wire/byte-stream.ts';
import { PeerLeft } from '../../../wire/peer-left.ts';
import { type IncomingRequest, MalformedHttp } from '../../http/message.ts';
import { type AskedStream, offeredProtocols, offerField, type StreamProtocol } from './agreed-protocol.ts';
import { portOf } from './channel-relay.ts';
import type { StreamPiece, StreamWire } from './stream-wire.ts';

/** A client that was let begin before its target was asked, because its first stream says what it asks for. */
export interface BegunStream {
  readonly protocol: StreamProtocol;
  readonly stream: ByteStream;
  readonly wire: StreamWire;
  /** What it has said so far; the ports in it are `ports`. */
  readonly pieces: readonly StreamPiece[];
  readonly ports: readonly number[];
}

/**
 * Forwarded connections name their ports one by one, each when it is opened: the first is waited for, so that it can be
 * decided and nothing goes to the target before that. Rejects with `PeerLeft`, `MalformedHttp`, or what aborts the signal.
 */
export async function beginStream(
  incoming: IncomingRequest,
  asked: AskedStream,
  signal: AbortSignal,
): Promise<BegunStream> {
  const [protocol] = offeredProtocols(incoming.head.fields, asked);
  if (protocol === undefined) throw new MalformedHttp(400, 'no protocol of streams that is carried');
  const stream = incoming.accept({ status: 101, fields: [[offerField(asked.upgrade), protocol.name]] });
  const wire = protocol.wire('client');
  const onAbort = (): void => stream.destroy(signal.reason as Error);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    const pieces: StreamPiece[] = [];
    for (;;) {
      const bytes = await stream.read();
      if (bytes === null) throw new PeerLeft('the client left before it asked for a port');
      const read = wire.read(bytes);
      pieces.push(...read.pieces);
      const accepts = read.pieces.filter(({ event }) => event === 'open');
      const answer = wire.write(accepts.map((one) => ({ ...one, event: 'accept', bytes: Buffer.alloc(0) })));
      for (const said of [read.reply, answer]) if (said !== undefined && said.length > 0) await stream.write(said);
      if (read.over) throw new PeerLeft('the client left before it asked for a port');
      const ports = pieces.flatMap((piece) => portOf(piece) ?? []);
      if (ports.length > 0) return { protocol, stream, wire, pieces, ports: [...new Set(ports)] };
      if (pieces.length > MOST_PIECES) throw new MalformedHttp(400, 'streams without a port');
    }
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

const MOST_PIECES = 16;
