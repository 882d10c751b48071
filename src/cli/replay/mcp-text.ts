import { isMcp, mcpReply, mcpRequestText } from '../../model/mcp-message.ts';
import type { Output } from '../output.ts';
import { printable, printableLines } from '../printable.ts';
import { bodyBytes, type RecordedEvent, type RecordedRefusal, recordedRefusal } from './recording.ts';
import type { Shown } from './render.ts';

type Paint = Output['paint'];

/** The messages of MCP in a recording: which of its exchanges are of MCP, the requests say. */
export class McpRenderer {
  readonly #paint: Paint;
  readonly #prompt: string;
  #isMcp = false;

  constructor(paint: Paint, prompt: string) {
    this.#paint = paint;
    this.#prompt = prompt;
  }

  /** What a request or a reply says; undefined of what is not of MCP, and of events that look alike everywhere. */
  render(event: RecordedEvent): readonly Shown[] | undefined {
    if (event.kind === 'request') this.#isMcp = isMcp(event.op);
    if (!this.#isMcp) return undefined;
    if (event.kind === 'request') return [this.#request(event)];
    if (event.kind === 'refusal') return this.#refusal(recordedRefusal(event));
    if (event.kind !== 'reply') return undefined;
    return [{ text: this.#reply(event) }, ...this.#refusal(event.refusal)];
  }

  #request(event: RecordedEvent): Shown {
    const bytes = bodyBytes(event);
    const text = bytes === undefined ? `(${event.body?.withheld ?? 'not kept'})` : requestText(bytes);
    return { text: this.#paint('cyan', `${this.#prompt}> `), typed: `${printableLines(text)}\n` };
  }

  #reply(event: RecordedEvent): string {
    const { body, masked = [] } = event;
    const marks = masked.map(({ name, count }) => `${printable(name)} ×${count}`);
    const beneath = marks.length === 0 ? '' : `${this.#paint('yellow', `masked: ${marks.join(', ')}`)}\n`;
    const bytes = bodyBytes(event);
    if (bytes === undefined) return `(${printable(body?.withheld ?? 'not kept')})\n${beneath}`;
    const messages = mcpReply(bytes).map(({ title, text, grave, code }) => {
      const head = `${title}${code === undefined ? '' : ` ${code}`}`;
      const lines = text === '' ? '' : `${printableLines(text)}\n`;
      if (head === '') return lines;
      return `${this.#paint(grave ? 'red' : 'dim', `← ${printable(head)}`)}\n${lines}`;
    });
    return `${messages.join('')}${beneath}`;
  }

  /** A refusal, or one that cut the reply off. */
  #refusal(refusal: RecordedRefusal | undefined): readonly Shown[] {
    if (refusal === undefined) return [];
    const { code, message, hint } = refusal;
    const words = [`${code}: ${message}`, ...(hint === undefined ? [] : [hint])].map(printable);
    return [{ text: `${this.#paint('red', words.join('\n'))}\n` }];
  }
}

/** What is no message of MCP is shown as it was sent. */
function requestText(bytes: Uint8Array): string {
  return mcpRequestText(bytes) ?? Buffer.from(bytes).toString('utf8');
}
