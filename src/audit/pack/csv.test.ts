import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { csv } from './csv.ts';

/** The one cell of a file of one. */
const cell = (text: string) => csv(['c'], [[text]]).split('\r\n')[1];

describe('CSV', () => {
  test('never begins a cell with what a spreadsheet calculates', () => {
    const hostile = ['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', ' =1', '|cmd', '%0A=1', '＝1', '\u200b=1', '"=1'];
    for (const text of hostile) {
      const unquoted = (cell(text) ?? '').replace(/^"/u, '').replaceAll('""', '"');
      assert.doesNotMatch(unquoted, /^\s*[=+\-@|%＝]/u, JSON.stringify(text));
    }
    assert.equal(cell('=cmd|calc'), `"'=cmd|calc"`);
  });

  test('stays a line a row, whatever a cell holds', () => {
    assert.equal(csv(['a', 'b'], [['x\r\ny', 'say "hi", twice']]), 'a,b\r\nx y,"say ""hi"", twice"\r\n');
  });

  test('leaves ids and times as they are', () => {
    assert.equal(cell('run_01'), 'run_01');
    assert.equal(cell('2026-03-04T05:06:07.008Z'), '2026-03-04T05:06:07.008Z');
  });
});
