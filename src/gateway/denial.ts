import type { Deny } from '../model/decision.ts';
import type { Refusal } from '../model/refusal.ts';

/** What a client is told of a denial. */
export function refusalOf(deny: Deny): Refusal {
  const rule = deny.rules[0];
  return {
    code: deny.code,
    message: deny.reason,
    ...(rule === undefined ? {} : { rule }),
    ...(deny.hint === undefined ? {} : { hint: deny.hint }),
  };
}
