import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { stringify } from 'yaml';
import { credentialBinding, parseCredential, resolveCredential } from './credential.ts';
import { declareTarget, shownCredential, withSealed } from './declare-target.ts';
import { loadTargets } from './load-targets.ts';
import { readConfiguration } from './read-configuration.ts';

const load = (text: string) =>
  loadTargets(readConfiguration([{ name: 'targets.yaml', text }]).sections.targets ?? [], ['mcp']);
const problems = (text: string) => load(text).problems.map(({ line, message }) => `${line}: ${message}`);
const one = (text: string) => load(text).items[0] ?? assert.fail(problems(text).join('\n'));

const REMOTE = `targets:
  - name: tickets
    protocol: mcp
    url: https://mcp.example.com/v1/mcp
    credential: { bearer: { token: { env: TOKEN } } }
`;
const PROGRAM = `targets:
  - name: files
    protocol: mcp
    mcp: { command: /usr/bin/files-mcp }
    credential: { none: true }
`;
const FULL = `targets:
  - name: files
    protocol: mcp
    mcp:
      command: /usr/bin/files-mcp
      args: [--root, /srv/files]
      env: { LOG_LEVEL: info }
      directory: /srv
      user: nobody
      isolate: true
      memoryMib: 512
      cpuSeconds: 60
      firstUse: accept
      tools: [{ name: 'list_*', access: read }, { name: drop, access: admin }]
    credential: { env: { FILES_KEY: { value: canary }, OTHER: { file: /run/other } } }
`;

describe('a declared MCP target', () => {
  test('that is reached by HTTP has its address and its endpoint from its URL', () => {
    const { target } = one(REMOTE);
    assert.deepEqual(target, {
      name: 'tickets',
      protocol: 'mcp',
      address: { host: 'mcp.example.com', port: 443 },
      tls: { mode: 'verify-full' },
      labels: {},
      classified: [],
      recordMode: 'strict',
      storedReplyBytes: 16_777_216,
      http: { basePath: '/v1/mcp', hosts: ['mcp.example.com'], version: 'auto' },
      mcp: { transport: { kind: 'http', path: '/v1/mcp' }, tools: [], firstUse: 'review' },
    });
    const sse = one(`${REMOTE.replace('/v1/mcp', '/sse/')}    mcp: { transport: sse }\n`).target;
    assert.deepEqual(sse.mcp?.transport, { kind: 'sse', path: '/sse/' });
  });

  test('that is a program has no address, and its secrets in its credential', async () => {
    const { target, credential } = one(FULL);
    assert.deepEqual(
      [target.address, target.tls, target.http],
      [{ host: 'stdio', port: 0 }, { mode: 'disable' }, { basePath: '', hosts: [], version: '1.1' }],
    );
    assert.deepEqual(target.mcp, {
      transport: {
        kind: 'stdio',
        command: '/usr/bin/files-mcp',
        args: ['--root', '/srv/files'],
        env: { LOG_LEVEL: 'info' },
        directory: '/srv',
        user: 'nobody',
        isolate: true,
        memoryMib: 512,
        cpuSeconds: 60,
      },
      tools: [
        { name: 'list_*', access: 'read' },
        { name: 'drop', access: 'admin' },
      ],
      firstUse: 'accept',
    });
    const shown = shownCredential(credential);
    assert.deepEqual(shown, { env: { FILES_KEY: { sealed: true }, OTHER: { file: '/run/other' } } });
    assert.deepEqual(withSealed(shown, credential), credential);
    const reader = { env: () => undefined, file: () => Promise.resolve('of-a-file\n') };
    const { environment } = await resolveCredential(parseCredential(JSON.stringify(credential)), reader);
    assert.deepEqual(
      Object.entries(environment ?? {}).map(([name, secret]) => [name, secret.reveal()]),
      [
        ['FILES_KEY', 'canary'],
        ['OTHER', 'of-a-file'],
      ],
    );
  });

  test('that a run starts has no place and no secret', () => {
    const text = PROGRAM.replace('{ command: /usr/bin/files-mcp }', '{ transport: run }');
    const { target, credential } = one(text);
    assert.deepEqual([target.address, target.mcp?.transport], [{ host: 'run', port: 0 }, { kind: 'run' }]);
    assert.deepEqual(one(stringify({ targets: [declareTarget(target, credential)] })), one(text));
    assert.deepEqual(problems(text.replace('none: true', 'env: { KEY: { value: canary } }')), [
      '5: a program of the run is given no secret: `none: true`; one that needs a secret is started by the gateway',
    ]);
    assert.deepEqual(problems(text.replace('transport: run', 'transport: run, command: /x')), [
      '4: only a server of transport stdio has `command`',
    ]);
    assert.deepEqual(problems(`${text}    url: https://x/mcp\n`), ['4: a server of transport run has no `url`']);
  });

  test('is declared again as it was', () => {
    const sse = `${REMOTE.replace('/v1/mcp', '/sse/')}    mcp: { transport: sse, firstUse: accept }\n`;
    for (const text of [REMOTE, PROGRAM, FULL, sse, `${REMOTE}    http: { hosts: [] }\n`]) {
      const first = one(text);
      assert.deepEqual(one(stringify({ targets: [declareTarget(first.target, first.credential)] })), first);
    }
  });

  test('is refused at its line for what cannot be', () => {
    const of = (settings: string) => problems(PROGRAM.replace('{ command: /usr/bin/files-mcp }', settings));
    assert.deepEqual(of('{ command: files-mcp }'), ['4: mcp.command: the path must be absolute']);
    assert.deepEqual(of('{}'), ['4: an MCP target has a `url`, or `mcp.command` for a program that is started']);
    assert.deepEqual(of('{ transport: stdio }'), ['4: a server of transport stdio has a `command`']);
    assert.deepEqual(of('{ command: /x, env: { "A=B": c } }'), ['4: mcp.env.A=B: Invalid key in record']);
    assert.deepEqual(problems(`${PROGRAM}    url: https://x/mcp\n`), [
      '4: an MCP target has a `url`, or a command, and not both',
    ]);
    assert.deepEqual(problems(`${REMOTE}    mcp: { args: [x] }\n`), ['6: only a server of transport stdio has `args`']);
    assert.deepEqual(problems(PROGRAM.replace('none: true', 'bearer: { token: { value: canary } }')), [
      '5: a program that is started is given `env`, or `none: true`',
    ]);
    assert.deepEqual(problems(REMOTE.replace('bearer: { token: { env: TOKEN } }', 'env: { A: { value: canary } }')), [
      '5: only a program that is started has variables (`env`)',
    ]);
    assert.deepEqual(problems(`${PROGRAM}    tls: { mode: disable }\n`), ['6: a program that is started has no `tls`']);
  });

  test('gives its secrets to no other program, nor to the same with other arguments', () => {
    const bindings = [
      FULL,
      FULL.replace('files-mcp', 'other'),
      FULL.replace('--root', '--dump-environment'),
      FULL.replace('user: nobody', 'user: somebody'),
      FULL.replace('isolate: true', 'isolate: false'),
    ].map((text) => credentialBinding(one(text).target));
    assert.equal(new Set(bindings).size, 5);
    const tools = FULL.replace('access: admin', 'access: write');
    assert.equal(credentialBinding(one(tools).target), bindings[0]);
  });
});
