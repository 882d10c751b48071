import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parse } from 'yaml';
import { LIMITS } from '../model/limits.ts';
import { declareExport } from './declare-export.ts';
import { loadExports } from './load-exports.ts';

const CA = '-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----';

function load(yaml: string) {
  const items = parse(yaml) as unknown[];
  return loadExports(items.map((value) => ({ value, file: 'e.yaml', line: () => 1 })));
}

const messages = (yaml: string) => load(yaml).problems.map(({ message }) => message);

describe('declared exports', () => {
  const ALL = `
- { name: a, kind: file }
- { name: b, kind: file, file: b.log, rotateMiB: 5, keep: 0, format: cef, from: now, people: true, statements: masked-text, enabled: false }
- { name: c, kind: stdout, format: ecs }
- { name: d, kind: webhook, url: "https://siem.example/x", secret: { env: HOOK } }
- { name: e, kind: webhook, url: "http://localhost:1/", secret: { value: s }, insecureLoopback: true, allowPrivate: true, ca: "${CA.replaceAll('\n', '\\n')}" }
- { name: f, kind: syslog, address: "siem.example:6514", serverName: other }
- { name: g, kind: syslog, address: "[::1]:601", transport: tcp }
- { name: h, kind: s3, bucket: audit, region: eu-central-1, accessKeyId: { env: A }, secretAccessKey: { file: /run/s } }
- { name: i, kind: s3, bucket: audit, region: x, endpoint: "https://s3.example/", prefix: a/b, kmsKey: k, lock: { mode: COMPLIANCE, days: 30 }, accessKeyId: { env: A }, secretAccessKey: { env: B } }
`;

  test('of every kind are taken, and what each would be declared as makes the same again', () => {
    const { items, problems } = load(ALL);
    assert.deepEqual(problems, []);
    for (const { export: one, secrets, boundTo } of items) {
      const shown = declareExport(JSON.stringify(one));
      const again = loadExports([{ value: { ...shown.item, ...secrets }, file: 'e.yaml', line: () => 1 }]);
      assert.deepEqual(again, { items: [{ export: one, secrets, boundTo }], problems: [] });
      assert.equal(shown.boundTo, boundTo);
      assert.ok(!JSON.stringify(one).includes('HOOK'), 'no secret stands in a declaration');
    }
    assert.deepEqual(
      items.map(({ export: one }) => (one.kind === 'file' ? [one.file, one.rotateBytes, one.keep] : one.kind)),
      [
        ['a.jsonl', 104_857_600, 10],
        ['b.log', 5_242_880, 0],
        'stdout',
        'webhook',
        'webhook',
        'syslog',
        'syslog',
        's3',
        's3',
      ],
    );
  });

  test('keep to themselves by default: no people, no statements, from the start of the log', () => {
    const [one] = load('- { name: a, kind: stdout }').items;
    assert.deepEqual(one?.export, {
      name: 'a',
      kind: 'stdout',
      enabled: true,
      format: 'ocsf',
      from: 'start',
      people: false,
      statements: false,
    });
  });

  const wrong: readonly (readonly [yaml: string, message: RegExp])[] = [
    ['- { name: A, kind: stdout }', /^name: 1 to 63 of a-z/],
    ['- { name: a, kind: udp }', /^kind: the kind is `file`, `stdout`/],
    ['- { name: a, kind: stdout, format: leef }', /^format: the format is/],
    ['- { name: a, kind: stdout, statements: all }', /^statements: `none` or `masked-text`/],
    ['- { name: a, kind: stdout, path: x }', /^export: Unrecognized key/],
    ['- { name: a, kind: file, file: ../x }', /^file: the name of a file, without a folder/],
    ['- { name: a, kind: file, file: /etc/passwd }', /^file: the name of a file/],
    [
      '- { name: a, kind: webhook, url: "http://siem.example/", secret: { env: A } }',
      /^url: the URL does not begin with https/,
    ],
    [
      '- { name: a, kind: webhook, url: "http://siem.example/", insecureLoopback: true, secret: { env: A } }',
      /^url: the URL does not begin/,
    ],
    [
      '- { name: a, kind: webhook, url: "https://u:p@siem.example/", secret: { env: A } }',
      /^url: the URL holds a user name/,
    ],
    ['- { name: a, kind: webhook, url: "https://siem.example/" }', /^secret: one of `value`, `env` and `file`/],
    [
      '- { name: a, kind: syslog, address: "siem.example:514", transport: udp }',
      /^transport: .*no `udp`, which loses events/,
    ],
    [
      '- { name: a, kind: syslog, address: "siem.example:601", transport: tcp }',
      /^transport: plain TCP goes to this machine itself alone/,
    ],
    ['- { name: a, kind: syslog, address: siem.example }', /^address: write host:port/],
    [
      '- { name: a, kind: s3, bucket: Audit, region: x, accessKeyId: { env: A }, secretAccessKey: { env: B } }',
      /^bucket: not the name of a bucket/,
    ],
    [
      '- { name: a, kind: s3, bucket: audit, region: x, endpoint: "http://s3.example", accessKeyId: { env: A }, secretAccessKey: { env: B } }',
      /^endpoint: /,
    ],
    ['- { name: a, kind: stdout }\n- { name: a, kind: stdout }', /^the export a is declared twice/],
  ];
  for (const [yaml, message] of wrong) {
    test(`are refused where ${message.source}: ${yaml.slice(0, 60)}`, () => {
      const [first] = messages(yaml);
      assert.match(first ?? '', message);
      assert.deepEqual(load(yaml).items, []);
    });
  }

  test('are so many at most', () => {
    const yaml = (count: number) =>
      Array.from({ length: count }, (_, at) => `- { name: e${at}, kind: stdout }`).join('\n');
    assert.deepEqual(messages(yaml(LIMITS.maxExports)), []);
    assert.deepEqual(messages(yaml(LIMITS.maxExports + 1)), ['there are more than 50 exports']);
  });

  test('have secrets that go where they were sealed for and nowhere else', () => {
    const bound = (yaml: string) => load(yaml).items[0]?.boundTo;
    const hook = '- { name: a, kind: webhook, url: "https://siem.example/x", secret: { env: A } }';
    assert.notEqual(bound(hook), bound(hook.replace('siem', 'evil')));
    const s3 =
      '- { name: a, kind: s3, bucket: audit, region: x, endpoint: "https://s3.example", accessKeyId: { env: A }, secretAccessKey: { env: B } }';
    assert.notEqual(bound(s3), bound(s3.replace('s3.example', 'evil.example')));
    assert.notEqual(bound(s3), bound(s3.replace('audit', 'other')));
  });
});
