import assert from 'node:assert/strict';
import { test } from 'node:test';
import { issuerSchema } from '../../src/identity/load-issuers.ts';
import { PRESETS } from '../../src/identity/presets.ts';
import { ruleSchema } from '../../src/identity/rule-schema.ts';
import { ISSUER_KINDS as KINDS, WORKLOAD_FIELDS } from '../../src/model/principal.ts';
import {
  CLAIMS,
  ISSUER_KINDS,
  ISSUER_WORDS,
  PRESET_FIELDS,
  trustWords,
} from '../../web/src/pages/trust/trust-words.ts';

test('the words that the editor of trust offers are those that the gateway knows', () => {
  assert.deepEqual([...CLAIMS].sort(), [...WORKLOAD_FIELDS].sort());
  assert.deepEqual([...ISSUER_KINDS].sort(), [...KINDS].sort());
  const fields = Object.values(PRESETS).flatMap((preset) => Object.keys(preset.fields));
  assert.deepEqual([...PRESET_FIELDS].sort(), [...new Set(fields)].sort());
  const rule = Object.keys(trustWords([], []).keys?.['trust']?.keys ?? {});
  assert.deepEqual(rule.sort(), ['preset', ...Object.keys(ruleSchema.shape)].sort());
  const issuer = Object.keys(ISSUER_WORDS.keys?.['issuers']?.keys ?? {});
  const unspoken = ['insecureLoopback', 'demo'];
  assert.deepEqual([...issuer, ...unspoken].sort(), Object.keys(issuerSchema.shape).sort());
});
