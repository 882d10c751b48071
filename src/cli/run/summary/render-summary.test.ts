import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { markdownLink, markdownText, shortened } from './hostile-text.ts';
import { markdownSummary, plainSummary } from './render-summary.ts';
import type { SummaryFacts } from './summary-facts.ts';

const FACTS: SummaryFacts = {
  runId: 'run_1',
  runUrl: 'https://gw.test/runs/run_1',
  display: 'acme/shop@refs/heads/main',
  demo: false,
  targets: ['shop'],
  exitStatus: 3,
  outcome: {
    sessions: 2,
    requests: 7,
    permitted: 5,
    denied: 2,
    approved: 1,
    masked: 12,
    rows: '40',
    targets: [{ name: 'shop', sessions: 2, permitted: 5, denied: 2, masked: 12 }],
    refusals: [
      {
        session: 'ses_1',
        exchange: 3,
        target: 'shop',
        text: 'drop table\n  customers',
        code: 'policy-denied',
        rules: ['never drop'],
      },
    ],
    approvals: [
      {
        session: 'ses_1',
        exchange: 4,
        target: 'shop',
        text: 'update prices set cents = 1',
        id: 'apr_1',
        state: 'used',
      },
    ],
  },
  evidence: { file: 'run_1.evidence.zip', sha256: 'ab'.repeat(32), verdict: 'PASS' },
  coverage: { isolation: 'none', egress: 'advisory', hosts: [], environment: 'allow-list', minting: { ancestors: 2 } },
  warnings: [],
};
const withText = (text: string): SummaryFacts => ({
  ...FACTS,
  display: text,
  targets: [text],
  warnings: [text],
  outcome: {
    ...FACTS.outcome,
    refusals: [{ session: 's', exchange: 1, target: text, text, code: text, rules: [text] }],
    approvals: [{ session: 's', exchange: 2, target: text, text, id: text, state: text }],
  } as NonNullable<SummaryFacts['outcome']>,
});
/** What must not be seen or obeyed by whatever shows it. */
const HOSTILE = [
  '</details></code></pre><img src=x onerror=alert(1)>',
  '| a | b |\n|---|---|\n',
  '``` \u001b[31mred\u001b[0m \u202eevil\u2066 `code`',
  '::set-output name=x::y',
  '\n::add-mask::a\n##[error]x ##vso[task.setvariable variable=p]q',
  '[click](javascript:alert(1)) <https://evil.test> www.evil.test @everyone #1',
  '\rsection_end:1:x\r\u001b[0K',
  '&lt;b&gt; &#60;i&#62; &amp;',
  '=HYPERLINK("http://evil.test")',
  '\u0000\u{e0041} \ud800',
];

/** Controls but for line feeds, what turns text, half a pair. */
const NOT_TO_BE_SEEN = /(?!\n)[\p{Cc}\p{Bidi_C}\p{Cs}]/u;

