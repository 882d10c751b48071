import type { ExchangeRecord } from '../audit/recorder.ts';
import type { Refusal } from '../model/refusal.ts';

/** What a client is told whose request could not be put on record: nothing of it left. */
export const UNRECORDED: Refusal = {
  code: 'record-unavailable',
  message: 'the request could not be recorded, so it was not sent',
  hint: 'Try again; if it lasts, the gateway needs an operator (its log cannot be written).',
};

/** False where the request could not be recorded: it is then refused, and nothing of it leaves. */
export async function durable(record: ExchangeRecord): Promise<boolean> {
  if (record.durable === undefined) return true;
  return isRecorded(record.durable);
}

/** Whether what is being recorded came to stand in the log. */
export async function isRecorded(recording: Promise<void>): Promise<boolean> {
  try {
    await recording;
    return true;
  } catch {
    // The log keeps the cause and reports it to the operator; the client learns that the request was refused.
    return false;
  }
}

/** For a recording that nobody waits for: the log keeps why it failed. */
export function keptByLog(): void {}
