import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { CONTROLS, findControl } from './controls.ts';
import { controlsPage } from './controls-page.ts';

const PAGE = new URL('../../../docs/reference/controls.md', import.meta.url);

test('the page of the controls says what the table says', () => {
  if (process.env['UPDATE_PAGES']) writeFileSync(PAGE, controlsPage());
  assert.equal(readFileSync(PAGE, 'utf8'), controlsPage());
});

test('a control is found by its id in whatever case, and each id is one control', () => {
  assert.equal(findControl('pci-10.2')?.id, 'PCI-10.2');
  assert.equal(findControl('PCI-99'), undefined);
  assert.equal(new Set(CONTROLS.map(({ id }) => id.toUpperCase())).size, CONTROLS.length);
});

test('every family of controls that the pack is for is in the table', () => {
  const wanted = [
    'SOC2-CC6.1',
    'SOC2-CC8.1',
    'PCI-10.2',
    'PCI-7.2.5',
    'PCI-8.6',
    'ISO-A.8.15',
    'ISO-A.5.28',
    'HIPAA-164.312(b)',
    'NIST-AU-9',
    'NIST-IA-9',
    'NIST-SI-7',
    'DORA-10',
  ];
  assert.deepEqual(
    wanted.filter((id) => findControl(id) === undefined),
    [],
  );
});
