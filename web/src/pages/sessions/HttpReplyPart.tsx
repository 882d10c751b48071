import { useMemo } from 'react';
import type { RecordedEvent } from '../../api/types.ts';
import { CallMessages } from '../../parts/http/CallMessages.tsx';
import { HttpBody, size } from '../../parts/http/HttpBody.tsx';
import { HttpFields } from '../../parts/http/HttpFields.tsx';
import { readHttpMessage, statusLine } from '../../parts/http/http-message.ts';
import { maskedFields } from '../../parts/http/masked-values.ts';
import { Badge } from '../../ui/Badge.tsx';
import { Visible } from '../../ui/Code.tsx';
import { MaskedValues } from './MaskedValues.tsx';
import { bodyBytes } from './request-text.ts';

/** A reply of an HTTP target as the client saw it: its status, its body, its fields, and what was masked of it. */
export function HttpReplyPart({ event }: { readonly event: RecordedEvent }) {
  const { body, result, masked = [] } = event;
  const bytes = useMemo(() => bodyBytes(event), [event]);
  const message = useMemo(() => bytes && readHttpMessage(bytes, result?.tags), [bytes, result]);
  if (message === undefined) {
    return (
      <p className="text-muted">
        {body?.withheld === undefined ? 'The reply is not here' : `The reply is not here: ${body.withheld}`}
        {result?.code !== undefined && `; its status is ${result.code}`}.
      </p>
    );
  }
  const { start, fields, trailers } = message;
  const { status, reason } = statusLine(start);
  const names = new Set(maskedFields(fields, masked).map(({ place }) => place));
  return (
    <section aria-label="Reply" className="grid min-w-0 grid-cols-1 gap-2">
      <h3 className="flex flex-wrap items-center gap-x-2 gap-y-1">
        <Badge tone={toneOf(status)}>{status}</Badge>
        <span className="font-medium">
          <Visible text={reason} />
        </span>
        <span className="text-sm text-muted">{message.body.length === 0 ? 'no body' : size(message.body.length)}</span>
        {result?.code?.startsWith('grpc-') === true && <Badge>{result.code}</Badge>}
      </h3>
      {event.messages && <CallMessages messages={event.messages} of="reply" masked={masked} />}
      <HttpBody body={message.body} fields={fields} of="reply" masked={masked} />
      {body?.complete === false && <p className="text-sm text-muted">The reply was longer than what is kept of it.</p>}
      <MaskedValues message={message} masked={masked} />
      <details className="text-sm">
        <summary className="cursor-pointer text-muted">{fields.length + trailers.length} fields of the reply</summary>
        <div className="mt-1.5 grid gap-2">
          <HttpFields fields={fields} label="Fields of the reply" masked={names} />
          <HttpFields fields={trailers} label="Fields behind the body" />
        </div>
      </details>
    </section>
  );
}

function toneOf(status: string): 'permit' | 'deny' | 'neutral' {
  if (status.startsWith('2') || status === '101') return 'permit';
  return status.startsWith('4') || status.startsWith('5') ? 'deny' : 'neutral';
}
