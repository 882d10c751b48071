import { type AuditEvent } from '../audit/audit-event.ts';
import type { SessionBodies } from '../audit/read/read-session.ts';
import { recordedStatements } from '../audit/record/recorded-statements.ts';
import { LIMITS } from '../model/limits.ts';
import { withoutLiterals } from '../sql/postgres/without-literals.ts';

/** What a request asked, each literal replaced and no parameter; undefined where that cannot be told for sure. */
export function maskedStatements(bodies: SessionBodies, event: AuditEvent, protocol: string): string[] | undefined {
  const { body } = event;
  if (body === undefined || Number(body.bytes) > LIMITS.exportStatementBytes || protocol !== 'postgres')
    return undefined;
  const read = bodies.read(event);
  if (read.kind !== 'bytes' || !read.complete) return undefined;
  const texts = recordedStatements(read.bytes, body.media).map(({ text }) => withoutLiterals(text));
  return texts.every((text) => text !== undefined) ? texts : undefined;
}
