import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Secret } from '../../../model/secret.ts';
import type { LocalTarget } from '../local-target.ts';
import { mcpServersOf } from './agent-setup.ts';

const local = (name: string, port: number): LocalTarget => {
  const login = { user: 'grt_1', password: new Secret(`of-${name}`), tls: 'none' } as const;
  return { name, protocol: 'mcp', host: '127.0.0.1', port, database: '', ...login };
};

test('an agent gets one MCP server, which is all targets of its run and the own one', () => {
  const servers = mcpServersOf({ targets: [local('tracker', 1)], mcp: local('chaperone', 2) });
  assert.deepEqual(servers, [
    { name: 'chaperone', url: 'http://127.0.0.1:2/mcp', authorization: 'Bearer grt_1.of-chaperone' },
  ]);
});

test('of a gateway that has no such address it gets each target by itself', () => {
  assert.deepEqual(mcpServersOf({ targets: [local('tracker', 1)] }), [
    { name: 'tracker', url: 'http://127.0.0.1:1/', authorization: 'Bearer grt_1.of-tracker' },
  ]);
});

test('at the native port its address is that of the port', () => {
  const direct: LocalTarget = { ...local('chaperone', 443), host: 'gateway.test', tls: 'verify-full' };
  assert.equal(mcpServersOf({ targets: [], mcp: direct })[0]?.url, 'https://gateway.test/mcp');
});
