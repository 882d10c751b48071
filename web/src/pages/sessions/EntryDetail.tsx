import { useMemo, useState } from 'react';
import type { RecordedEvent } from '../../api/types.ts';
import { CallMessages } from '../../parts/http/CallMessages.tsx';
import { isOfPod } from '../../parts/ssh/terminal-show.ts';
import { Dot } from '../../ui/Badge.tsx';
import { Button } from '../../ui/Button.tsx';
import { Visible } from '../../ui/Code.tsx';
import { Json } from '../../ui/Json.tsx';
import { exact } from '../../ui/moments.ts';
import { DecisionBadge } from '../../ui/StateBadge.tsx';
import { ApprovalPart } from './ApprovalPart.tsx';
import { CarriedPart } from './CarriedPart.tsx';
import { entryTitle, outcomeWords, tookText } from './entry-words.ts';
import { HttpReplyPart } from './HttpReplyPart.tsx';
import { MaskedPart } from './MaskedPart.tsx';
import { OpeningPart } from './OpeningPart.tsx';
import { RefusalPart } from './RefusalPart.tsx';
import { ReplyPart } from './ReplyPart.tsx';
import { RequestPart } from './RequestPart.tsx';
import type { Entry, Recording } from './recording.ts';
import { clockText } from './replay-clock.ts';
import { bodyBytes } from './request-text.ts';
import { TerminalPart } from './TerminalPart.tsx';
import { refusalOf, votesOf } from './told.ts';
import { WaitingPart } from './WaitingPart.tsx';

interface EntryDetailProps {
  readonly recording: Recording;
  readonly entry: Entry;
  /** Grows as events come in, for the entry stays the same object. */
  readonly eventCount: number;
  /** False while the replay stands before the answer. */
  readonly answered: boolean;
}

/** One request with all that came of it. */
export function EntryDetail({ recording, entry, eventCount, answered }: EntryDetailProps) {
  const events = useMemo(() => recording.eventsOf(entry), [recording, entry, eventCount]);
  const [asRecorded, setAsRecorded] = useState(false);
  return (
    <article aria-label={entryTitle(entry)} className="grid min-w-0 grid-cols-1 content-start gap-4">
      <DetailHeader entry={entry} events={events} />
      {events.map((event) => (
        <EventPart key={event.seq} event={event} entry={entry} shown={answered || isAsked(event)} />
      ))}
      {entry.kind === 'exchange' && (!answered || entry.answeredMs === undefined) && (
        <NoAnswer recording={recording} entry={entry} />
      )}
      <div>
        <Button size="sm" variant="quiet" aria-expanded={asRecorded} onClick={() => setAsRecorded(!asRecorded)}>
          {asRecorded ? 'Hide the events' : 'Show the events as recorded'}
        </Button>
      </div>
      {asRecorded &&
        events.map((event) => <Json key={event.seq} value={withoutBytes(event)} label={`Event ${event.seq}`} />)}
    </article>
  );
}

function DetailHeader({ entry, events }: { readonly entry: Entry; readonly events: readonly RecordedEvent[] }) {
  const decision = events.find((event) => event.decision !== undefined)?.decision;
  return (
    <header className="flex flex-wrap items-center gap-x-2.5 gap-y-1 text-sm text-muted">
      <h2 className="text-base font-semibold text-text">{entryTitle(entry)}</h2>
      {decision && <DecisionBadge decision={decision.effect} />}
      {decision && decision.rules.length > 0 && (
        <span className="min-w-0 break-words">
          by <Visible text={decision.rules.join(', ')} />
        </span>
      )}
      <time dateTime={entry.at} title={exact(entry.at)}>
        at {clockText(entry.startMs)}
      </time>
      {entry.kind === 'exchange' && entry.answeredMs !== undefined && (
        <span>answered after {tookText(entry.answeredMs - entry.startMs)}</span>
      )}
    </header>
  );
}

/** Why there is no answer (yet): a replay stands before it, a person is being asked, or the target works on it. */
function NoAnswer({ recording, entry }: Pick<EntryDetailProps, 'recording' | 'entry'>) {
  const goesOn = entry.answeredMs === undefined;
  if (goesOn && entry.asks && entry.approval === undefined) return <WaitingPart session={recording.session} />;
  return (
    <p className="flex items-center gap-2 text-muted">
      <Dot tone="neutral" pulse />
      {goesOn ? 'No answer yet' : 'The answer comes later in the replay'}
    </p>
  );
}

function isAsked({ kind }: RecordedEvent): boolean {
  return kind === 'request' || kind === 'input';
}

interface EventPartProps {
  readonly event: RecordedEvent;
  readonly entry: Entry;
  readonly shown: boolean;
}

/** What an event says to a person. An event of a kind that this page does not know is named. */
function EventPart({ event, entry, shown }: EventPartProps) {
  if (!shown) return null;
  switch (event.kind) {
    case 'request':
      return <RequestPart event={event} />;
    case 'input':
      return (
        <>
          <p className="text-muted">The client sent {Number(event.body?.bytes ?? 0).toLocaleString('en')} bytes.</p>
          {event.messages && <CallMessages messages={event.messages} of="request" />}
        </>
      );
    case 'approval':
      return event.held ? <ApprovalPart held={event.held} votes={votesOf(event)} /> : null;
    case 'refusal':
      return <RefusalPart refusal={refusalOf(event)} reason={entry.decision === 'deny'} />;
    case 'reply':
    case 'unasked':
      return (
        <>
          <Reply event={event} entry={entry} />
          <CarriedPart event={event} />
          <MaskedPart masked={event.masked ?? []} />
          <RefusalPart refusal={event.refusal} reason={false} />
        </>
      );
    case 'gap':
      return (
        <p className="rounded-md bg-deny-soft p-3 text-deny">
          The gateway ended here. What became of this request is not known: it may have been carried out.
        </p>
      );
    case 'session.open':
      return <OpeningPart event={event} />;
    case 'session.close':
      return <p>{outcomeWords(closingOutcome(event))}.</p>;
    default:
      return <p className="text-muted">An event of the kind {event.kind}.</p>;
  }
}

function Reply({ event, entry }: Pick<EventPartProps, 'event' | 'entry'>) {
  // What a command in a pod said, behind the head of its upgrade.
  const bytes = entry.http ? bodyBytes(event) : undefined;
  if (bytes !== undefined && isOfPod(bytes)) return <TerminalPart event={event} />;
  if (entry.http) return <HttpReplyPart event={event} />;
  return entry.terminal ? <TerminalPart event={event} /> : <ReplyPart event={event} />;
}

function closingOutcome(event: RecordedEvent): string {
  const closing = event['closing'];
  const outcome = typeof closing === 'object' && closing !== null && 'outcome' in closing ? closing.outcome : undefined;
  return typeof outcome === 'string' ? outcome : 'unknown';
}

/** The event without the bytes of its body, which stand above it in words. */
function withoutBytes({ decoded: _decoded, body, ...event }: RecordedEvent): object {
  return body === undefined ? event : { ...event, body: { ...body, base64: undefined } };
}
