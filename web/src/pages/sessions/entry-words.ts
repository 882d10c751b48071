import { duration } from '../../ui/moments.ts';
import type { Entry } from './recording.ts';

/** What an entry without SQL is called. */
export function entryTitle({ kind, exchange }: Entry): string {
  switch (kind) {
    case 'open':
      return 'Session opened';
    case 'close':
      return 'Session closed';
    case 'unasked':
      return 'Said by the server, unasked';
    case 'gap':
      return 'The gateway ended here';
    case 'exchange':
      return `Request ${exchange}`;
    default:
      return kind satisfies never;
  }
}

export interface Outcome {
  readonly text: string;
  /** Behind it, where there is room. */
  readonly more?: string;
  /** It was refused, or it failed. */
  readonly grave: boolean;
}

/** How an exchange ended, in a word or two. */
export function entryOutcome(entry: Entry): Outcome {
  const { kind, status, rows, decision, asks, approval, answeredMs } = entry;
  if (kind !== 'exchange') return { text: '', grave: false };
  if (answeredMs === undefined) return { text: asks && approval === undefined ? 'waiting' : 'running', grave: false };
  if (decision === 'deny') return { text: 'refused', grave: true };
  if (entry.http && entry.code !== undefined) return httpOutcome(entry, entry.code, answeredMs);
  switch (status) {
    case 'ok':
      return { text: rows === undefined || rows === 0 ? 'ok' : rowsText(rows), grave: false };
    case 'error':
      return { text: 'error', grave: true };
    case 'cancelled':
      return { text: 'cancelled', grave: false };
    case 'unknown':
      return { text: 'unknown', grave: true };
    case undefined:
      return { text: '', grave: false };
    default:
      return { text: 'refused', grave: true };
  }
}

/** `200 · 3.1 ms · 2 masked` */
function httpOutcome({ status, startMs, maskedValues }: Entry, code: string, answeredMs: number): Outcome {
  const masked = maskedValues === 0 ? [] : [`${maskedValues.toLocaleString('en')} masked`];
  const grave = status !== 'ok';
  const more = [tookText(answeredMs - startMs), ...masked].map((word) => ` · ${word}`).join('');
  return { text: code, more, grave };
}

export function rowsText(rows: number): string {
  return `${rows.toLocaleString('en')} ${rows === 1 ? 'row' : 'rows'}`;
}

/** `answered after 12 ms`; what is short to a tenth. */
export function tookText(ms: number): string {
  return ms < 10 ? `${Math.max(0, ms).toFixed(1)} ms` : duration(ms);
}

/** How an approval ended, in words. */
export function approvalWords(state: string): string {
  switch (state) {
    case 'used':
    case 'approved':
      return 'Approved';
    case 'denied':
      return 'Denied';
    case 'expired':
      return 'Nobody answered in time';
    case 'cancelled':
      return 'Cancelled before an answer';
    case 'pending':
      return 'Still waiting when the client could wait no longer';
    default:
      return state;
  }
}

const OUTCOMES: Readonly<Record<string, string>> = {
  completed: 'Completed',
  clientLeft: 'The client left',
  revoked: 'Ended or revoked',
  expired: 'Its grant ran out',
  upstreamLost: 'The target was lost',
  drained: 'The gateway was stopped',
  faulted: 'It failed',
  gatewayFailed: 'The gateway failed',
};

/** How a session or a run ended, in words. */
export function outcomeWords(outcome: string): string {
  return OUTCOMES[outcome] ?? outcome;
}
