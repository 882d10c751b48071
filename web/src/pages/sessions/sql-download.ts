import type { ApprovalStatement } from '../../api/types.ts';
import type { Recording } from './recording.ts';
import { requestText } from './request-text.ts';

/** What a session asked, as a file of SQL to read: when and what became of it in comments, statement by statement. */
export function* sqlLines(recording: Recording, session: string): Generator<string> {
  yield `-- Session ${commentText(session)}: what was asked, in order. To be read, not to be run.\n`;
  for (const entry of recording.entries) {
    const place = entry.events[0];
    const event = place === undefined ? undefined : recording.event(place);
    if (event?.kind !== 'request') continue;
    yield `\n-- ${commentText(`${entry.exchange}  ${entry.at}  ${entry.decision ?? ''}  ${entry.status ?? 'no answer'}`)}\n`;
    const { statements, withheld } = requestText(event);
    if (withheld !== undefined) yield `-- (${commentText(withheld)})\n`;
    // A refused statement stands in comments, so that nobody runs by mistake what was refused.
    const ran = entry.decision === 'permit' && entry.status === 'ok';
    for (const statement of statements) yield statementLines(statement, ran);
  }
}

function statementLines({ text, parameters }: ApprovalStatement, ran: boolean): string {
  const lines = text.trim().split(/\r\n|\r|\n/);
  const shown = ran ? terminated(lines.join('\n')) : lines.map((line) => `-- ${line}`).join('\n');
  const bound = parameters.map(
    (value, index) => `-- $${index + 1} = ${value === null ? 'NULL' : commentText(JSON.stringify(value))}\n`,
  );
  return `${shown}\n${bound.join('')}`;
}

function terminated(text: string): string {
  // A comment in the last line would swallow what follows it.
  const lastLine = text.slice(text.lastIndexOf('\n') + 1);
  return text.endsWith(';') && !lastLine.includes('--') ? text : `${text}\n;`;
}

/** Without what would end the comment. */
function commentText(text: string): string {
  return text.replaceAll(/[\r\n\u2028\u2029]+/g, ' ').trim();
}
