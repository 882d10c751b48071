import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { factsOf } from '../../../test/support/bundles.ts';
import type { RunManifest } from './manifest.ts';
import { makePredicate } from './predicate.ts';
import type { RunFacts } from './run-facts.ts';

const MANIFEST: RunManifest = {
  v: 1,
  run: { id: 'run_1', openedAt: '2026-03-04T05:06:07.008Z' },
  log: { origin: 'gateway.example/log', openIndex: 3 },
  sessions: [],
  identity: {},
  policies: [],
  files: [],
  elsewhere: [],
  complete: false,
};

function predicateOf(more: Partial<RunFacts>) {
  const entries = { run: 'run_1', size: 9, opens: [], closes: [], manifests: [], sessions: [], others: [] };
  const made = { manifest: MANIFEST, surveys: [] };
  const facts = factsOf('run_1', more);
  return makePredicate({ origin: 'gateway.example/log', version: '1', entries, facts, made, manifestIndex: 8 });
}

describe('what a statement says of a run', () => {
  test('names people by ids, and nobody by a login', () => {
    const approval = {
      id: 'apr_1',
      requestDigest: { sha256: 'ab'.repeat(32) },
      decision: 'approved',
      requestedAt: '2026-03-04T05:06:07.008Z',
      approvers: ['psn_1', 'psn_2'],
    } as const;
    const { workload } = factsOf('run_1');
    const predicate = predicateOf({ approvals: [approval, approval], workload: { ...workload, actorId: '583231' } });
    assert.deepEqual(predicate.humans, [
      { role: 'ciActor', id: '583231', idp: 'https://token.actions.githubusercontent.com' },
      { role: 'approver', id: 'psn_1' },
      { role: 'approver', id: 'psn_2' },
    ]);
    assert.equal(JSON.stringify(predicate).includes('octavia'), false);
  });

  test('is not complete where it does not say so, and knows nothing of what nobody said', () => {
    const { agents, complete, coverage } = predicateOf({ asserted: {} });
    assert.deepEqual(
      [agents, complete, coverage],
      [[], undefined, { egress: 'unknown', isolation: 'unknown', bodiesRecorded: 'full' }],
    );
  });

  test('tells of the agent and of ways round the gateway as the wrapper said them, and that it was the wrapper', () => {
    const asserted = {
      agent: 'claude-code',
      'agent.level': 'A1',
      'agent.version': '2.0.1',
      'agent.digest': `sha256:${'cd'.repeat(32)}`,
      egress: 'enforced',
      isolation: 'network',
    };
    const { agents, coverage } = predicateOf({ asserted });
    assert.deepEqual(agents, [
      {
        kind: 'claude-code',
        version: '2.0.1',
        executableDigest: { sha256: 'cd'.repeat(32) },
        assurance: 'A1',
        labels: asserted,
      },
    ]);
    assert.deepEqual(coverage, {
      egress: 'enforced',
      isolation: 'network',
      saidBy: 'wrapper',
      bodiesRecorded: 'full',
    });
    assert.equal(predicateOf({ asserted: { egress: 'none of these' } }).coverage.egress, 'unknown');
  });
});
