import assert from 'node:assert/strict';
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { logGroup } from './log-groups.ts';
import type { SummaryFacts } from './summary-facts.ts';
import { type SummaryPlace, writeSummary } from './write-summary.ts';

const FACTS: SummaryFacts = {
  runId: 'run_1',
  runUrl: 'https://gw.test/runs/run_1',
  display: 'acme/shop',
  demo: false,
  targets: ['shop'],
  exitStatus: 0,
  coverage: { isolation: 'network', egress: 'enforced', hosts: [], environment: 'allow-list', minting: 'hidden' },
  warnings: [],
};
const HEAD = '### Chaperone: [run&#95;1](<https://gw.test/runs/run_1>)';

describe('where a summary goes', () => {
  let directory: string;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'chaperone-summary-'));
  });
  after(() => rm(directory, { recursive: true }));

  const written = async (env: NodeJS.ProcessEnv, more: Partial<SummaryPlace> = {}, facts = FACTS) => {
    let said = '';
    await writeSummary(facts, {
      env,
      always: false,
      nowMs: () => 1_700_000_000_000,
      say: (text) => {
        said += text;
      },
      signal: AbortSignal.timeout(10_000),
      ...more,
    });
    return said;
  };

  test('is the step’s own file in GitHub Actions, behind what stands there', async () => {
    const file = join(directory, 'github.md');
    await writeFile(file, 'of another step');
    assert.equal(await written({ GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: file }), '');
    assert.ok((await readFile(file, 'utf8')).startsWith(`of another step\n${HEAD}`));
  });

  test('is not GitHub’s file where it would make that too large to be shown', async () => {
    const file = join(directory, 'full.md');
    await writeFile(file, 'x'.repeat(999_900));
    const said = await written({ GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: file });
    assert.match(said, /the job summary could not be written: the step’s summary is full/);
    assert.equal((await stat(file)).size, 999_900);
  });

  test('is a folded section and a file in GitLab', async () => {
    const said = await written({ GITLAB_CI: 'true', CI_PROJECT_DIR: directory });
    const section = 'chaperone_summary_run_1';
    assert.ok(
      said.startsWith(
        `section_start:1700000000:${section}[collapsed=true]\r\u001b[0KChaperone: run run_1\nchaperone: run run_1  https://`,
      ),
    );
    assert.ok(said.endsWith(`section_end:1700000000:${section}\r\u001b[0K\n`));
    assert.ok((await readFile(join(directory, 'chaperone-summary.md'), 'utf8')).startsWith(HEAD));
  });

  test('is an annotation of the build in Buildkite', async () => {
    const [agent, kept] = [join(directory, 'buildkite-agent'), join(directory, 'annotation')];
    await writeFile(agent, `#!/bin/sh\n{ echo "$*"; cat; } > '${kept}'\n`);
    await chmod(agent, 0o755);
    const env = { BUILDKITE: 'true', PATH: `${directory}:/usr/bin:/bin` };
    assert.equal(await written(env), '');
    assert.ok((await readFile(kept, 'utf8')).startsWith(`annotate --style info --context chaperone-run_1\n${HEAD}`));
    await written(env, {}, { ...FACTS, warnings: ['look'] });
    assert.ok((await readFile(kept, 'utf8')).startsWith('annotate --style warning '));
    assert.match(
      await written({ BUILDKITE: 'true', PATH: '/nowhere' }),
      /the annotation could not be written: buildkite-agent is not installed/,
    );
  });

  test('is the log elsewhere, and at a terminal only what must be known', async () => {
    assert.match(await written({ CIRCLECI: 'true' }), /^chaperone: run run_1 /);
    assert.equal(await written({}), '');
    assert.match(
      await written({}, { always: true }),
      /coverage: What went through the gateway is recorded\. The command had no other network\./,
    );
    assert.match(
      await written({}, {}, { ...FACTS, warnings: ['the hook did not fire'] }),
      /warning: the hook did not fire/,
    );
  });

  test('is a file of one’s own as well where one is named', async () => {
    const file = join(directory, 'own.md');
    await written({}, { file });
    assert.ok((await readFile(file, 'utf8')).startsWith(HEAD));
    const said = await written({}, { file: join(directory, 'no', 'such', 'folder.md') });
    assert.match(said, /the summary could not be written: ENOENT/);
  });
});

test('a log folds what a command prints, and GitHub takes none of it for a command', () => {
  const group = (system: Parameters<typeof logGroup>[0]['system'], commandsAllowed = false) => {
    const made = logGroup({
      system,
      title: 'psql ##[x]\n::y',
      nowMs: () => 1_700_000_000_000,
      randomHex: (bytes) => 'ab'.repeat(bytes),
      commandsAllowed,
    });
    return [made.opening, made.closing];
  };
  const title = 'psql # #[x]\\n::y';
  const stop = 'ab'.repeat(16);
  assert.deepEqual(group('github'), [`::group::${title}\n::stop-commands::${stop}\n`, `::${stop}::\n::endgroup::\n`]);
  assert.deepEqual(group('github', true), [`::group::${title}\n`, '::endgroup::\n']);
  assert.deepEqual(group('gitlab'), [
    `section_start:1700000000:chaperone_abababab\r\u001b[0K${title}\n`,
    'section_end:1700000000:chaperone_abababab\r\u001b[0K\n',
  ]);
  assert.deepEqual(group('buildkite'), [`+++ ${title}\n`, '--- chaperone\n']);
  assert.deepEqual(group('azure-devops'), [`##[group]${title}\n`, '##[endgroup]\n']);
  assert.deepEqual(group('none'), ['', '']);
});
