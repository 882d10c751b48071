import assert from 'node:assert/strict';
import { test } from 'node:test';
import { coverageLabels, coverageLine, type RunCoverage } from './isolation/coverage.ts';
import { type CoverageRequest, coverRun } from './run-coverage.ts';

const REQUEST: CoverageRequest = {
  means: undefined,
  hosts: [],
  inherited: { env: {}, withheld: [], minting: [], mode: 'allow-list', added: [] },
  env: {},
  source: 'github',
};
const minting = (more: Partial<CoverageRequest>) => coverageLabels(coverRun({ ...REQUEST, ...more }))['minting'];

test('a token from what answers whoever asks on the machine is had by the command as well, unless it has no network', () => {
  assert.equal(minting({ source: 'cursor' }), 'source:cursor');
  assert.equal(minting({ source: 'kubernetes', means: { level: 'user', flags: [] } }), 'source:kubernetes');
  assert.equal(minting({ source: 'google', means: { level: 'network', flags: [] } }), 'hidden');
  assert.equal(minting({ means: { level: 'user', flags: [] } }), 'hidden');
});

test('egress is enforced by a network namespace alone', () => {
  const egress = (means: CoverageRequest['means']) => coverRun({ ...REQUEST, means }).egress;
  assert.equal(egress(undefined), 'advisory');
  assert.equal(egress({ level: 'user', flags: [] }), 'advisory');
  assert.equal(egress({ level: 'network', flags: [] }), 'enforced');
});

test('what was covered is said in one line that claims no more than was seen', () => {
  const line = (more: Partial<RunCoverage>) =>
    coverageLine({
      isolation: 'none',
      egress: 'advisory',
      hosts: [],
      environment: 'allow-list',
      minting: 'hidden',
      ...more,
    });
  const open =
    'What went through the gateway is recorded. The network was open, so nothing proves that the command did nothing else.';
  assert.equal(line({}), `${open} It could read nothing that mints another token.`);
  assert.equal(
    line({ minting: 'own' }),
    `${open} It could read the wrapper's own environment, and mint another token with it.`,
  );
  assert.equal(
    line({ minting: { ancestors: 1 } }),
    `${open} It could read the environment of a process of the CI system, and mint another token with it.`,
  );
  assert.equal(
    line({ isolation: 'network', egress: 'enforced', hosts: ['api.test:443'] }),
    "What went through the gateway is recorded. The command's only other network: api.test:443. It could read nothing that mints another token.",
  );
});
