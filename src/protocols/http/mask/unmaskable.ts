import { Refused } from '../../../model/refusal.ts';

/** Why a reply that must be masked does not pass. */
export function unmaskable(why: string): Refused {
  return new Refused({
    code: 'mask-impossible',
    message: `the reply must be masked, and ${why}`,
    hint: 'Ask for less of it, or for JSON or text.',
  });
}
