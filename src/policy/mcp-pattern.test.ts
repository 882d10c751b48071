import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { jobOf, targetNamed } from '../../test/support/subjects.ts';
import type { McpFacts } from '../model/mcp.ts';
import type { Operation } from '../model/request.ts';
import { compilePolicies } from './compile-policies.ts';
import { compileMcpPattern, type McpPattern } from './mcp-pattern.ts';
import type { Policy } from './policy.ts';

const FACTS: McpFacts = {
  server: 'tracker',
  method: 'tools/call',
  from: 'client',
  name: 'add_comment',
  uri: 'file:///notes/a/b.txt',
  arguments: { project: 'shop', labels: ['a', 'b'], deep: [{ n: 1 }] },
  version: '2025-11-25',
};

const operation = (facts: Partial<McpFacts> = {}): Operation => ({
  kind: 'tools/call',
  access: 'write',
  tables: [],
  functions: [],
  hasWhere: true,
  flags: [],
  mcp: { ...FACTS, ...facts },
});

const extent = (pattern: McpPattern, facts: Partial<McpFacts> = {}, effect: 'permit' | 'deny' = 'permit') =>
  compileMcpPattern(pattern, effect)(operation(facts)).extent;

describe('an mcp pattern', () => {
  test('covers a message where each of its keys has a value that matches', () => {
    const all: McpPattern = {
      servers: ['track*'],
      methods: ['tools/*'],
      tools: ['get_*', 'add_*'],
      resources: ['file:///notes/**'],
      arguments: { project: ['shop'], 'deep[].n': ['1'] },
    };
    assert.equal(extent(all), 'all');
    for (const [key, other] of Object.entries({
      servers: ['other'],
      methods: ['prompts/*'],
      tools: ['add'],
      prompts: ['add_comment'],
      resources: ['file:///notes/*'],
      arguments: { project: ['sho'] },
    })) {
      assert.equal(extent({ ...all, [key]: other }), 'none', key);
    }
  });

  test('covers a list of values only where all of them match', () => {
    assert.equal(extent({ arguments: { labels: ['a', 'b'] } }), 'all');
    assert.equal(extent({ arguments: { labels: ['a'] } }), 'some');
  });

  test('means the client where it permits, and a server as well where it denies', () => {
    assert.equal(extent({ servers: ['tracker'] }, { from: 'server' }), 'none');
    assert.equal(extent({ servers: ['tracker'] }, { from: 'server' }, 'deny'), 'all');
    assert.equal(extent({ servers: ['tracker'], from: ['server'] }, { from: 'server' }), 'all');
  });

  test('does not match what is no message', () => {
    const { mcp: _mcp, ...other } = operation();
    assert.equal(compileMcpPattern({ servers: ['*'] }, 'deny')(other).extent, 'none');
  });
});

describe('whether an operation may be permitted whatever its arguments', () => {
  const rule = (more: Partial<Policy>): Policy => ({
    name: 'one',
    principals: 'any',
    targets: 'any',
    operations: ['any'],
    effect: 'permit',
    ...more,
  });
  const may = (...policies: readonly Policy[]): boolean => {
    const { arguments: _given, ...bare } = FACTS;
    const named = policies.map((policy, index) => ({ ...policy, name: `rule ${index}` }));
    return compilePolicies(named).mayPermit(jobOf(), targetNamed('tracker'))({ ...operation(), mcp: bare });
  };

  test('is what permits say that can match, and denials that match in any case', () => {
    assert.equal(may(), false);
    assert.equal(may(rule({})), true);
    assert.equal(may(rule({ operations: ['read'] })), false);
    assert.equal(may(rule({ mcp: { arguments: { project: ['shop'] } } })), true);
    assert.equal(may(rule({}), rule({ effect: 'deny', mcp: { tools: ['add_*'] } })), false);
    assert.equal(may(rule({}), rule({ effect: 'deny', mcp: { arguments: { project: ['shop'] } } })), true);
    assert.equal(may(rule({}), rule({ effect: 'deny', when: 'operation.mcp.name == "add_comment"' })), false);
    assert.equal(may(rule({}), rule({ effect: 'deny', when: 'operation.mcp.arguments.project == "shop"' })), true);
    assert.equal(may(rule({ when: 'operation.mcp.arguments.project == "shop"' })), true);
    assert.equal(may(rule({ when: 'operation.mcp.server == "other"' })), false);
  });

  test('is put before people where a rule may ask some, whatever its arguments are', () => {
    const asks = { group: 'dba', quorum: 1, withinMs: 1, allowActor: false, measureRows: false, showText: false };
    const mayHold = (...policies: readonly Policy[]): readonly boolean[] => {
      const hold = compilePolicies(policies).mayHold(jobOf(), targetNamed('tracker'));
      return [hold(operation()), hold()];
    };
    assert.deepEqual(mayHold(rule({})), [false, false]);
    assert.deepEqual(mayHold(rule({ approve: asks })), [true, true]);
    assert.deepEqual(mayHold(rule({ approve: asks, mcp: { arguments: { project: ['docs'] } } })), [true, true]);
    assert.deepEqual(mayHold(rule({ approve: asks, mcp: { tools: ['other'] } })), [false, true]);
    assert.deepEqual(mayHold(rule({ approve: asks, targets: { names: ['other'] } })), [false, false]);
    const limit = [{ measure: 'bytes', most: 1, per: 'run', exceeded: asks }] as const;
    assert.deepEqual(mayHold(rule({ limit })), [true, true]);
  });

  test('is decided by the arguments once they are known', () => {
    const set = compilePolicies([
      rule({ when: 'operation.mcp.arguments.project == "shop" && operation.mcp.argumentsKnown' }),
    ]);
    const decide = set.decider(jobOf(), targetNamed('tracker'));
    assert.equal(decide({ operations: [operation()] }).effect, 'permit');
    assert.equal(decide({ operations: [operation({ arguments: { project: 'docs' } })] }).effect, 'deny');
  });
});
