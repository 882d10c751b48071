import { askedNoun } from '../../model/asked-noun.ts';
import { LIMITS } from '../../model/limits.ts';
import { type ApprovalNotice, askedTitle, outcomeText, requirementText } from './approval-notice.ts';
import { type DefinitionNotice, definitionLine, noticeTitle } from './definition-notice.ts';
import { visibleLines, visibleText } from './visible-text.ts';

export interface SlackMessage {
  /** What notifications show: escaped, for Slack reads it as mrkdwn. */
  readonly text: string;
  readonly blocks: readonly object[];
}

/**
 * An approval as Slack shows it. All that comes from outside stands in elements that Slack takes literally (rich text,
 * plain text), never in mrkdwn. There is a button to approve only where the message shows everything that is approved.
 */
export function slackMessage(notice: ApprovalNotice): SlackMessage {
  const what = askedTitle(notice);
  const title = notice.state === 'pending' ? `Approval needed: ${what}` : `${TITLES[notice.state]}: ${what}`;
  const isWhole = isShownWhole(notice);
  return {
    text: escapeMrkdwn(visibleText(`${title} (${notice.run.display})`, 300)),
    blocks: [
      { type: 'header', text: plainText(visibleText(title, 150)) },
      richText(facts(notice)),
      ...(isWhole ? statementsOf(notice) : notice.state === 'pending' ? [unseen(notice)] : []),
      ...(notice.votes.length > 0 || notice.state !== 'pending' ? [richText(answers(notice))] : []),
      { type: 'actions', block_id: 'answer', elements: buttons(notice, isWhole) },
    ],
  };
}

/** What an MCP target says of itself and nobody decided on: it is read and decided in the web UI alone. */
export function definitionBlocks(notice: DefinitionNotice): SlackMessage {
  const title = visibleText(noticeTitle(notice), 150);
  const lines = notice.definitions.map((one) => visibleText(definitionLine(one), MAX_FACT_CHARACTERS));
  const more = notice.count > lines.length ? [`and ${notice.count - lines.length} more`] : [];
  return {
    text: escapeMrkdwn(title),
    blocks: [
      { type: 'header', text: plainText(title) },
      preformatted([...lines, ...more].join('\n').slice(0, LIMITS.slackTextCharacters)),
      richText([['Read and decide', notice.url, notice.url]]),
    ],
  };
}

/** Whether a message shows all that is approved: the rules let it, and it is not too long. */
export function isShownWhole({ statements, context }: ApprovalNotice): boolean {
  if (statements === undefined || statements.length === 0 || statements.length > LIMITS.slackStatements) return false;
  const texts = [
    ...statements.flatMap(({ text, parameters }) => [visibleLines(text), ...parameters.map(shownValue)]),
    ...Object.entries(context).flatMap(([name, value]) => [visibleText(name), visibleText(value)]),
  ];
  return texts.reduce((sum, { length }) => sum + length, 0) <= LIMITS.slackTextCharacters;
}

