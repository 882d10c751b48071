import type { Refusal } from '../../model/refusal.ts';

/** Why a reply in which something has a class does not pass. */
export function cannotMask(why: string): Refusal {
  return {
    code: 'mask-impossible',
    message: `something in the reply has a class that is masked, and ${why}`,
    hint: 'Ask for JSON, CSV or a form, or for what holds nothing that is classified.',
  };
}
