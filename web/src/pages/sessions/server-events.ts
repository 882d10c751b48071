/** One event of a `text/event-stream` (HTML standard, 9.2). */
export interface ServerEvent {
  readonly name: string;
  readonly data: string;
}

/** Reads such a stream line by line: fields gather until an empty line ends the event. */
export class ServerEventReader {
  #name = '';
  #data: string[] = [];

  /** The event that this line ends, if it ends one. */
  line(text: string): ServerEvent | undefined {
    const line = text.endsWith('\r') ? text.slice(0, -1) : text;
    if (line === '') return this.#end();
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + (line[colon + 1] === ' ' ? 2 : 1));
    if (field === 'event') this.#name = value;
    if (field === 'data') this.#data.push(value);
    return undefined;
  }

  #end(): ServerEvent | undefined {
    const event = { name: this.#name === '' ? 'message' : this.#name, data: this.#data.join('\n') };
    const empty = this.#data.length === 0;
    this.#name = '';
    this.#data = [];
    return empty ? undefined : event;
  }
}
