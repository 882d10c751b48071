import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { describe, test } from 'node:test';
import { cosignerKey, encodeCosignerKey } from '../log/cosignature.ts';
import { encodeVerifierKey, sha256 } from '../log/signed-note.ts';
import { type PolicyText, parsePolicyText } from './policy-text.ts';
import { quorumHolds, quorumTime } from './quorum.ts';

const log = generateKeyPairSync('ed25519').publicKey;
const LOG = encodeVerifierKey('gateway.example/log', log);
const keys = Array.from({ length: 6 }, (_, at) => {
  const { publicKey } = at === 5 ? generateKeyPairSync('ml-dsa-44') : generateKeyPairSync('ed25519');
  return encodeCosignerKey(cosignerKey(`w${at}.example`, publicKey));
});
/** The example of the specification, with keys. */
const EXAMPLE = `log ${LOG}

witness X1 ${keys[0]}
witness X2 ${keys[1]}
\twitness  X3\t${keys[2]}  https://x3.example/witness/
group X-witnesses 2 X1 X2 X3

# the other organisation
witness Y1 ${keys[3]}
witness Y2 ${keys[4]}
witness Y3 ${keys[5]}
group Y-witnesses any Y1 Y2 Y3

group X-and-Y all X-witnesses Y-witnesses
quorum X-and-Y
`;

const parse = (text: string) => parsePolicyText(sha256, Buffer.from(text));

function policyOf(text: string): PolicyText {
  const policy = parse(text);
  if (typeof policy === 'string') assert.fail(policy);
  return policy;
}

function problemOf(text: string): string {
  const policy = parse(text);
  return typeof policy === 'string' ? policy : assert.fail('it was read');
}

