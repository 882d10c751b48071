import {
  type ChannelEvent,
  type ChannelRecord,
  channelRecordHead,
  readChannelRecords,
} from '../../../model/channel-record.ts';

/** One thing that one side says on a stream with channels, whichever wire carries it. */
export interface StreamPiece {
  /** `stdin`, `stdout`, `stderr`, `error`, `resize` of a command; `data:N` and `error:N` of forwarded connections. */
  readonly channel: string;
  readonly event: ChannelEvent;
  /** Of `open` the lines of its head: `port: 8080`. */
  readonly bytes: Buffer;
}

/** One side's wire: what it sends becomes pieces, and pieces what it is sent. Pure; holds what the wire remembers. */
export interface StreamWire {
  /** Bytes that arrive cut anywhere. Throws `MalformedHttp` for what cannot be read, or is not this side's to say. */
  read(bytes: Buffer): StreamRead;
  write(pieces: readonly StreamPiece[]): Buffer;
  /** Asks whether the peer is still there. */
  ping(): Buffer;
  /** Says that nothing more comes, before the connection is closed. */
  bye(): Buffer;
}

export interface StreamRead {
  readonly pieces: readonly StreamPiece[];
  /** What the wire itself answers: to a ping, to a goodbye. */
  readonly reply: Buffer | undefined;
  /** True where the peer asked whether anybody is there, which the other side is asked then. */
  readonly pinged: boolean;
  /** The peer said that it is over. */
  readonly over: boolean;
}

/** Whom a wire speaks with. */
export type Facing = 'client' | 'target';

/** What each side may say on: the rest would be said to nobody. */
export function maySpeak(facing: Facing, channel: string): boolean {
  if (channel.startsWith('data:')) return true;
  const isInput = channel === 'stdin' || channel === 'resize';
  return isInput === (facing === 'client');
}

/** Pieces as they stand on record. */
export function recorded(pieces: readonly StreamPiece[], atMs: number): Buffer {
  return joinRecords(pieces.map((piece) => ({ ...piece, atMs })));
}

export function joinRecords(records: readonly ChannelRecord[]): Buffer {
  return Buffer.concat(records.flatMap((one) => [Buffer.from(channelRecordHead(one), 'latin1'), one.bytes, NEWLINE]));
}

/** What `recorded` made; one write of ours, so it is whole. */
export function piecesOf(records: Buffer): readonly StreamPiece[] {
  return readChannelRecords(records).records.map(({ channel, event, bytes }) => ({
    channel,
    event,
    bytes: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length),
  }));
}

const NEWLINE = Buffer.from('\n');
