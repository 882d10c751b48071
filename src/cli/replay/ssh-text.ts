import { readSshFrames, SSH_MEDIA, type SshFrame } from '../../model/ssh-frames.ts';
import type { Output } from '../output.ts';
import { printable, printableLines } from '../printable.ts';
import { bodyBytes, type RecordedEvent, type RecordedRefusal, recordedRefusal } from './recording.ts';
import type { Shown } from './render.ts';

type Paint = Output['paint'];

/** Commands and shells of SSH hosts in a recording, as text: what they were, what they said, how they ended. */
export class SshRenderer {
  readonly #paint: Paint;
  readonly #prompt: string;
  #isSsh = false;

  constructor(paint: Paint, prompt: string) {
    this.#paint = paint;
    this.#prompt = prompt;
  }

  /** Undefined of what is not of SSH, and of events that look alike everywhere. */
  render(event: RecordedEvent): readonly Shown[] | undefined {
    if (event.kind === 'request') this.#isSsh = event.body?.media === SSH_MEDIA;
    if (!this.#isSsh) return undefined;
    if (event.kind === 'request') return [this.#request(event)];
    if (event.kind === 'input') return this.#input(event);
    if (event.kind === 'refusal') return this.#refusal(recordedRefusal(event));
    return event.kind === 'reply' ? [{ text: this.#reply(event) }, ...this.#refusal(event.refusal)] : undefined;
  }

  #request(event: RecordedEvent): Shown {
    const bytes = bodyBytes(event);
    const text = bytes === undefined ? `(${event.body?.withheld ?? 'not kept'})` : bytes.toString();
    return { text: this.#paint('cyan', `${this.#prompt}$ `), typed: `${printableLines(text)}\n` };
  }

  /** What is typed at a terminal comes back from there; the rest is a file as often as not. */
  #input(event: RecordedEvent): readonly Shown[] {
    const frames = readSshFrames(bodyBytes(event) ?? Buffer.alloc(0));
    const bytes = frames.reduce((sum, frame) => sum + (frame.kind === 'in' ? frame.bytes.length : 0), 0);
    return bytes === 0 ? [] : [{ text: `${this.#paint('dim', `(the client sent ${bytes} bytes)`)}\n` }];
  }

  #reply(event: RecordedEvent): string {
    const { body, masked = [] } = event;
    const marks = masked.map(({ name, count }) => `${printable(name)} ×${count}`);
    const beneath = marks.length === 0 ? '' : `${this.#paint('yellow', `masked: ${marks.join(', ')}`)}\n`;
    const bytes = bodyBytes(event);
    if (bytes === undefined) return `(${printable(body?.withheld ?? 'not kept')})\n${beneath}`;
    const frames = readSshFrames(bytes);
    const said = frames.map((frame) => this.#said(frame)).join('');
    return `${said}${said === '' || said.endsWith('\n') ? '' : '\n'}${this.#end(frames)}${beneath}`;
  }

  #said({ kind, bytes }: SshFrame): string {
    const text = (): string => printableLines(Buffer.from(bytes).toString().replaceAll('\r\n', '\n'));
    if (kind === 'out') return text();
    return kind === 'err' ? this.#paint('yellow', text()) : '';
  }

  #end(frames: readonly SshFrame[]): string {
    const last = frames.find(({ kind }) => kind === 'status' || kind === 'signal');
    if (last === undefined) return '';
    const data = Buffer.from(last.bytes);
    if (last.kind === 'signal') return `${this.#paint('red', 'ended by a signal')}\n`;
    const status = data.length === 4 ? data.readUInt32BE() : 255;
    return status === 0 ? '' : `${this.#paint('dim', `exit status ${status}`)}\n`;
  }

  #refusal(refusal: RecordedRefusal | undefined): readonly Shown[] {
    if (refusal === undefined) return [];
    const { code, message, hint } = refusal;
    const words = [`${code}: ${message}`, ...(hint === undefined ? [] : [hint])].map(printable);
    return [{ text: `${this.#paint('red', words.join('\n'))}\n` }];
  }
}
