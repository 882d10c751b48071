import { printable } from '../printable.ts';
import type { RecordedHold, RecordedVoter } from './recording.ts';

/** How the wait of a held request ended, in a line: who answered, on which channel, after how long, and why. */
export function approvalText({ id, state, votes, waitedMs }: RecordedHold, voters: readonly RecordedVoter[]): string {
  const after = `after ${duration(waitedMs)}`;
  const which = `(${printable(id)})`;
  const approved = votes.filter(({ answer }) => answer === 'approve').map((vote) => voter(vote, voters));
  const denied = votes.filter(({ answer }) => answer === 'deny').map((vote) => voter(vote, voters));
  switch (state) {
    case 'used':
      return `approved by ${named(approved)} ${after} ${which}`;
    case 'denied':
      return `denied by ${named(denied)} ${after} ${which}`;
    case 'expired':
      return `nobody answered: the approval expired ${after} ${which}`;
    case 'pending':
      return `the client waited no longer ${after}; the approval stayed open ${which}`;
    case 'cancelled':
      return `withdrawn ${after}, before it was answered ${which}`;
    case 'void':
      return `approved by ${named(approved)} ${after}, and could not be used any more ${which}`;
    default:
      return `${printable(state)} ${after} ${which}`;
  }
}

function named(voters: readonly string[]): string {
  return voters.length === 0 ? 'somebody' : voters.join(' and ');
}

/** By name; by their id where the name was erased. */
function voter({ person, channel }: RecordedHold['votes'][number], voters: readonly RecordedVoter[]): string {
  const known = voters.find((one) => one.person === person);
  const who = known === undefined ? `${printable(person)} (withheld)` : printable(known.login);
  const because = known?.reason === undefined || known.reason === '' ? '' : `, “${printable(known.reason)}”`;
  return `${who} (${printable(channel)}${because})`;
}

/** `850 ms`, `42 s`, `3 min 5 s`, `2 h 10 min`. */
function duration(ms: number): string {
  if (ms < 1_000) return `${ms} ms`;
  const seconds = Math.round(ms / 1_000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return seconds % 60 === 0 ? `${minutes} min` : `${minutes} min ${seconds % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
