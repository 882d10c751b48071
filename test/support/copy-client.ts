/** COPY over a connection of the gateway's own, message by message (PostgreSQL manual, 54.2.6). */
import type { UpstreamConnection } from '../../src/protocols/postgres/upstream-login.ts';

export class CopyClient {
  readonly #connection: UpstreamConnection;
  #bytes: Buffer = Buffer.alloc(0);

  constructor(connection: UpstreamConnection) {
    this.#connection = connection;
  }

  /** The CopyData payloads of a COPY TO STDOUT, one for each message. */
  async copyOut(sql: string): Promise<readonly Buffer[]> {
    const messages = await this.#talk(query(sql));
    return messages.filter(({ type }) => type === 'd').map(({ body }) => body);
  }

  /** Runs a COPY FROM STDIN with this data; the command tag. */
  async copyIn(sql: string, data: Buffer): Promise<string> {
    const messages = await this.#talk(Buffer.concat([query(sql), message('d', data), message('c', Buffer.alloc(0))]));
    return messages.find(({ type }) => type === 'C')?.body.toString('utf8', 0) ?? '';
  }

  close(): void {
    this.#connection.socket.destroy();
  }

  /** Sends, and reads up to ReadyForQuery; throws what the server says where it refuses. */
  async #talk(bytes: Buffer) {
    this.#connection.socket.write(bytes);
    const messages: { readonly type: string; readonly body: Buffer }[] = [];
    for (;;) {
      const next = await this.#message();
      if (next.type !== 'Z') {
        messages.push(next);
        continue;
      }
      const error = messages.find(({ type }) => type === 'E');
      if (error !== undefined) throw new Error(error.body.toString());
      return messages;
    }
  }

  async #message() {
    while (this.#bytes.length < 5 || this.#bytes.length < 1 + this.#bytes.readInt32BE(1)) await this.#read();
    const end = 1 + this.#bytes.readInt32BE(1);
    const read = { type: String.fromCharCode(this.#bytes.readUInt8(0)), body: this.#bytes.subarray(5, end) };
    this.#bytes = this.#bytes.subarray(end);
    return read;
  }

  async #read(): Promise<void> {
    const { socket } = this.#connection;
    const chunk = await new Promise<Buffer>((resolve, reject) => {
      const onClose = () => reject(new Error('the server left'));
      socket.once('close', onClose);
      socket.once('data', (bytes: Buffer) => {
        socket.off('close', onClose);
        socket.pause();
        resolve(bytes);
      });
      socket.resume();
    });
    this.#bytes = Buffer.concat([this.#bytes, chunk]);
  }
}

function query(sql: string): Buffer {
  return message('Q', Buffer.from(`${sql}\0`));
}

function message(type: string, body: Buffer): Buffer {
  const head = Buffer.from(`${type}\0\0\0\0`);
  head.writeInt32BE(4 + body.length, 1);
  return Buffer.concat([head, body]);
}
