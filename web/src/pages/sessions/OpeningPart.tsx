import type { ReactNode } from 'react';
import type { RecordedEvent } from '../../api/types.ts';
import { Mono, Visible } from '../../ui/Code.tsx';
import { Facts } from '../../ui/Page.tsx';
import { Time } from '../../ui/Time.tsx';

type Fields = Readonly<Record<string, unknown>>;

/** Who was let in where, by which grant, and how it is recorded. What this page does not know stands under the events. */
export function OpeningPart({ event }: { readonly event: RecordedEvent }) {
  const opening = fieldsOf(event['opening']);
  const target = fieldsOf(opening['target']);
  const grant = fieldsOf(opening['grant']);
  const expiresAt = textOf(grant['expiresAt']);
  return (
    <Facts
      items={[
        ['Principal', shown(fieldsOf(opening['principal'])['id'])],
        ['Target', shown(target['name'])],
        ['Protocol', shown(target['protocol'])],
        ['Database', shown(target['database'])],
        ['TLS to the target', shown(target['tls'])],
        ['Grant', code(grant['id'])],
        ['By the rule', shown(grant['rule'])],
        ['Grant good until', expiresAt === undefined ? undefined : <Time key="until" at={expiresAt} />],
        ['Record mode', shown(opening['recordMode'])],
      ]}
    />
  );
}

function shown(value: unknown): ReactNode {
  const text = textOf(value);
  return text === undefined ? undefined : <Visible text={text} />;
}

function code(value: unknown): ReactNode {
  const text = textOf(value);
  return text === undefined ? undefined : <Mono text={text} />;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}
