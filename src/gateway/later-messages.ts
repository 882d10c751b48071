import type { ExchangeRecord } from '../audit/recorder.ts';
import type { Permit } from '../model/decision.ts';
import { Refused } from '../model/refusal.ts';
import type { Part } from '../model/reply.ts';
import { refusalOf } from './denial.ts';
import type { Stages } from './stages.ts';

/**
 * What a client goes on sending, recorded before it is forwarded. What asks for something by itself is decided as the
 * request was: where a rule says no, or asks for more than the request's permit does, the exchange ends.
 */
export async function* laterInput<Upstream>(
  input: AsyncIterable<Part> | undefined,
  record: ExchangeRecord,
  permit: Permit,
  stages: Pick<Stages<Upstream>, 'decide'>,
): AsyncIterable<Part> {
  if (input === undefined) return;
  for await (const part of input) {
    await record.input(part.wire);
    if (part.asks !== undefined) requirePermitted(part, permit, stages);
    yield part;
  }
}

function requirePermitted<Upstream>(
  { asks = [], wire }: Part,
  permit: Permit,
  stages: Pick<Stages<Upstream>, 'decide'>,
): void {
  const body = { media: 'application/octet-stream', bytes: wire };
  const decision = stages.decide({ operations: asks, body: () => body });
  if (decision.effect === 'deny') throw new Refused(refusalOf(decision));
  // People have approved what they saw, which this is not.
  const isHeld = decision.obligations.some(({ kind }) => kind === 'approve');
  if (isHeld || JSON.stringify(decision.obligations) !== JSON.stringify(permit.obligations)) {
    throw new Refused(MORE_IS_ASKED);
  }
}

const MORE_IS_ASKED = {
  code: 'obligation-unmet',
  message: 'a later message of the stream needs more than its first one did: other masks, budgets, or people',
  hint: 'Send it in a call of its own.',
} as const;