describe('a trust policy', () => {
  test('of the specification’s example: two of X and one of Y make the quorum', () => {
    const { logs, witnesses, quorum } = policyOf(EXAMPLE);
    assert.deepEqual(
      logs.map(({ line, key }) => [line, key.name, key.type]),
      [[1, 'gateway.example/log', 1]],
    );
    assert.deepEqual(
      witnesses.map(({ name, key }) => [name, key.name, key.type]),
      [
        ['X1', 'w0.example', 4],
        ['X2', 'w1.example', 4],
        ['X3', 'w2.example', 4],
        ['Y1', 'w3.example', 4],
        ['Y2', 'w4.example', 4],
        ['Y3', 'w5.example', 6],
      ],
    );
    assert.equal(witnesses[2]?.url, 'https://x3.example/witness/');
    const holds = (...names: string[]) => quorumHolds(quorum, new Set(names));
    assert.equal(holds('X1', 'X2', 'Y1'), true);
    assert.equal(holds('X1', 'X3', 'Y2'), true);
    assert.equal(holds('X1', 'X3', 'Y3'), true);
    assert.equal(holds('X1', 'Y1', 'Y2', 'Y3'), false);
    assert.equal(holds('X1', 'X2', 'X3'), false);
    assert.equal(holds(), false);
  });

  test('the quorum’s time is that of the cosignature which completes it', () => {
    const { quorum } = policyOf(EXAMPLE);
    const times = (...given: [string, number][]) => quorumTime(quorum, new Map(given));
    assert.equal(times(['X1', 300], ['X2', 100], ['X3', 200], ['Y1', 150]), 200);
    assert.equal(times(['X1', 300], ['Y1', 150]), undefined);
    assert.equal(quorumTime({ kind: 'none' }, new Map()), undefined);
  });

  test('may name no witness at all', () => {
    const { quorum, witnesses } = policyOf('quorum none\n');
    assert.equal(quorumHolds(quorum, new Set()), true);
    assert.deepEqual(witnesses, []);
  });

  test('reads a key whose name is not ASCII, and keeps its own names as octets', () => {
    const key = cosignerKey('zürich.example', generateKeyPairSync('ed25519').publicKey);
    const { witnesses, quorum } = policyOf(`witness Zürich ${encodeCosignerKey(key)}\nquorum Zürich\n`);
    assert.equal(witnesses[0]?.key.name, 'zürich.example');
    assert.equal(witnesses[0]?.key.id, key.id);
    assert.deepEqual(quorum, { kind: 'witness', name: 'ZÃ¼rich' });
  });

  const witness = `witness W ${keys[0]}\n`;
  const wrong: Readonly<Record<string, readonly [policy: string, reason: RegExp]>> = {
    'nothing in it': ['\n', /^it has no quorum line/],
    'no quorum': [`log ${LOG}\n`, /^it has no quorum line/],
    'two quorums': [`${witness}quorum W\nquorum W\n`, /^line 3: there is a quorum line already/],
    'no final newline': ['quorum none', /^its last line does not end in a newline/],
    'more lines than anybody needs': [`${'\n'.repeat(4096)}quorum none\n`, /^it has more than 4096 lines/],
    'more bytes than anybody needs': [
      `# ${'x'.repeat(1024 * 1024)}\nquorum none\n`,
      /^it is longer than 1048576 bytes/,
    ],
    CRLF: [`${witness}quorum W\r\n`, /^it holds control characters/],
    'a line of another kind': [
      'quorum none\nmirror M\n',
      /^line 2: "mirror" is none of log, witness, group and quorum/,
    ],
    'a log twice': [`log ${LOG}\nlog ${LOG}\nquorum none\n`, /^line 2: this log key stands in the policy twice/],
    'a log under another name': [
      `log ${LOG}\nlog ${encodeVerifierKey('other', log)}\nquorum none\n`,
      /^line 2: this log key stands in the policy twice/,
    ],
    'a witness twice': [`${witness}witness V ${keys[0]}\nquorum W\n`, /^line 2: .* one witness under two names/],
    'two witnesses of one name': [`${witness}witness W ${keys[1]}\nquorum W\n`, /^line 2: the name "W" is taken/],
    'a witness called none': [`witness none ${keys[0]}\nquorum none\n`, /^line 1: the name "none" is taken/],
    "a log's key as a witness": [`witness W ${LOG}\nquorum W\n`, /^line 1: .* not one for cosignatures/],
    "a witness's key as a log": [`log ${keys[0]}\nquorum none\n`, /^line 1: the key is one of a witness/],
    "a witness with the log's own key": [
      `log ${LOG}\nwitness W ${encodeCosignerKey(cosignerKey('w', log))}\nquorum W\n`,
      /^line 2: witness W has the key of a log, and a log is no witness of itself/,
    ],
    'a group of nobody': ['group g any\nquorum g\n', /^line 1: a group line is/],
    'a group of somebody later': [`group g any W\n${witness}quorum g\n`, /^line 1: nothing is named "W"/],
    'a member twice': [`${witness}group G any W W\nquorum G\n`, /^line 2: "W" is in a group already/],
    'a member of two groups': [
      `${witness}group G any W\ngroup H any W\nquorum G\n`,
      /^line 3: "W" is in a group already/,
    ],
    'none as a member': [`${witness}group G any none\nquorum G\n`, /^line 2: nothing is named "none"/],
    'more than there are': [`${witness}group G 2 W\nquorum G\n`, /^line 2: a group of 1 cannot want "2"/],
    'zero of them': [`${witness}group G 0 W\nquorum G\n`, /^line 2: a group of 1 cannot want "0"/],
    'a leading zero': [`${witness}group G 01 W\nquorum G\n`, /^line 2: a group of 1 cannot want "01"/],
    'a quorum that is not there': ['quorum g\n', /^line 1: nothing is named "g"/],
    'a quorum of somebody later': [`quorum W\n${witness}`, /^line 1: nothing is named "W"/],
    'a key that is none': ['log gateway\nquorum none\n', /^line 1: this is no verifier key/],
    'a word too many': [`log ${LOG} https://log.example more\nquorum none\n`, /^line 1: a log line is/],
  };
  for (const [name, [text, reason]] of Object.entries(wrong)) {
    test(`is refused for ${name}`, () => assert.match(problemOf(text), reason));
  }
});
