import { useMemo } from 'react';
import type { RecordedEvent } from '../../api/types.ts';
import { CallMessages } from '../../parts/http/CallMessages.tsx';
import { HttpRequest } from '../../parts/http/HttpRequest.tsx';
import { readHttpMessage } from '../../parts/http/http-message.ts';
import { isOfCluster, kubectlOf } from '../../parts/kubernetes/kubectl.ts';
import { Code } from '../../ui/Code.tsx';
import { JudgedPart } from './JudgedPart.tsx';
import { bodyBytes } from './request-text.ts';

/** What was asked of an HTTP target, as it was forwarded. */
export function HttpRequestPart({ event }: { readonly event: RecordedEvent }) {
  const bytes = useMemo(() => bodyBytes(event) ?? new Uint8Array(), [event]);
  const message = useMemo(() => readHttpMessage(bytes), [bytes]);
  const type = message?.fields.find(([name]) => name.toLowerCase() === 'content-type')?.[1];
  const said = message !== undefined && isOfCluster(event) ? kubectlOf(message.start, type) : undefined;
  return (
    <section aria-label="Request" className="grid min-w-0 grid-cols-1 gap-2">
      {said !== undefined && <Code text={said} label="As kubectl would say it" />}
      {message === undefined ? (
        <Code text={new TextDecoder().decode(bytes)} label="What was asked" />
      ) : (
        <HttpRequest message={message} />
      )}
      {event.messages && <CallMessages messages={event.messages} of="request" />}
      <JudgedPart event={event} />
    </section>
  );
}
