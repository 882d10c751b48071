import type { Refusal } from '../../../model/refusal.ts';
import type { WaitingNotice } from '../../protocol.ts';
import type { Channel } from '../channels/channel.ts';
import { noticeText, refusalText } from '../channels/told.ts';
import { Frames } from '../files/frames.ts';
import { STATUS } from './numbers.ts';
import { statusPacket } from './replies.ts';

/** The client's end of an SFTP session, as far as exchanges write to it. */
export class SftpClient {
  readonly #channel: Pick<Channel, 'write'>;

  readonly #nowMs: () => number;

  constructor(channel: Pick<Channel, 'write'>, nowMs: () => number) {
    this.#channel = channel;
    this.#nowMs = nowMs;
  }

  /** For the record of an exchange that begins now. */
  frames(): Frames {
    return new Frames(this.#nowMs);
  }

  /** Sends whole packets; a promise while the client takes no more. */
  send(packet: Buffer | undefined): Promise<void> | undefined {
    return packet === undefined ? undefined : this.#channel.write(packet);
  }

  /** A failure of the gateway's own words. */
  async fail(id: number, code: number, message: string): Promise<void> {
    await this.#channel.write(statusPacket(id, code, message));
  }

  /** OpenSSH's client shows no text of a status, and passes on what is said on stderr; libraries do it the other way round. */
  async refuse(id: number, refusal: Refusal, status: number = STATUS.permissionDenied): Promise<void> {
    const text = refusalText(refusal);
    await this.#channel.write(Buffer.from(text), 'err');
    await this.fail(id, status, text.trimEnd().replaceAll('\n', ' '));
  }

  /** On stderr, which clients pass on: SFTP itself has no words for it. */
  waiting(notice: WaitingNotice): Promise<void> | undefined {
    return this.#channel.write(Buffer.from(noticeText(notice)), 'err');
  }
}
