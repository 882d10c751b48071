import { Refused } from '../../../model/refusal.ts';

/** Why a reply that must be masked, counted or searched does not pass. */
export function unmaskable(why: string): Refused {
  return new Refused({
    code: 'mask-impossible',
    message: `the reply must be looked into, and ${why}`,
    hint: 'Ask for less of it, or for JSON or text.',
  });
}
