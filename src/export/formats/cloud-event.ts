import type { Formatted } from './format.ts';

/**
 * CloudEvents 1.0 in its JSON format (https://github.com/cloudevents/spec): `source` and `id` together are one event for
 * good, so that a receiver can drop what it has seen.
 */
export function cloudEvent({ id, origin, type, subject, atMs, content, traceParent }: Formatted): object {
  const isText = typeof content === 'string';
  return {
    specversion: '1.0',
    id,
    source: `//${origin}`,
    type,
    time: new Date(atMs).toISOString(),
    ...(subject !== undefined && { subject }),
    ...(traceParent !== undefined && { traceparent: traceParent }),
    datacontenttype: isText ? 'text/plain' : 'application/json',
    data: content,
  };
}
