import type { AuditEvent } from '../../audit/audit-event.ts';
import { harView } from '../../audit/bundle/replay/har-view.ts';
import type { RecordedBody, RecordedEvent } from '../../audit/read/read-session.ts';
import { CliError, EXIT } from '../cli-error.ts';
import { bodyBytes, recordedEventSchema } from './recording.ts';

/** A recording, line by line as the API gives it, as an HTTP Archive (HAR 1.2). Throws a `CliError` where it is none of HTTP. */
export function sessionHar(
  { run, session }: { readonly run: string; readonly session: string },
  lines: AsyncIterable<string>,
): AsyncIterable<string> {
  return harView({ run, session, events: eventsOf(lines) });
}

async function* eventsOf(lines: AsyncIterable<string>): AsyncGenerator<RecordedEvent> {
  for await (const line of lines) {
    const parsed = recordedEventSchema.parse(JSON.parse(line));
    const { body, kind } = parsed;
    if (kind === 'request' && body !== undefined && body.media !== 'message/http') {
      throw new CliError(EXIT.usage, 'an archive of HTTP is made of sessions in HTTP targets alone', {
        hint: '`chaperone replay SESSION --json` gives the recording of any.',
      });
    }
    // What the API sends is the line of the log, with its body opened.
    const event = parsed as unknown as AuditEvent;
    yield { event, line: Buffer.from(line), end: 0, body: (maxBytes) => opened(parsed, maxBytes) };
  }
}

function opened(event: Parameters<typeof bodyBytes>[0], maxBytes = Number.POSITIVE_INFINITY): RecordedBody {
  if (event.body === undefined) return { kind: 'none' };
  const bytes = bodyBytes(event);
  if (bytes === undefined) return { kind: 'withheld' };
  const isWhole = bytes.length <= maxBytes && BigInt(event.body.bytes) <= BigInt(bytes.length);
  return { kind: 'bytes', bytes: bytes.subarray(0, maxBytes), complete: isWhole };
}
