import { askedNoun } from '../../model/asked-noun.ts';
import {
  type ApprovalNotice,
  askedTitle,
  type NoticeStatement,
  outcomeText,
  requirementText,
} from './approval-notice.ts';
import type { ChannelEvent } from './channel.ts';
import { type DefinitionNotice, definitionLine, noticeTitle } from './definition-notice.ts';
import { visibleLines, visibleText } from './visible-text.ts';

export interface EmailMessage {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** An approval as a mail: what is asked, by whom, and the one link where it can be answered. */
export function emailMessage(event: ChannelEvent, notice: ApprovalNotice): EmailMessage {
  const isRequest = event === 'approval.requested';
  const what = askedTitle(notice);
  const noun = askedNoun(notice.protocol, notice.kinds);
  const begin = isRequest ? '' : 'Re: ';
  const intro = isRequest
    ? `${/^[aeiou]/.test(noun) ? 'An' : 'A'} ${noun} waits for an approval.`
    : `${outcomeText(notice)}.`;
  const lines = facts(notice, isRequest);
  const { statements = [] } = notice;
  const unseen = notice.statements === undefined ? `The ${noun} itself is not sent by mail.` : undefined;
  return {
    subject: visibleText(`${begin}Approval needed: ${what} (${notice.run.display})`, 150),
    text: [
      visibleText(intro),
      '',
      ...lines.map(([label, value]) => `${label}: ${visibleText(value, MAX_FACT_CHARACTERS)}`),
      '',
      ...(unseen === undefined ? statements.flatMap(plainStatement) : [unseen]),
      `Read all of it${isRequest ? ' and answer' : ''}: ${notice.url}`,
      '',
      FOOTER,
      '',
    ].join('\n'),
    html: page([
      `<p>${escapeHtml(visibleText(intro))}</p>`,
      `<table cellpadding="3">${lines.map(row).join('')}</table>`,
      ...(unseen === undefined ? statements.map(htmlStatement) : [`<p>${unseen}</p>`]),
      `<p><a href="${escapeHtml(notice.url)}">Read all of it${isRequest ? ' and answer' : ''}</a></p>`,
      `<p><small>${FOOTER}</small></p>`,
    ]),
  };
}

/** What an MCP target says of itself and nobody decided on, as a mail. */
export function definitionMessage(notice: DefinitionNotice): EmailMessage {
  const title = visibleText(noticeTitle(notice), 150);
  const lines = notice.definitions.map((one) => visibleText(definitionLine(one), MAX_FACT_CHARACTERS));
  const more = notice.count > lines.length ? [`and ${notice.count - lines.length} more`] : [];
  const intro = `${title}. Agents neither see nor can use what is named until somebody accepts it.`;
  return {
    subject: title,
    text: [intro, '', ...lines, ...more, '', `Read and decide: ${notice.url}`, '', FOOTER, ''].join('\n'),
    html: page([
      `<p>${escapeHtml(intro)}</p>`,
      `<ul>${[...lines, ...more].map((line) => `<li>${escapeHtml(line)}</li>`).join('')}</ul>`,
      `<p><a href="${escapeHtml(notice.url)}">Read and decide</a></p>`,
      `<p><small>${FOOTER}</small></p>`,
    ]),
  };
}

export function testMessage(channel: string): EmailMessage {
  const text = `A test from Chaperone: approvals will be told here (channel ${channel}).`;
  return { subject: 'A test from Chaperone', text: `${text}\n`, html: page([`<p>${escapeHtml(text)}</p>`]) };
}

/** Text as HTML shows it, also within a quoted attribute. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

const FOOTER = 'Sent by Chaperone. An answer to this mail reaches nobody.';
const MAX_FACT_CHARACTERS = 500;

function facts({ run, ...notice }: ApprovalNotice, isRequest: boolean): readonly (readonly [string, string])[] {
  const commit = run.commit === undefined ? '' : ` at ${run.commit.slice(0, 12)}`;
  const all: readonly (readonly [string, string | undefined])[] = [
    ['Who asks', run.actor === undefined ? run.display : `${run.display}, started by ${run.actor}`],
    ['Agent (as it says)', run.agent],
    ['Repository', run.repository && `${run.repository} ${run.ref ?? ''}${commit}`],
    ['CI job', [run.workflow, run.url].filter((part) => part !== undefined).join(' ') || undefined],
    ['Target', `${notice.target} (${notice.protocol})`],
    ['Does', notice.does.join(', ') || 'unknown'],
    ['Tables', notice.tables.join(', ') || undefined],
    ['Needs', notice.requirements.map(requirementText).join('; ')],
    ['Rules', notice.rules.join(', ')],
    ['Waits until', isRequest ? notice.expiresAt : undefined],
    ...notice.votes.map(({ login, answer, reason, channel, at }) => {
      const label = answer === 'approve' ? 'Approved by' : 'Denied by';
      return [label, `${login} by ${channel}, ${at}${reason === undefined ? '' : `: ${reason}`}`] as const;
    }),
  ];
  return all.flatMap(([label, value]) => (value === undefined ? [] : [[label, value] as const]));
}

/** Lines of the statement are marked, so that none of them looks like a value or like something that we say. */
function plainStatement({ text, parameters }: NoticeStatement): readonly string[] {
  const lines = visibleLines(text).split('\n');
  return [
    ...lines.map((line) => `> ${line}`),
    ...valuesOf(parameters).map(([name, value]) => `${name} = ${value}`),
    '',
  ];
}

function htmlStatement({ text, parameters }: NoticeStatement): string {
  return `<pre>${escapeHtml(visibleLines(text))}</pre><table>${valuesOf(parameters).map(wholeRow).join('')}</table>`;
}

function valuesOf(parameters: NoticeStatement['parameters']): readonly (readonly [string, string])[] {
  return parameters.map((value, index) => [`$${index + 1}`, value === null ? 'NULL' : `'${visibleText(value)}'`]);
}

function wholeRow([label, value]: readonly [string, string]): string {
  return `<tr><td valign="top"><b>${label}</b></td><td>${escapeHtml(value)}</td></tr>`;
}

function row([label, value]: readonly [string, string]): string {
  return wholeRow([label, visibleText(value, MAX_FACT_CHARACTERS)]);
}

function page(parts: readonly string[]): string {
  return `<!doctype html><html><body style="font-family:sans-serif">\n${parts.join('\n')}\n</body></html>\n`;
}
