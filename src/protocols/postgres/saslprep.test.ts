import assert from 'node:assert/strict';
import { test } from 'node:test';
import { saslPrep } from './saslprep.ts';

test('the examples of RFC 4013, section 3, are prepared as it says', () => {
  assert.equal(saslPrep('I\u00adX'), 'IX');
  assert.equal(saslPrep('user'), 'user');
  assert.equal(saslPrep('USER'), 'USER');
  assert.equal(saslPrep('\u00aa'), 'a');
  assert.equal(saslPrep('\u2168'), 'IX');
});

test('what the RFC refuses is used as it is, as PostgreSQL does', () => {
  assert.equal(saslPrep('\u0007'), '\u0007');
  assert.equal(saslPrep('\u0627\u0031'), '\u0627\u0031');
  assert.equal(saslPrep('\u2168\u0007'), '\u2168\u0007');
  assert.equal(saslPrep('\u00ad'), '\u00ad');
  assert.equal(saslPrep('\u2168\ue000'), '\u2168\ue000');
});

test('spaces of all kinds become one kind, and compatible characters their plain form', () => {
  assert.equal(saslPrep('a\u00a0b\u3000c\u200bd'), 'a b c d');
  assert.equal(saslPrep('\uff50\uff57'), 'pw');
  assert.equal(saslPrep('e\u0301'), '\u00e9');
});

test('text that runs from right to left throughout is prepared', () => {
  assert.equal(saslPrep('\u0627\u0031\u0628'), '\u0627\u0031\u0628');
  assert.equal(saslPrep('\ufe8d'), '\u0627');
  assert.equal(saslPrep('\ufe8da\ufe8d'), '\ufe8da\ufe8d');
});
