/**
 * What several channels of one connection said, on record: a command's streams, a terminal, forwarded connections; whichever
 * protocol carried them. Each record is a line `MILLISECONDS CHANNEL EVENT LENGTH`, then so many bytes and a newline.
 */
export interface ChannelRecord {
  /** Whole milliseconds since the exchange was opened. */
  readonly atMs: number;
  /** `stdin`, `stdout`, `stderr`, `error`, `resize`; of several that are alike with a number: `data:5`. */
  readonly channel: string;
  readonly event: ChannelEvent;
  /** Of `data` what was said; of the others what was said with it, as text. */
  readonly bytes: Uint8Array;
}

/** `open` asks for a channel, `accept` gives it; after `end` its sender says no more, after `reset` nobody does. */
export type ChannelEvent = 'open' | 'accept' | 'data' | 'end' | 'reset';

const EVENTS: ReadonlySet<string> = new Set<ChannelEvent>(['open', 'accept', 'data', 'end', 'reset']);
const HEAD = /^(\d{1,15}) ([a-z]{1,16}(?::\d{1,10})?) ([a-z]{3,6}) (\d{1,10})$/;
/** Longer than every head. */
const MOST_HEAD_BYTES = 80;
const NEWLINE = 10;

export function channelRecordHead({ atMs, channel, event, bytes }: ChannelRecord): string {
  return `${atMs} ${channel} ${event} ${bytes.length}\n`;
}

/** The records that are whole, as views, and how many bytes they take. Throws `RangeError` for what is none. */
export function readChannelRecords(bytes: Uint8Array): {
  readonly records: readonly ChannelRecord[];
  readonly read: number;
} {
  const records: ChannelRecord[] = [];
  let at = 0;
  for (;;) {
    const end = bytes.subarray(at, at + MOST_HEAD_BYTES).indexOf(NEWLINE);
    if (end < 0 && bytes.length - at >= MOST_HEAD_BYTES) throw new RangeError('no record of a channel');
    if (end < 0) return { records, read: at };
    const [, atMs, channel = '', event = '', length] = HEAD.exec(latin1(bytes.subarray(at, at + end))) ?? [];
    if (!EVENTS.has(event)) throw new RangeError('no record of a channel');
    const start = at + end + 1;
    const over = start + Number(length);
    if (bytes.length <= over) return { records, read: at };
    if (bytes[over] !== NEWLINE) throw new RangeError('a record of a channel without its end');
    records.push({ atMs: Number(atMs), channel, event: event as ChannelEvent, bytes: bytes.subarray(start, over) });
    at = over + 1;
  }
}

function latin1(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}
