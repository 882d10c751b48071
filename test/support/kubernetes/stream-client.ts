/** A client of streams that says exactly what it is told, over any of the protocols; kubectl is tried elsewhere. */
import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import {
  type AskedStream,
  offerField,
  protocolOf,
  type StreamProtocol,
} from '../../../src/protocols/kubernetes/streams/agreed-protocol.ts';
import type { StreamPiece, StreamWire } from '../../../src/protocols/kubernetes/streams/stream-wire.ts';

export interface StreamAsk {
  readonly port: number;
  readonly authorization: string;
  readonly path: string;
  readonly protocol: string;
  readonly upgrade: 'websocket' | 'spdy/3.1';
  readonly use?: AskedStream['use'];
  readonly ports?: readonly number[];
}

const NOTHING = Buffer.alloc(0);

/** One stream: what was answered to its upgrade, then its channels. */
export class StreamClient implements AsyncDisposable {
  /** The head of the answer, and its body where it is no upgrade. */
  answer = '';
  readonly pieces: StreamPiece[] = [];
  /** Resolves once the other end has closed. */
  readonly ended: Promise<void>;
  readonly socket: Socket;
  readonly #wire: StreamWire;
  readonly #opens: boolean;
  #upgraded = false;
  #told = Promise.withResolvers<void>();

  constructor(ask: StreamAsk) {
    const asked: AskedStream = { use: ask.use ?? 'command', ports: ask.ports ?? [], upgrade: ask.upgrade };
    const protocol = protocolOf(ask.protocol, asked) as StreamProtocol;
    this.#wire = protocol.wire('target');
    this.#opens = protocol.opens;
    this.socket = connect({ host: '127.0.0.1', port: ask.port });
    this.socket.on('error', () => undefined);
    this.ended = new Promise((resolve) => this.socket.once('close', () => resolve()));
    void this.ended.then(() => this.#told.resolve());
    this.socket.on('data', (bytes: Buffer) => this.#read(bytes));
    this.socket.write(headOf(ask));
  }

  /** Says it once the upgrade was agreed to; where channels are opened, the first are those of a command. */
  static async command(ask: StreamAsk): Promise<StreamClient> {
    const client = new StreamClient(ask);
    await client.until(() => client.#upgraded || client.answer !== '');
    const wanted = ['stdin', 'stdout', 'stderr'].filter((one) => ask.path.includes(`${one}=true`));
    if (client.#upgraded && client.#opens)
      for (const channel of ['error', ...wanted]) client.open(channel, `streamtype: ${channel}\n`);
    return client;
  }

  open(channel: string, head: string): void {
    this.say({ channel, event: 'open', bytes: Buffer.from(head) });
  }

  say(...pieces: readonly StreamPiece[]): void {
    this.socket.write(this.#wire.write(pieces));
  }

  data(channel: string, text: string): void {
    this.say({ channel, event: 'data', bytes: Buffer.from(text) });
  }

  end(channel: string): void {
    this.say({ channel, event: 'end', bytes: NOTHING });
  }

  /** What came on a channel. */
  text(channel: string): string {
    const said = this.pieces.filter((piece) => piece.channel === channel && piece.event === 'data');
    return Buffer.concat(said.map(({ bytes }) => bytes)).toString('utf8');
  }

  /** Resolves once it is so, asked whenever something came; rejects where the connection ends before that. */
  async until(isSo: () => boolean): Promise<void> {
    while (!isSo()) {
      if (this.socket.destroyed) throw new Error(`the stream ended: ${this.answer} ${JSON.stringify(this.pieces)}`);
      await this.#told.promise;
      if (!this.socket.destroyed) this.#told = Promise.withResolvers<void>();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.socket.destroy();
    await this.ended;
  }

  #read(bytes: Buffer): void {
    let rest = bytes;
    if (!this.#upgraded) {
      const end = bytes.indexOf('\r\n\r\n');
      this.answer += bytes.toString('utf8', 0, end < 0 ? undefined : end + 4);
      this.#upgraded = this.answer.startsWith('HTTP/1.1 101 ') && end >= 0;
      rest = end < 0 ? NOTHING : bytes.subarray(end + 4);
      if (!this.#upgraded) this.answer += rest.toString('utf8');
    }
    if (this.#upgraded) {
      const { pieces, reply } = this.#wire.read(rest);
      this.pieces.push(...pieces.map((piece) => ({ ...piece, bytes: Buffer.from(piece.bytes) })));
      if (reply !== undefined) this.socket.write(reply);
    }
    this.#told.resolve();
  }
}

function headOf({ path, authorization, protocol, upgrade }: StreamAsk): string {
  const isSpdy = upgrade === 'spdy/3.1';
  const lines = [
    `${isSpdy ? 'POST' : 'GET'} ${path} HTTP/1.1`,
    'host: localhost',
    `authorization: ${authorization}`,
    'connection: Upgrade',
    `upgrade: ${isSpdy ? 'SPDY/3.1' : 'websocket'}`,
    ...(isSpdy ? [] : [`sec-websocket-key: ${randomBytes(16).toString('base64')}`, 'sec-websocket-version: 13']),
    `${offerField(upgrade)}: ${protocol}`,
  ];
  return `${lines.join('\r\n')}\r\n\r\n`;
}