/** Slack's three control characters (its "Escaping text"). */
export function escapeMrkdwn(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** A text object that Slack takes as it is: no markup, no emoji. */
export function plainText(text: string): object {
  return { type: 'plain_text', text, emoji: false };
}

const TITLES: Readonly<Record<Exclude<ApprovalNotice['state'], 'pending'>, string>> = {
  approved: 'Approved',
  denied: 'Denied',
  expired: 'Expired',
  cancelled: 'Cancelled',
};

function unseen({ protocol, kinds }: ApprovalNotice): object {
  const what = askedNoun(protocol, kinds);
  return {
    type: 'context',
    elements: [plainText(`The ${what} is not shown here. Open it to read all of it, and to approve it.`)],
  };
}

const MAX_FACT_CHARACTERS = 300;

type Fact = readonly [label: string, value: string, url?: string | undefined];

function facts({ run, ...notice }: ApprovalNotice): readonly Fact[] {
  const commit = run.commit === undefined ? '' : ` at ${run.commit.slice(0, 12)}`;
  const all: readonly (Fact | undefined)[] = [
    ['Who asks', run.actor === undefined ? run.display : `${run.display}, started by ${run.actor}`],
    run.agent === undefined ? undefined : ['Agent (as it says)', run.agent],
    run.repository === undefined ? undefined : ['Repository', `${run.repository} ${run.ref ?? ''}${commit}`],
    run.workflow === undefined && run.url === undefined ? undefined : ['CI job', run.workflow ?? 'open', run.url],
    ['Target', `${notice.target} (${notice.protocol})`],
    ['Does', notice.does.join(', ') || 'unknown'],
    notice.tables.length === 0 ? undefined : ['Tables', notice.tables.join(', ')],
    ['Needs', notice.requirements.map(requirementText).join('; ')],
    ['Rules', notice.rules.join(', ')],
    notice.state === 'pending' ? ['Waits until', utc(notice.expiresAt)] : undefined,
    run.demo ? ['Note', 'This is a demo; nobody vouches for who asks.'] : undefined,
  ];
  return all.filter((fact) => fact !== undefined);
}

function answers(notice: ApprovalNotice): readonly Fact[] {
  const votes = notice.votes.map(({ login, answer, reason, channel, at }): Fact => {
    const why = reason === undefined ? '' : `: ${reason}`;
    return [answer === 'approve' ? 'Approved by' : 'Denied by', `${login} by ${channel}, ${utc(at)}${why}`];
  });
  return [['Outcome', outcomeText(notice)], ...votes];
}

function buttons(notice: ApprovalNotice, isWhole: boolean): readonly object[] {
  const value = `${notice.id}.${notice.digest}`;
  const open = { type: 'button', action_id: 'open', text: plainText('Open'), url: notice.url };
  if (notice.state !== 'pending') return [open];
  const confirm = {
    title: plainText('Approve this?'),
    text: plainText('Exactly what is shown here will be executed, once.'),
    confirm: plainText('Approve'),
    deny: plainText('Not yet'),
  };
  return [
    ...(isWhole
      ? [{ type: 'button', action_id: 'approve', style: 'primary', text: plainText('Approve'), value, confirm }]
      : []),
    { type: 'button', action_id: 'deny', style: 'danger', text: plainText('Deny'), value },
    open,
  ];
}

/** Statements stand in blocks of their own, and values beside them: no text can look like a value that it is not. */
function statementsOf({ statements = [], context }: ApprovalNotice): readonly object[] {
  const values = Object.entries(context).map(([name, value]): Fact => [visibleText(name), value]);
  return [
    ...statements.flatMap(({ text, parameters }) => [
      preformatted(visibleLines(text)),
      ...(parameters.length === 0
        ? []
        : [
            richText(
              parameters.map((value, n): Fact => [`$${n + 1}`, shownValue(value)]),
              WHOLE,
            ),
          ]),
    ]),
    ...(values.length === 0 ? [] : [richText(values, WHOLE)]),
  ];
}

/** In quotes, so that NULL is not taken for the text NULL. */
function shownValue(value: string | null): string {
  return value === null ? 'NULL' : `'${visibleText(value)}'`;
}

const WHOLE = Number.POSITIVE_INFINITY;

function richText(lines: readonly Fact[], most = MAX_FACT_CHARACTERS): object {
  const elements = lines.flatMap(([label, value, url], index) => {
    const text = visibleText(value, most);
    return [
      { type: 'text', text: `${index === 0 ? '' : '\n'}${label}: `, style: { bold: true } },
      url !== undefined && isWebLink(url)
        ? { type: 'link', url, text: text || url }
        : { type: 'text', text: text || '-' },
    ];
  });
  return { type: 'rich_text', elements: [{ type: 'rich_text_section', elements }] };
}

function preformatted(text: string): object {
  return { type: 'rich_text', elements: [{ type: 'rich_text_preformatted', elements: [{ type: 'text', text }] }] };
}

function isWebLink(url: string): boolean {
  return ['https:', 'http:'].includes(URL.parse(url)?.protocol ?? '') && url.length <= 2000;
}

function utc(at: string): string {
  return `${at.slice(0, 16).replace('T', ' ')} UTC`;
}
