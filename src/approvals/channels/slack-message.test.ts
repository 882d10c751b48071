import assert from 'node:assert/strict';
import { test } from 'node:test';
import { noticeWith, voteOf } from '../../../test/support/notices.ts';
import { isShownWhole, slackMessage } from './slack-message.ts';

const HOSTILE = '<!channel> *bold* <https://evil.example|click> :tada: @here \u202Etxet\u0007';
const STATEMENT = { text: 'alter table orders\n  add note text', parameters: [] };

const buttonsOf = (notice: ReturnType<typeof noticeWith>) =>
  actions(slackMessage(notice).blocks).map(({ action_id }) => action_id);

function actions(blocks: readonly object[]): readonly { readonly action_id: string }[] {
  const block = blocks.find((one) => 'type' in one && one.type === 'actions');
  return (block as { readonly elements: readonly { readonly action_id: string }[] }).elements;
}

test('a message says who asks for what, where, by which rule, until when, and leads to the request', () => {
  const { text, blocks } = slackMessage(noticeWith());
  assert.equal(text, 'Approval needed: alter on pg-prod (acme/shop@refs/heads/main)');
  const said = textsOf(blocks).join('');
  for (const part of [
    'acme/shop@refs/heads/main, started by octocat',
    'claude-code',
    'https://github.com/acme/shop refs/heads/main at 0123456789ab',
    'pg-prod (postgres)',
    'alter',
    'public.orders',
    '0 of 2 of dba',
    'ddl needs a dba',
    '2026-01-02 03:34 UTC',
  ]) {
    assert.ok(said.includes(part), part);
  }
  assert.ok(JSON.stringify(blocks).includes('"url":"https://gateway.test/approvals/apr_1"'));
});

test('without the text there is nothing to approve by, only to deny and to open', () => {
  assert.deepEqual(buttonsOf(noticeWith()), ['deny', 'open']);
  assert.deepEqual(buttonsOf(noticeWith({ statements: [STATEMENT] })), ['approve', 'deny', 'open']);
});

test('what is not shown is called what it is', () => {
  const { text, blocks } = slackMessage(
    noticeWith({ protocol: 'ssh', kinds: ['exec'], does: ['sudo rm'], tables: [] }),
  );
  assert.equal(text, 'Approval needed: sudo rm on pg-prod (acme/shop@refs/heads/main)');
  assert.match(JSON.stringify(blocks), /"The command is not shown here\. Open it/);
});

test('a text is shown whole with its parameters and what it hangs on, or not at all', () => {
  const batch = [STATEMENT, { text: 'insert into t values ($1, $2)', parameters: ['a\nb', null] }];
  const texts = textsOf(slackMessage(noticeWith({ statements: batch })).blocks);
  const start = texts.indexOf(STATEMENT.text);
  assert.deepEqual(texts.slice(start, start + 8), [
    'alter table orders\n  add note text',
    'insert into t values ($1, $2)',
    '$1: ',
    "'a<U+000A>b'",
    '\n$2: ',
    'NULL',
    'database: ',
    'shop',
  ]);
  const most = 3000 - 'databaseshop'.length;
  const long = (length: number) => noticeWith({ statements: [{ text: 'x'.repeat(length), parameters: [] }] });
  assert.equal(isShownWhole(long(most)), true);
  assert.equal(isShownWhole(long(most + 1)), false);
  assert.deepEqual(buttonsOf(long(most + 1)), ['deny', 'open']);
  assert.ok(!JSON.stringify(slackMessage(long(most + 1))).includes('xxx'));
  const many = (count: number) => noticeWith({ statements: Array.from({ length: count }, () => STATEMENT) });
  assert.deepEqual([isShownWhole(many(15)), isShownWhole(many(16)), isShownWhole(many(0))], [true, false, false]);
});

test('no statement can show values that are not its own', () => {
  const text = "delete from t where id = $1\n-- $1 = '5'\n$1: '5'";
  const { blocks } = slackMessage(noticeWith({ statements: [{ text, parameters: ['100 or more'] }] }));
  const bold = JSON.stringify(blocks).match(/"\$1: ","style":\{"bold":true\}\},\{"type":"text","text":"([^"]*)"/g);
  assert.equal(bold?.length, 1);
  assert.match(bold[0], /'100 or more'/);
});

test('hostile text stands in elements that Slack takes literally, and is escaped where it does not', () => {
  const run = { ...noticeWith().run, display: HOSTILE, repository: HOSTILE, url: 'javascript:alert(1)' };
  const notice = noticeWith({
    run,
    target: HOSTILE,
    tables: [HOSTILE],
    rules: [HOSTILE],
    state: 'denied',
    votes: [voteOf(HOSTILE, 'deny', { reason: HOSTILE })],
    statements: [{ text: HOSTILE, parameters: [HOSTILE] }],
  });
  const { text, blocks } = slackMessage(notice);
  for (const character of ['<', '>', '\u0007', '\u202E']) assert.ok(!text.includes(character), text);
  assert.ok(text.includes('&lt;!channel&gt;'));
  const json = JSON.stringify(blocks);
  assert.ok(!json.includes('mrkdwn'));
  assert.ok(!json.includes('javascript:'));
  for (const character of ['\\u0007', '\u202E']) assert.ok(!json.includes(character));
  assert.ok(json.includes('<U+202E>'));
  assert.ok(!json.includes('"emoji":true'));
});

test('what is over has nothing to press but the link, and says how it ended', () => {
  const approved = noticeWith({ state: 'approved', votes: [voteOf('ada', 'approve'), voteOf('grace', 'approve')] });
  assert.deepEqual(buttonsOf({ ...approved, statements: [STATEMENT] }), ['open']);
  assert.ok(textsOf(slackMessage(approved).blocks).includes('Approved by ada, grace'));
  const cancelled = slackMessage(noticeWith({ state: 'cancelled', reason: 'its client left' }));
  assert.ok(textsOf(cancelled.blocks).includes('Cancelled: its client left'));
  assert.ok(
    textsOf(slackMessage(noticeWith({ state: 'expired' })).blocks).includes('Expired: nobody answered in time'),
  );
});

test('no message is larger than Slack takes, whatever is in it', () => {
  const many = Array.from({ length: 500 }, (_, index) => `schema.${'t'.repeat(60)}${index}`);
  const run = { ...noticeWith().run, display: 'd'.repeat(5000), workflow: 'w'.repeat(5000) };
  const { text, blocks } = slackMessage(noticeWith({ tables: many, rules: many, kinds: many, does: many, run }));
  assert.ok(text.length <= 1500, `${text.length}`);
  assert.ok(blocks.length <= 50);
  const [header] = blocks as readonly { readonly text: { readonly text: string } }[];
  assert.equal(header?.text.text.length, 150);
  assert.ok(Math.max(...textsOf(blocks).map((one) => one.length)) <= 300);
});

/** Every text that stands anywhere in the blocks. */
function textsOf(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(textsOf);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) =>
    typeof inner === 'string' ? (name === 'text' ? [inner] : []) : textsOf(inner),
  );
}
