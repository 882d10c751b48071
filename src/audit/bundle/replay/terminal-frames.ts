import { TextDecoder } from 'node:util';
import { readChannelRecords } from '../../../model/channel-record.ts';
import { readSshFrames, SSH_MEDIA, type SshFrame } from '../../../model/ssh-frames.ts';
import { commandRecords, sizeOf } from '../../../model/stream-replies.ts';
import { screenText } from '../../../model/terminal-text.ts';
import type { RecordedEvent } from '../../read/read-session.ts';
import { microsOf } from './cast-view.ts';
import { VIEWED_BODY_BYTES } from './derived-view.ts';

/** What a terminal showed at a time of the gateway's clock, or the size that it had from then on. */
export interface TimedText {
  readonly micros: number;
  readonly code: 'o' | 'r';
  readonly data: string;
}

/** What commands and shells of SSH hosts, and commands in pods, said, each piece at the time at which it came. */
export class TerminalFrames {
  /** When each request of a terminal was made, in microseconds, by its exchange. */
  readonly #asked = new Map<number, number>();
  /** Sizes that clients gave the terminals of commands in pods, by their exchanges. */
  readonly #sizes = new Map<number, TimedText[]>();
  readonly #begun = new Map<number, number>();

  /** Undefined of an event that is no reply of a command, or whose content is not there. */
  frames(recorded: RecordedEvent): readonly TimedText[] | undefined {
    const { event, body } = recorded;
    const { kind, exchange = 0 } = event;
    if (kind === 'request' && event.body?.media === SSH_MEDIA) this.#asked.set(exchange, microsOf(event));
    const pod = this.#ofPod(recorded, exchange);
    if (pod !== undefined) return pod;
    const asked = this.#asked.get(exchange);
    if (asked === undefined) return undefined;
    // What was typed shows where the host sent it back.
    if (kind === 'input') return [];
    if (kind !== 'reply') return undefined;
    const opened = body(VIEWED_BODY_BYTES);
    if (opened.kind !== 'bytes') return undefined;
    const frames = readSshFrames(opened.bytes);
    const isTerminal = frames[0]?.kind === 'window';
    const decoders = { out: new TextDecoder(), err: new TextDecoder() };
    return frames.flatMap((frame) => {
      const text = textOf(frame, decoders, isTerminal);
      return text === undefined ? [] : [{ micros: asked + frame.atMs * 1000, ...text }];
    });
  }

  /** As `frames`; the head of its upgrade, and what asked for it, is a command's as well. */
  #ofPod({ event, body }: RecordedEvent, exchange: number): readonly TimedText[] | undefined {
    if (event.kind === 'request') this.#begun.set(exchange, microsOf(event));
    if (event.body?.media !== OCTETS || (event.kind !== 'input' && event.kind !== 'reply')) return undefined;
    const opened = body(VIEWED_BODY_BYTES);
    if (opened.kind !== 'bytes') return undefined;
    const begun = this.#begun.get(exchange) ?? microsOf(event);
    if (event.kind === 'input') return this.#typed(exchange, begun, opened.bytes);
    const records = commandRecords(opened.bytes);
    if (records === undefined) return undefined;
    const sizes = this.#sizes.get(exchange) ?? [];
    const isTerminal = sizes.length > 0;
    const decoders = { out: new TextDecoder(), err: new TextDecoder() };
    const said = records.flatMap(({ channel, event: happened, atMs, bytes }) => {
      if (happened !== 'data' || (channel !== 'stdout' && channel !== 'stderr')) return [];
      const kind = channel === 'stdout' ? 'out' : 'err';
      const text = textOf({ kind, atMs, bytes }, decoders, isTerminal);
      return text === undefined ? [] : [{ micros: begun + atMs * 1000, ...text }];
    });
    return [...sizes, ...said].toSorted((one, other) => one.micros - other.micros);
  }

  /** What was typed shows where the pod sent it back; its sizes are kept. Undefined of what is no stream of a command. */
  #typed(exchange: number, begun: number, bytes: Uint8Array): readonly TimedText[] | undefined {
    try {
      const { records } = readChannelRecords(bytes);
      const found = records.flatMap((record) => {
        const size = sizeOf(record);
        if (size === undefined) return [];
        return [{ micros: begun + record.atMs * 1000, code: 'r' as const, data: `${size.columns}x${size.rows}` }];
      });
      if (found.length > 0) this.#sizes.set(exchange, [...(this.#sizes.get(exchange) ?? []), ...found]);
      return records.some(({ channel }) => INPUTS.has(channel)) ? [] : undefined;
    } catch {
      // What clients of other protocols sent.
      return undefined;
    }
  }
}

const OCTETS = 'application/octet-stream';
const INPUTS: ReadonlySet<string> = new Set(['stdin', 'resize']);

type Decoders = Readonly<Record<'out' | 'err', TextDecoder>>;

/** A character may be cut by two pieces of a stream. */
function textOf(
  { kind, bytes }: SshFrame,
  decoders: Decoders,
  isTerminal: boolean,
): Omit<TimedText, 'micros'> | undefined {
  if (kind === 'window' && bytes.length >= 8) {
    const size = Buffer.from(bytes);
    return { code: 'r', data: `${size.readUInt32BE()}x${size.readUInt32BE(4)}` };
  }
  if (kind !== 'out' && kind !== 'err') return undefined;
  const text = screenText(decoders[kind].decode(bytes, { stream: true }));
  if (text === '') return undefined;
  return { code: 'o', data: isTerminal ? text : text.replaceAll(/\r?\n/gu, '\r\n') };
}
