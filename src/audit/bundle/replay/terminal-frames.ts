import { TextDecoder } from 'node:util';
import { readSshFrames, SSH_MEDIA, type SshFrame } from '../../../model/ssh-frames.ts';
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

/** What commands and shells of SSH hosts said, each piece at the time at which it came. */
export class TerminalFrames {
  /** When each request of a terminal was made, in microseconds, by its exchange. */
  readonly #asked = new Map<number, number>();

  /** Undefined of an event that is no reply of a command, or whose content is not there. */
  frames({ event, body }: RecordedEvent): readonly TimedText[] | undefined {
    const { kind, exchange = 0 } = event;
    if (kind === 'request' && event.body?.media === SSH_MEDIA) this.#asked.set(exchange, microsOf(event));
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
}

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