describe('the summary of a run', () => {
  test('reads well in Markdown', () => {
    assert.equal(
      decoded(markdownSummary(FACTS)),
      [
        '### Chaperone: [run_1](<https://gw.test/runs/run_1>)',
        'acme/shop@refs/heads/main · <code>shop</code> · the command ended with status 3',
        '| requests | permitted | refused | approved by people | values masked | rows |\n|--:|--:|--:|--:|--:|--:|\n| 7 | 5 | 2 | 1 | 12 | 40 |',
        '<details><summary>Refused: 2</summary>\n\n| target | request | because |\n|---|---|---|\n| <code>shop</code> | <code>drop table customers</code> | never drop |\n| … 1 more | | | \n\n</details>',
        '<details><summary>Asked people: 1</summary>\n\n| target | request | answer | approval |\n|---|---|---|---|\n| <code>shop</code> | <code>update prices set cents = 1</code> | used | <code>apr_1</code> |\n\n</details>',
        `Evidence: <code>run_1.evidence.zip</code> (PASS when it was made), SHA-256 <code>${'ab'.repeat(32)}</code>. Check it with:\n\n<code>chaperone verify run_1.evidence.zip</code>`,
        'What went through the gateway is recorded. The network was open, so nothing proves that the command did nothing else. It could read the environment of 2 processes of the CI system, and mint another token with it.\n',
      ].join('\n\n'),
    );
  });

  test('reads well in a log', () => {
    assert.equal(
      plainSummary(FACTS),
      [
        'run run_1  https://gw.test/runs/run_1',
        'as acme/shop@refs/heads/main, targets: shop, status 3',
        '7 requests: 5 permitted, 2 refused, 1 approved by people; 12 values masked; 40 rows',
        'refused in shop: drop table customers (never drop)',
        'used in shop: update prices set cents = 1 (apr_1)',
        `evidence run_1.evidence.zip  sha256:${'ab'.repeat(32)}`,
        'verify it: chaperone verify run_1.evidence.zip',
        'coverage: What went through the gateway is recorded. The network was open, so nothing proves that the command did nothing else. It could read the environment of 2 processes of the CI system, and mint another token with it.',
        '',
      ]
        .map((line) => (line === '' ? '' : `chaperone: ${line}`))
        .join('\n'),
    );
  });

  test('says where nothing is known, and never a number that nobody counted', () => {
    const { outcome: _outcome, evidence: _evidence, ...rest } = FACTS;
    const unknown = { ...rest, outcomeMissing: 'the gateway did not answer' };
    assert.match(
      decoded(markdownSummary(unknown)),
      /\*\*What the run came to is not known here: the gateway did not answer\.\*\*/,
    );
    assert.doesNotMatch(markdownSummary(unknown), /\| 0 \|/);
    const { rows: _rows, ...uncounted } = FACTS.outcome ?? assert.fail();
    assert.match(plainSummary({ ...FACTS, outcome: uncounted }), /rows not counted/);
  });

  const anyText = fc.oneof(
    fc.constantFrom(...HOSTILE),
    fc.string({ unit: 'binary' }),
    fc.array(fc.constantFrom(...HOSTILE), { maxLength: 3 }).map((all) => all.join('')),
  );

  test('has the same shape in Markdown whatever others wrote, and shows it as they wrote it', () => {
    const shape = (facts: SummaryFacts) =>
      markdownSummary(facts).replace(/&#\d+;|[\p{L}\p{N}\p{M} \-/.,=+()%;'"]/gu, '');
    const plain = shape(withText('x'));
    fc.assert(
      fc.property(anyText, (text) => {
        // Code of nothing at all is left out, which is a shape of its own.
        fc.pre(text.trim() !== '');
        const facts = withText(text);
        assert.equal(shape(facts).replace('…', ''), plain.replace('…', ''));
        assert.doesNotMatch(markdownSummary(facts), NOT_TO_BE_SEEN);
      }),
      { numRuns: 400 },
    );
  });

  test('has no line in a log that others began, no control, and no command to a CI system', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const lines = plainSummary(withText(text)).split('\n');
        assert.equal(lines.pop(), '');
        for (const line of lines) {
          assert.match(line, /^chaperone: /);
          assert.ok(!line.includes('##['), line);
          assert.ok(!line.includes('##vso['), line);
          assert.doesNotMatch(line, NOT_TO_BE_SEEN);
        }
      }),
      { numRuns: 400 },
    );
  });

  test('links to pages of the web alone', () => {
    assert.equal(markdownLink('run', 'javascript:alert(1)'), 'run');
    assert.equal(markdownLink('run', 'https://gw.test/a b>)<c'), '[run](<https://gw.test/a%20b%3E)%3Cc>)');
  });

  test('shortens a statement by whole characters, and says by how many', () => {
    assert.equal(shortened('select\n\t1', 20), 'select 1');
    assert.equal(shortened('😀😀😀', 2), '😀😀 … (1 more)');
    assert.equal(decoded(markdownText('a_b|c')), 'a_b|c');
  });
});

/** As a browser shows it: numbers become their characters. */
function decoded(text: string): string {
  return text.replace(/&#(\d+);/g, (_entity, code: string) => String.fromCodePoint(Number(code)));
}

test('what means something to Markdown where it stands is its number, and everything else reads as it was written', () => {
  for (const [text, shown] of [
    ['octo-shop/storefront@refs/heads/main', 'octo-shop/storefront&#64;refs/heads/main'],
    ["select name, 'x' from t where id = 1;", "select name, 'x' from t where id = 1;"],
    ['- item', '&#45; item'],
    ['12. item', '12&#46; item'],
    ['1) item', '1&#41; item'],
    ['+ item', '&#43; item'],
    ['===', '&#61;=='],
    ['WWW.example.com', 'WWW&#46;example.com'],
    ['https://example.com', 'https&#58;//example.com'],
    ['a | b #1 *c* _d_ `e` ~f~ \\', 'a &#124; b &#35;1 &#42;c&#42; &#95;d&#95; &#96;e&#96; &#126;f&#126; &#92;'],
  ] as const) {
    assert.equal(markdownText(text), shown);
  }
});
