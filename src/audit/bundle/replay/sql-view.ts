/**
 * A session of SQL as a script to read: each statement with what was decided and what came of it. Only what the target
 * took without an error stands as a statement; all else is a comment. So is what a client program would take for a command
 * of its own (a backslash, data after COPY), for a script is run sooner or later.
 */
import { printable, printableLines } from '../../../model/printable.ts';
import type { AuditEvent } from '../../audit-event.ts';
import type { RecordedEvent } from '../../read/read-session.ts';
import { type RecordedStatement, recordedStatements } from '../../record/recorded-statements.ts';
import { VIEWED_BODY_BYTES, type ViewedSession } from './derived-view.ts';

export const SQL_CUT = '\n-- Cut here: there is more than a derived view holds. The events are all there.\n';

export async function* sqlView({ run, session, events }: ViewedSession): AsyncGenerator<string> {
  yield `-- Derived from the events of session ${session} of run ${run}. This proves nothing: sessions/${session}.jsonl does.\n`;
  yield '-- Statements stand here as the client sent them, where the target took them; what it did not take is a comment.\n';
  const asked = new Map<number, Asked>();
  for await (const recorded of events) {
    const { event } = recorded;
    const { exchange } = event;
    if (event.kind === 'session.open') yield openingLines(event);
    if (exchange === undefined) continue;
    if (event.kind === 'request') asked.set(exchange, askedIn(recorded));
    if (event.held !== undefined) asked.get(exchange)?.beside.push(heldLine(event));
    if (event.kind !== 'reply' && event.kind !== 'refusal' && event.kind !== 'gap') continue;
    const request = asked.get(exchange);
    asked.delete(exchange);
    if (request !== undefined) yield exchangeText(request, event);
  }
  for (const request of asked.values()) yield exchangeText(request, undefined);
}

interface Asked {
  readonly event: AuditEvent;
  readonly statements: readonly RecordedStatement[];
  /** Why the texts are not here. */
  readonly withheld?: string;
  /** True where they are cut. */
  readonly cut: boolean;
  readonly beside: string[];
}

function openingLines({ opening, at }: AuditEvent): string {
  const { name = '', protocol = '' } = opening?.target ?? {};
  return `-- Target ${printable(name)} (${printable(protocol)}), opened ${printable(at)}\n`;
}

function askedIn({ event, body }: RecordedEvent): Asked {
  const opened = body(VIEWED_BODY_BYTES);
  const beside: string[] = [];
  if (opened.kind !== 'bytes') return { event, statements: [], withheld: opened.kind, cut: false, beside };
  const statements = recordedStatements(opened.bytes, event.body?.media ?? '');
  return { event, statements, cut: !opened.complete, beside };
}

function exchangeText({ event, statements, withheld, cut, beside }: Asked, end: AuditEvent | undefined): string {
  const { decision, exchange, at } = event;
  const rules = (decision?.rules ?? []).map(printable).join(', ');
  const effect = decision?.effect ?? 'not decided';
  const lines = [`\n-- #${exchange} ${printable(at)} ${effect}${rules === '' ? '' : ` by ${rules}`}`, ...beside];
  const taken = end?.kind === 'reply' && end.result?.status === 'ok' && end.refusal === undefined && !cut;
  for (const statement of statements) lines.push(statementText(statement, taken));
  if (withheld !== undefined) lines.push(`-- (the text is not here: ${withheld})`);
  if (cut) lines.push('-- (the text is longer than this)');
  return `${lines.join('\n')}\n${outcomeLine(end)}\n`;
}

function statementText({ text, parameters }: RecordedStatement, taken: boolean): string {
  const shown = printableLines(text.trim());
  const bound = parameters.map(
    (value, index) => `-- $${index + 1} = ${value === null ? 'NULL' : `'${printable(value)}'`}\n`,
  );
  const isScript = taken && parameters.length === 0 && shown !== '' && isHarmlessToClients(shown);
  const statement = isScript ? `${shown}${shown.endsWith(';') ? '' : '\n;'}` : commented(shown);
  return `${bound.join('')}${statement}`;
}

/** No command of a client program, and nothing after which one would take the next lines for data. */
function isHarmlessToClients(text: string): boolean {
  return !text.includes('\\') && !/\bstdin\b/iu.test(text) && !/^\s*delimiter\b/imu.test(text);
}

function commented(text: string): string {
  return text
    .split('\n')
    .map((line) => `-- | ${line}`)
    .join('\n');
}

function heldLine({ held }: AuditEvent): string {
  return `-- approval ${printable(held?.id ?? '')}: ${printable(held?.state ?? '')}`;
}

function outcomeLine(end: AuditEvent | undefined): string {
  if (end === undefined) return '-- → no answer was recorded';
  const { refusal, result, masked = [] } = end;
  if (refusal !== undefined) return `-- → refused (${printable(refusal.code)}): ${printable(refusal.message)}`;
  const rows = result?.rows === undefined ? '' : `, ${printable(result.rows)} rows`;
  const code = result?.code === undefined ? '' : ` ${printable(result.code)}`;
  const masks = masked.map(({ name, count }) => `${printable(name)} ×${count}`);
  return `-- → ${result?.status ?? 'unknown'}${code}${rows}${masks.length === 0 ? '' : `; masked: ${masks.join(', ')}`}`;
}
