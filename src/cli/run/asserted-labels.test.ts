import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { checkAsserted } from '../../grants/asserted.ts';
import { assertable } from './asserted-labels.ts';

test('whatever a command wrote, a gateway takes it as a label', () => {
  const anyText = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: 'binary', minLength: 400, maxLength: 1200 }),
    fc.constantFrom('\0', '\ud800', '\udc00x', '😀'.repeat(400)),
  );
  fc.assert(
    fc.property(anyText, (text) => {
      checkAsserted(assertable({ 'hooks.sessions': text, command: text }));
    }),
    { numRuns: 300 },
  );
});

test('what fits stays as it is, and what does not is cut between characters', () => {
  assert.deepEqual(assertable({ agent: 'claude-code' }), { agent: 'claude-code' });
  const { x = '' } = assertable({ x: '😀'.repeat(400) });
  assert.equal(x, `${'😀'.repeat(255)}…`);
});
