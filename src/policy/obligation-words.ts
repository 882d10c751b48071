import type { Decision, Obligation } from '../model/decision.ts';
import { budgetWords } from './budget-words.ts';
import { sessionWords } from './session-obligation.ts';

/** A decision as far as it makes a difference: what happens, what is masked, who is asked, what is limited. */
export function decisionWords(decision: Decision): string {
  if (decision.effect === 'deny') return `deny (${decision.rules.join(', ') || decision.code})`;
  return ['permit', ...decision.obligations.map(obligationWords)].join(', ');
}

export function obligationWords(obligation: Obligation): string {
  switch (obligation.kind) {
    case 'mask':
      return `mask ${obligation.classes.join(', ')}`;
    case 'approve':
      return `approval of ${obligation.quorum} of ${obligation.group}`;
    case 'limit':
      return `limit ${obligation.budgets.map(budgetWords).join(', ')}`;
    case 'session':
      return `session ${sessionWords(obligation)}`;
    default:
      return obligation satisfies never;
  }
}
