import { type ChannelRecord, readChannelRecords } from './channel-record.ts';

const UPGRADED = 'HTTP/1.1 101 ';

/**
 * What the channels of a command in a pod said, of the recorded reply of its request: a head that agrees to an upgrade, then
 * records. Undefined of every other reply; what is cut off ends it.
 */
export function commandRecords(wire: Uint8Array): readonly ChannelRecord[] | undefined {
  const text = latin1(wire.subarray(0, MOST_HEAD_BYTES));
  const end = text.indexOf('\r\n\r\n');
  if (!text.startsWith(UPGRADED) || end < 0) return undefined;
  try {
    const { records } = readChannelRecords(wire.subarray(end + 4));
    return records.some(({ channel }) => COMMAND.has(channel)) ? records : undefined;
  } catch {
    // Frames of a WebSocket that is none of a cluster's streams.
    return undefined;
  }
}

const MOST_HEAD_BYTES = 64 * 1024;
const COMMAND: ReadonlySet<string> = new Set(['stdout', 'stderr', 'error']);

/** The size that a terminal was given by what its client sent (`{"Width":80,"Height":24}`); undefined of anything else. */
export function sizeOf({
  channel,
  bytes,
}: ChannelRecord): { readonly columns: number; readonly rows: number } | undefined {
  if (channel !== 'resize') return undefined;
  const [, columns] = /"Width":(\d{1,5})/.exec(latin1(bytes)) ?? [];
  const [, rows] = /"Height":(\d{1,5})/.exec(latin1(bytes)) ?? [];
  return columns === undefined || rows === undefined ? undefined : { columns: Number(columns), rows: Number(rows) };
}

function latin1(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 8_192) text += String.fromCharCode(...bytes.subarray(at, at + 8_192));
  return text;
}
