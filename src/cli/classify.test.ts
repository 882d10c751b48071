import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { startApi, type TestApi } from '../../test/support/api.ts';
import { ROOT } from '../../test/support/source-tree.ts';

const SQL = `
CREATE TABLE guests (id int, full_name text, contact text, note text, "e.mail" text, hostile text);
INSERT INTO guests SELECT i, 'Person ' || chr(64 + i), 'g' || i || '@example.com',
  CASE WHEN i % 3 = 0 THEN 'ask g' || i || '@example.com' ELSE 'nothing' END, 'x' || i || '@example.com', E'\\e[31m' || i
  FROM generate_series(1, 20) i;
CREATE ROLE reader LOGIN PASSWORD 'x'; CREATE TABLE hidden (email text);`;

describe('chaperone targets classify', () => {
  let api: TestApi;
  let folder: string;
  before(async () => {
    api = await startApi({ sql: SQL });
    folder = await mkdtemp(join(tmpdir(), 'classify-'));
  });
  after(async () => {
    await api?.[Symbol.asyncDispose]();
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  });

  /** The command as a person gives it; nobody is there to be asked. */
  const classify = (...args: readonly string[]) =>
    new Promise<{ readonly status: number; readonly stdout: string; readonly stderr: string }>((resolve) => {
      const command = [join(ROOT, 'src', 'main.ts'), 'targets', 'classify', 'people', ...args];
      const env = {
        CHAPERONE_URL: api.url,
        CHAPERONE_TOKEN_FILE: join(api.directory, 'admin-token'),
        CHAPERONE_CA_FILE: join(api.directory, 'tls', 'ca.crt'),
        NO_COLOR: '1',
        HOME: folder,
      };
      execFile(process.execPath, command, { env }, (error, stdout, stderr) =>
        resolve({ status: typeof error?.code === 'number' ? error.code : 0, stdout, stderr }),
      );
    });
  const textOf = async () =>
    String((await api.call('GET', '/v1/configuration/target/people', { auth: api.admin })).json['text']);

  test('a table says which columns, how surely, and why, and shows no value', async () => {
    const { status, stdout, stderr } = await classify();
    assert.equal(status, 0, stderr);
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.split(/ {2,}/));
    assert.deepEqual(lines, [
      ['COLUMN', 'CLASS', 'SURE', 'LOOKS LIKE', 'BECAUSE'],
      [
        'public.guests.full_name',
        'name',
        'high',
        'A*** A',
        'its name says “full name”; 20 of 20 sampled values are words',
      ],
      [
        'public.guests.contact',
        'email',
        'high',
        'a***@***.com',
        '20 of 20 sampled values are what the detector email finds',
      ],
      [
        'public.guests.note',
        'email',
        'low',
        'a*** a9***@a***.a***',
        '6 of 20 sampled values hold what the detector email finds, 0 are it',
      ],
      [
        'public.guests.e.mail',
        'email',
        'high',
        'a***@***.com',
        '20 of 20 sampled values are what the detector email finds; its name says “e mail”',
      ],
      ['public.hidden.email', 'email', 'low', 'its name says “email”; it has no values'],
    ]);
    assert.match(stderr, /^5 proposals, by 21 rows of 3 tables\.\nWhat was read: chaperone replay ses_\w{26}\n$/);
  });

  test('a file has what is sure enough as YAML, with its evidence', async () => {
    const file = join(folder, 'classes.yaml');
    const { status, stderr } = await classify('--output', file);
    assert.equal(status, 0, stderr);
    assert.match(stderr, /Left out, for its name has a dot in it: public\.guests\.e\.mail\nWrote 2 columns/);
    assert.equal(
      await readFile(file, 'utf8'),
      `classified:
  # high: its name says “full name”; 20 of 20 sampled values are words
  - column: public.guests.full_name
    class: name
  # high: 20 of 20 sampled values are what the detector email finds
  - column: public.guests.contact
    class: email
`,
    );
    assert.equal((await classify('--output', join(folder, 'no', 'such', 'folder'))).status, 78);
  });

  test('what is applied was shown first, and nobody there to ask is no yes', async () => {
    const before = await textOf();
    const asked = await classify('--apply');
    assert.deepEqual([asked.status, await textOf()], [64, before]);
    assert.match(
      asked.stdout,
      /~ update target people\n {4}\+ classified: .*"table":"guests","column":"contact","class":"email"/,
    );
    const applied = await classify('--apply', '--yes', '--least', 'high');
    assert.equal(applied.status, 0, applied.stderr);
    assert.match(applied.stderr, /Classified 2 columns of people\.\n$/);
    assert.match(await textOf(), /- column: public\.people\.email\n.*\n {6}- column: public\.guests\.full_name\n/);
    const again = await classify('--apply', '--yes', '--json');
    const { proposals } = JSON.parse(again.stdout) as { readonly proposals: readonly { readonly column: string }[] };
    assert.deepEqual(
      proposals.map(({ column }) => column),
      ['note', 'e.mail', 'email'],
    );
    assert.match(again.stderr, /Nothing would change\.\n$/);
  });

  test('columns that are classified already are shown where that is asked for', async () => {
    const { stdout } = await classify('--all');
    assert.match(stdout, /public\.people\.email +email \(is email\) +high/);
  });

  test('a confidence that there is none of is told with those that there are', async () => {
    const { status, stderr } = await classify('--least', 'certain');
    assert.equal(status, 64);
    assert.match(stderr, /low, medium, high/);
  });
});
