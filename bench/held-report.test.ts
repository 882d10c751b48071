import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sectionOf, withHeldSection } from './held-report.ts';

const HELD = '## Requests that wait for people\n\nfigures\n';

test('the section comes at the end of a page that has none', () => {
  assert.equal(withHeldSection('# Page\n\ntext\n\n', HELD), `# Page\n\ntext\n\n${HELD}`);
});

test('the section takes the place of the one that was there, and what follows stays', () => {
  const page = `# Page\n\n${HELD}\n## After\n`;
  assert.equal(sectionOf(page), HELD);
  const section = '## Requests that wait for people\n\nnew: $&\n';
  assert.equal(withHeldSection(page, section), `# Page\n\n${section}\n## After\n`);
});
