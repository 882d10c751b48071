import type { RecordedEvent, RecordedVote } from '../../api/types.ts';
import { bodyBytes } from './request-text.ts';

/** One person's answer, with who that is and why they gave it where the event's body is still there. */
export interface ToldVote extends RecordedVote {
  readonly login?: string;
  readonly name?: string;
  readonly reason?: string;
}

/** The answers to a held request. */
export function votesOf(event: RecordedEvent): readonly ToldVote[] {
  const voters = votersOf(event);
  return (event.held?.votes ?? []).map((vote) => {
    const { login, name, reason } = voters.find((one) => one['person'] === vote.person) ?? {};
    return { ...vote, ...texts({ login, name, reason }) };
  });
}

/** The refusal in the words in which the client was told; where those are gone, in those of the line. */
export function refusalOf(event: RecordedEvent): RecordedEvent['refusal'] {
  const told = bodyBytes(event);
  if (event.refusal === undefined || told === undefined) return event.refusal;
  return { ...event.refusal, message: new TextDecoder().decode(told) };
}

type Loose = Readonly<Record<string, unknown>>;

function votersOf(event: RecordedEvent): readonly Loose[] {
  const bytes = bodyBytes(event);
  if (bytes === undefined) return [];
  try {
    const body = JSON.parse(new TextDecoder().decode(bytes)) as { readonly votes?: unknown } | null;
    return Array.isArray(body?.votes) ? body.votes.filter((one) => typeof one === 'object' && one !== null) : [];
  } catch {
    return []; // an altered body names nobody
  }
}

function texts(members: Loose): Readonly<Record<string, string>> {
  const told = Object.entries(members).filter((member): member is [string, string] => typeof member[1] === 'string');
  return Object.fromEntries(told);
}
