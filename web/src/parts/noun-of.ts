import { askedNoun } from '../../../src/model/asked-noun.ts';
import type { Approval } from '../api/types.ts';

/** What an approval asks for, as people call it: a statement, a command, a push. */
export function nounOf({ protocol, kinds }: Pick<Approval, 'protocol' | 'kinds'>): string {
  return askedNoun(protocol, kinds);
}
