import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { describe, test } from 'node:test';
import { cosignerKey, encodeCosignerKey } from './cosignature.ts';
import { encodeVerifierKey } from './signed-note.ts';
import { parsePolicy, quorumHolds, quorumTime } from './tlog-policy.ts';

const LOG = encodeVerifierKey('gateway.example/log', generateKeyPairSync('ed25519').publicKey);
const keys = Array.from({ length: 6 }, (_, at) =>
  encodeCosignerKey(cosignerKey(`w${at}.example`, generateKeyPairSync('ed25519').publicKey)),
);
const parse = (text: string) => parsePolicy(Buffer.from(text));
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

describe('a trust policy', () => {
  test('of the specification’s example: two of X and one of Y make the quorum', () => {
    const { logs, witnesses, quorum } = parse(EXAMPLE);
    assert.deepEqual(
      logs.map(({ verifier }) => verifier.name),
      ['gateway.example/log'],
    );
    assert.equal(witnesses.length, 6);
    assert.equal(witnesses[2]?.url, 'https://x3.example/witness');
    const holds = (...names: string[]) => quorumHolds(quorum, new Set(names));
    assert.equal(holds('X1', 'X3', 'Y2'), true);
    assert.equal(holds('X1', 'Y1', 'Y2', 'Y3'), false);
    assert.equal(holds('X1', 'X2', 'X3'), false);
    assert.equal(holds(), false);
  });

  test('the quorum’s time is that of the cosignature which completes it', () => {
    const { quorum } = parse(EXAMPLE);
    const times = (...given: [string, number][]) => quorumTime(quorum, new Map(given));
    assert.equal(times(['X1', 300], ['X2', 100], ['X3', 200], ['Y1', 150]), 200);
    assert.equal(times(['X1', 300], ['Y1', 150]), undefined);
    assert.equal(quorumTime({ kind: 'none' }, new Map()), undefined);
  });

  test('may name no witness at all', () => {
    const { quorum, witnesses } = parse('quorum none\n');
    assert.equal(quorumHolds(quorum, new Set()), true);
    assert.deepEqual(witnesses, []);
  });

  test('is refused where it says what the specification forbids, with the line', () => {
    const witness = `witness W ${keys[0]}\n`;
    const cases: readonly (readonly [string, RegExp])[] = [
      ['', /no quorum line/],
      [`${witness}quorum W\nquorum W\n`, /line 3: there is a quorum line already/],
      [`quorum W\n${witness}`, /line 1: nothing is named "W"/],
      [`${witness}witness V ${keys[0]}\nquorum W\n`, /line 2: this witness stands here a second time/],
      [`${witness}witness W ${keys[1]}\nquorum W\n`, /line 2: the name "W" is taken/],
      [`witness none ${keys[0]}\nquorum none\n`, /line 1: the name "none" is taken/],
      [`${witness}group G 2 W\nquorum G\n`, /line 2: "2" of 1 cannot be/],
      [`${witness}group G 0 W\nquorum G\n`, /line 2: "0" of 1 cannot be/],
      [`${witness}group G any W W\nquorum G\n`, /line 2: "W" is in a group already/],
      [`${witness}group G any W\ngroup H any W\nquorum G\n`, /line 3: "W" is in a group already/],
      [`${witness}group G any none\nquorum G\n`, /line 2: nothing is named "none"/],
      [`log ${LOG}\nlog ${LOG}\nquorum none\n`, /line 2: this log stands here a second time/],
      [`log ${keys[0]}\nquorum none\n`, /line 1: this is no verifier key of a log/],
      [`witness W ${LOG}\nquorum W\n`, /line 1: this is no verifier key of a witness/],
      [`witness W ${keys[0]} ftp://w.example\nquorum W\n`, /line 1: "ftp:\/\/w.example" is no http or https address/],
      [`${witness}quorum W\r\n`, /control character/],
      ['mirror M\nquorum none\n', /line 1: "mirror" is none of/],
    ];
    for (const [text, message] of cases) {
      assert.throws(() => parse(text), { code: 'config-invalid', message }, text);
    }
  });
});
