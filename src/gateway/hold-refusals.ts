import type { Vote } from '../model/approval.ts';
import type { Permit } from '../model/decision.ts';
import type { Hold } from '../model/held-request.ts';
import type { Refusal } from '../model/refusal.ts';
import type { HoldEnding } from './hold-ending.ts';

/** What a held request's client is told that was not let through. It names the approval, who answered and why. */
export function refusalOfEnding({ id, url }: Pick<Hold, 'id' | 'url'>, ending: HoldEnding, permit: Permit): Refusal {
  const [rule] = permit.rules;
  return { ...wordsOf(id, url, ending), ...(rule === undefined ? {} : { rule }) };
}

/** Why a request was withdrawn, for the people who had it before them. */
export function whyWithdrawn(by: keyof typeof WITHDRAWN): string {
  return WITHDRAWN[by];
}

export const DRAINING: Refusal = {
  code: 'draining',
  message: 'the gateway is shutting down, so nobody was asked for an approval',
  hint: 'Connect again, and make the same request.',
};

export const UNANSWERABLE: Refusal = {
  code: 'approval-unavailable',
  message: 'this needs an approval, and nobody can be asked for it now',
  hint: 'Try again; if it lasts, the gateway needs an operator (its store cannot be reached).',
};

const WITHDRAWN = {
  client: 'the client cancelled its request',
  overrun: 'the client sent too much behind its request',
  gone: 'the client has gone, or its session ended',
  lost: 'the gateway could not learn the answer',
  void: 'what was approved could not be used',
} as const;

function wordsOf(id: string, url: string, ending: HoldEnding): Refusal {
  switch (ending.state) {
    case 'approved':
      return {
        code: 'approval-void',
        message: `the approval ${id} cannot be used: it was given too late, or policies or definitions have changed since`,
        hint: 'Make the same request again to ask again.',
      };
    case 'denied':
      return {
        code: 'approval-denied',
        message: `${deniers(ending.votes)} denied the approval ${id}${because(ending.reason)}`,
        impersonal: `the approval ${id} was denied`,
        hint: 'Do not repeat it as it is: change the request, or talk to them.',
      };
    case 'expired':
      return {
        code: 'approval-expired',
        message: `nobody answered in time: the approval ${id} has expired`,
        hint: 'Make the same request again to ask again.',
      };
    case 'cancelled':
      return { code: 'approval-cancelled', message: `the approval ${id} was cancelled${because(ending.why)}` };
    case 'withdrawn':
    case 'gone':
      return {
        code: 'approval-cancelled',
        message: `${WITHDRAWN[ending.state === 'gone' ? 'gone' : ending.by]} while it waited for the approval ${id}`,
      };
    case 'lost':
      return {
        ...UNANSWERABLE,
        message: `whether the approval ${id} was given cannot be learned now`,
      };
    case 'left':
      return LEFT[ending.why](id, url);
    default:
      return ending satisfies never;
  }
}

const LEFT = { patience: pending, draining: shuttingDown, asked } as const;

function asked(id: string, url: string): Refusal {
  return {
    code: 'approval-pending',
    message: `nothing was executed: the approval ${id} was asked for`,
    hint: `Once it is approved, the same request passes once. It is answered at ${url}`,
  };
}

function pending(id: string, url: string): Refusal {
  return {
    code: 'approval-pending',
    message: `the approval ${id} is still pending, and the client waits no longer`,
    hint: `Once it is approved, the same request made again passes once. It is answered at ${url}`,
  };
}

function shuttingDown(id: string, url: string): Refusal {
  return {
    code: 'draining',
    message: `the gateway is shutting down while the approval ${id} is pending`,
    hint: `Connect again: once it is approved, the same request made again passes once. It is answered at ${url}`,
  };
}

function deniers(votes: readonly Vote[]): string {
  const logins = votes.filter(({ answer }) => answer === 'deny').map(({ login }) => readable(login));
  return logins.length === 0 ? 'somebody' : logins.join(' and ');
}

function because(reason: string | undefined): string {
  const said = readable(reason ?? '');
  return said === '' ? '' : `: ${said}`;
}

/** Characters of what a person wrote that a client is shown. */
const MAX_REASON_CHARACTERS = 500;

/** What a person wrote, as one line that can do nothing to a terminal: no control, format or line characters. */
export function readable(text: string): string {
  const plain = text.replaceAll(/[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}]+/gu, ' ').trim();
  const characters = Array.from(plain);
  if (characters.length <= MAX_REASON_CHARACTERS) return plain;
  return `${characters.slice(0, MAX_REASON_CHARACTERS - 1).join('')}…`;
}
