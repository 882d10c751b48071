/**
 * The official conformance suite of MCP, once at the everything server itself and once through the gateway: what passes
 * there passes here. Both of the revisions that the suite has requirements of.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startEverything } from '../support/mcp/everything-server.ts';
import { startGrantRelay } from '../support/mcp/grant-relay.ts';
import { mcpTarget, startMcpGateway } from '../support/mcp/mcp-gateway.ts';

const PROGRAM = fileURLToPath(new URL('../support/mcp/everything-program.ts', import.meta.url));
const SUITE = fileURLToPath(
  new URL('../../node_modules/@modelcontextprotocol/conformance/dist/index.js', import.meta.url),
);

describe('the conformance suite of MCP', () => {
  test('passes for 2025-11-25 through the gateway, every scenario', async () => {
    const { direct, through } = await runBoth('2025-11-25');
    assert.deepEqual(failed(direct), []);
    assert.equal(direct.size, 33);
    assert.deepEqual(through, direct);
  });

  test('passes for 2026-07-28 through the gateway, all that the server itself passes', async () => {
    const { direct, through } = await runBoth('2026-07-28');
    // An extension that the official server has not.
    assert.deepEqual(failed(direct), [
      'tasks-lifecycle',
      'tasks-capability-negotiation',
      'tasks-wire-fields',
      'tasks-request-state-removal',
      'tasks-mrtr-input',
      'tasks-request-headers',
      'tasks-dispatch-and-envelope',
      'tasks-required-task-error',
      'tasks-mrtr-composition',
    ]);
    assert.equal(direct.size, 50);
    assert.deepEqual(lost(direct, through), []);
  });

  // All of 2025-11-25 passes as well; each of its scenarios starts a program of its own, which takes too long for every day.
  test('passes for a program as for a server of HTTP, but for what HTTP alone tells its server', async () => {
    const command = { kind: 'stdio', command: process.execPath, args: [PROGRAM, 'stdio'] } as const;
    await using gateway = await startMcpGateway({ targets: [mcpTarget('everything', command)] });
    await using relay = await startGrantRelay(gateway, await gateway.grant(), '/t/everything');
    const through = await run(relay.url, '2026-07-28');
    assert.equal(through.size, 50);
    assert.deepEqual(
      failed(through).filter((name) => !name.startsWith('tasks-')),
      [
        // The SDK's program takes a revision that there is not, where its server of HTTP refuses it.
        'server-stateless',
        // A program sees no headers, and which arguments its tools want in some is theirs to check.
        'http-custom-header-server-validation',
      ],
    );
    assert.deepEqual(gateway.faults, []);
  });
});

function lost(direct: Outcome, through: Outcome): readonly string[] {
  return [...direct].filter(([name, passed]) => passed && through.get(name) !== true).map(([name]) => name);
}

type Outcome = ReadonlyMap<string, boolean>;

async function runBoth(revision: string): Promise<{ readonly direct: Outcome; readonly through: Outcome }> {
  await using server = await startEverything();
  const target = mcpTarget('everything', { kind: 'http', path: '/mcp' }, server.port);
  await using gateway = await startMcpGateway({ targets: [target] });
  await using relay = await startGrantRelay(gateway, await gateway.grant(), '/t/everything');
  const [direct, through] = await Promise.all([run(server.url, revision), run(relay.url, revision)]);
  assert.deepEqual(gateway.faults, []);
  return { direct, through };
}

/** By scenario whether it passed, as the suite's summary says. */
async function run(url: string, revision: string): Promise<Outcome> {
  const said = await new Promise<string>((resolve) => {
    // Its status says that something failed, and its summary what.
    execFile(process.execPath, [SUITE, 'server', '--requirements', revision, '--url', url], (_, stdout) =>
      resolve(stdout),
    );
  });
  const lines = said.slice(said.indexOf('=== SUMMARY ===')).matchAll(/^([✓✗]) ([\w-]+): \d+ passed/gm);
  return new Map([...lines].map(([, mark, name = '']) => [name, mark === '✓']));
}

function failed(outcome: Outcome): readonly string[] {
  return [...outcome].filter(([, passed]) => !passed).map(([name]) => name);
}
