import { useMemo } from 'react';
import type { DecodedMessages } from '../../api/types.ts';
import { Code, Visible } from '../../ui/Code.tsx';
import { JsonTree } from './JsonTree.tsx';
import { jsonNodes } from './json-nodes.ts';
import { maskedNodes } from './masked-values.ts';

interface CallMessagesProps {
  readonly messages: DecodedMessages;
  /** What they are messages of: `request`, `reply`. */
  readonly of: string;
  readonly masked?: Parameters<typeof maskedNodes>[1];
}

/** Messages of gRPC, as the target's descriptors tell them: masked as they are on record. */
export function CallMessages({ messages: { type, messages, more }, of, masked = [] }: CallMessagesProps) {
  return (
    <section aria-label={`Messages of the ${of}`} className="grid min-w-0 gap-1.5">
      <p className="text-sm text-muted">
        {messages.length + more === 1 ? '1 message' : `${(messages.length + more).toLocaleString('en')} messages`} of
        the type <Visible text={type} />
      </p>
      {messages.map((message, index) =>
        'why' in message ? (
          // Messages have no identity but their place
          <p key={index} className="text-sm text-muted">
            <Visible text={`Not shown: ${message.why}.`} />
          </p>
        ) : (
          <Message key={index} text={message.text} label={`Message ${index + 1} of the ${of}`} masked={masked} />
        ),
      )}
      {more > 0 && <p className="text-sm text-muted">{more.toLocaleString('en')} more are not shown.</p>}
    </section>
  );
}

function Message({
  text,
  label,
  masked,
}: {
  readonly text: string;
  readonly label: string;
  readonly masked: NonNullable<CallMessagesProps['masked']>;
}) {
  const json = useMemo(() => jsonNodes(text), [text]);
  const places = useMemo(() => maskedNodes(json?.nodes ?? [], masked), [json, masked]);
  return json === undefined ? (
    <Code text={text} label={label} />
  ) : (
    <JsonTree nodes={json.nodes} label={label} masked={places} />
  );
}
