import type { Refusal } from '../../model/refusal.ts';
import { answer } from '../http/answers.ts';
import type { IncomingRequest } from '../http/message.ts';
import type { ToldMessage } from './refusals.ts';

/** Answers a request with one message in one go; where that is a refusal, the head says which. */
export function answerInJson(
  incoming: IncomingRequest,
  { message, status }: ToldMessage,
  refusal: Refusal | undefined,
): void {
  const fields = [
    ['content-type', 'application/json'],
    ['cache-control', 'no-store'],
    ...(refusal === undefined ? [] : [['chaperone-refusal', refusal.code] as const]),
  ] as const;
  answer(incoming, { head: { status, fields }, body: Buffer.from(JSON.stringify(message)) });
}
