import type { RefUpdate } from '../../../model/ssh.ts';
import { FLUSH, MalformedPkt, PktReader, pktLine, sideBand } from './pkt-line.ts';

/** What a receive-pack says of a push (gitprotocol-pack, "Report Status"), by bands where the client takes those. */
export class PushReport {
  readonly #isBanded: boolean;
  readonly #outer = new PktReader();
  readonly #inner = new PktReader();
  readonly #lines: string[] = [];
  /** It said something that is no report; then nothing of it is known. */
  #isUnread = false;

  constructor(capabilities: readonly string[]) {
    this.#isBanded = isBanded(capabilities);
    this.#isUnread = !reports(capabilities);
  }

  /** Takes what the host says, cut anywhere; it is never needed to pass that on. */
  push(bytes: Buffer): void {
    if (this.#isUnread) return;
    try {
      this.#outer.push(bytes);
      for (let line = this.#outer.next(); line !== undefined; line = this.#outer.next()) {
        if (line.kind !== 'data') continue;
        if (!this.#isBanded) this.#line(line.payload);
        else if (line.payload[0] === 1) this.#inner.push(line.payload.subarray(1));
      }
      for (let line = this.#inner.next(); line !== undefined; line = this.#inner.next()) {
        if (line.kind === 'data') this.#line(line.payload);
      }
    } catch (cause) {
      if (!(cause instanceof MalformedPkt)) throw cause;
      this.#isUnread = true;
    }
  }

  /** `ok refs/heads/main`, `ng refs/heads/main`: what became of each ref, without the host's words. */
  get tags(): readonly string[] {
    return this.#lines;
  }

  get hasFailed(): boolean {
    return this.#lines.some((line) => !line.startsWith('ok '));
  }

  #line(payload: Buffer): void {
    const [, verdict = '', name = ''] = /^(ok|ng|unpack) (\S+)/.exec(payload.toString('utf8')) ?? [];
    if (this.#lines.length >= MOST_LINES) return;
    if (verdict === 'unpack' && name !== 'ok') this.#lines.push('unpack failed');
    else if (verdict === 'ok' || verdict === 'ng') this.#lines.push(`${verdict} ${name.slice(0, MOST_NAME)}`);
  }
}

const MOST_LINES = 200;
const MOST_NAME = 200;

/** That nothing of a push was done, in the words that the client's git prints beside each ref; undefined where it takes none. */
export function refusedReport(
  refs: readonly RefUpdate[],
  capabilities: readonly string[],
  reason: string,
): Buffer | undefined {
  if (!reports(capabilities)) return undefined;
  const why = oneLine(reason);
  const lines = [pktLine('unpack ok\n'), ...refs.map(({ name }) => pktLine(`ng ${name} ${why}\n`)), FLUSH];
  const report = Buffer.concat(lines);
  return isBanded(capabilities) ? Buffer.concat([sideBand(1, report), FLUSH]) : report;
}

/** True where people can be told something beside the report. */
export function isBanded(capabilities: readonly string[]): boolean {
  return capabilities.includes('side-band-64k');
}

function reports(capabilities: readonly string[]): boolean {
  return capabilities.includes('report-status') || capabilities.includes('report-status-v2');
}

const MOST_REASON = 500;

function oneLine(text: string): string {
  return text.replaceAll(/\p{Cc}+/gu, ' ').slice(0, MOST_REASON);
}
