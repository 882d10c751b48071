/** OpenSSH's sftp and scp, rsync and git do with and without the gateway the same, and leave the same files behind. */
import assert from 'node:assert/strict';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type SshGateway, startSshGateway } from '../support/ssh-gateway.ts';
import { type SshServer, sshTarget, startSshServer } from '../support/ssh-server.ts';
import {
  directWay,
  gatewayWay,
  runLines,
  type SshWay,
  treeOf,
  type Workplace,
  workplace,
} from '../support/ssh-ways.ts';

/** Some files of each kind, the same each time: empty, of one byte, large, with names that need care. */
async function fill(folder: string): Promise<void> {
  await writeFile(join(folder, 'empty'), '');
  await writeFile(join(folder, 'one.txt'), 'x');
  await writeFile(join(folder, 'text.txt'), 'a line\nanother line\n', { mode: 0o640 });
  await writeFile(
    join(folder, 'large.bin'),
    Buffer.from(Array.from({ length: 700_000 }, (_, at) => (at * 7919) % 251)),
  );
  await writeFile(join(folder, 'ein Ümlaut.txt'), 'ü\n');
  await mkdir(join(folder, 'tree/deep/deeper'), { recursive: true });
  await writeFile(join(folder, 'tree/a'), 'a');
  await writeFile(join(folder, 'tree/deep/b'), 'b'.repeat(40_000));
  await writeFile(join(folder, 'tree/deep/deeper/c'), '');
  await symlink('one.txt', join(folder, 'link'));
}

const sftp = (commands: string): string => `sftp -q -F "$F" -b - shop <<END\n${commands}\nEND`;

/** Each is run in folders of its own; `$R` is filled, and so is the client's `up`. */
const CASES: Readonly<Record<string, string>> = {
  'sftp gets, puts and goes on where it stopped': sftp(
    [
      'cd $R',
      'get large.bin',
      'get -p text.txt',
      'put up/large.bin back.bin',
      '!head -c 1000 large.bin >part',
      'reget large.bin part',
      '-reput up/large.bin back.bin',
      '-get nothing',
      '-put up/empty $R/no/such',
    ].join('\n'),
  ),
  'sftp carries whole folders': sftp(
    ['get -r $R/tree got', 'put -r up/tree $R/put', 'get -a $R/one.txt again'].join('\n'),
  ),
  'sftp lists, renames and changes': sftp(
    [
      'cd $R',
      'ls -1',
      'ls -1 tree/deep',
      '-ls nothing',
      'mkdir new',
      'rename one.txt new/two.txt',
      'chmod 600 text.txt',
      'ln text.txt hard',
      'ln -s text.txt soft',
      'rm empty',
      '-rmdir tree',
      '-rmdir new',
      '-rename nothing x',
      'rm "ein Ümlaut.txt"',
      'pwd',
      'cd tree/../tree',
      'pwd',
    ].join('\n'),
  ),
  'sftp copies at the host': sftp('copy $R/large.bin $R/copied.bin'),
  'scp by SFTP':
    'scp -s -q -r -F "$F" shop:"$R/tree" got; scp -s -q -p -F "$F" up/large.bin up/text.txt shop:"$R"; echo $?; scp -s -q -F "$F" shop:"$R/no" .',
  'scp by its own protocol, from the host':
    'scp -O -q -F "$F" shop:"$R/large.bin" shop:"$R/empty" . && scp -O -q -p -r -F "$F" shop:"$R/tree" got; echo $?; scp -O -q -F "$F" shop:"$R/no" .',
  'scp by its own protocol, to the host':
    'scp -O -q -F "$F" up/large.bin up/empty up/one.txt shop:"$R/tree"; echo $?; scp -O -q -p -r -F "$F" up/tree shop:"$R/put"; echo $?; scp -O -q -F "$F" up/one.txt shop:"$R/no/such/folder"',
  'rsync either way':
    'rsync -a shop:"$R/tree" got && rsync -az --delete up/tree/ shop:"$R/tree" && rsync -a --link-dest="$R/tree" up/tree/ shop:"$R/linked"; echo $?; rsync -a shop:"$R/no" . 2>/dev/null',
  'git clones, pushes, deletes and forces': [
    'git init -q -b main --bare "$R/repo.git" && git clone -q shop:"$R/repo.git" one 2>/dev/null && cd one && echo 1 >a && git add a && git commit -qm one',
    'git tag v1 && git tag -a -m tagged v2 && git push -q --tags origin HEAD:main HEAD:refs/heads/side',
    'git clone -q shop:"$R/repo.git" ../two && cd ../two && git log --oneline',
    'echo 2 >a && git commit -qam two && git push -q && cd ../one && git pull -q --ff-only && git log --oneline',
    'git commit -q --amend -m other && git push -q 2>/dev/null; echo $?; git push -q --force; echo $?',
    'git push -q origin --delete side v1; git push -q --atomic origin HEAD:x HEAD:y; git ls-remote | sort',
    'git submodule --quiet add -b main shop:"$R/repo.git" sub && git submodule status | cut -c2-41; rm .gitmodules; git archive --remote=shop:"$R/repo.git" main | tar t; git clone -q shop:"$R/none.git" ../three; echo $?',
  ].join('\n'),
};

describe('files over SSH', () => {
  let server: SshServer;
  let gateway: SshGateway;
  let ways: { readonly direct: SshWay; readonly through: SshWay };

  before(async () => {
    server = await startSshServer();
    gateway = await startSshGateway({ targets: [sshTarget(server)] });
    ways = { direct: await directWay(server), through: await gatewayWay(gateway) };
  });
  after(async () => {
    await gateway?.[Symbol.asyncDispose]();
    await server?.[Symbol.asyncDispose]();
  });

  async function outcome(way: SshWay, lines: string): Promise<unknown> {
    await using place: Workplace = await workplace();
    await fill(place.remote);
    await mkdir(join(place.local, 'up'));
    await fill(join(place.local, 'up'));
    const said = await runLines(way, place, lines);
    return { said, local: await treeOf(place.local), remote: await treeOf(place.remote) };
  }

  for (const [what, lines] of Object.entries(CASES)) {
    test(what, async () => {
      const before = gateway.faults.length;
      const [through, direct] = await Promise.all([outcome(ways.through, lines), outcome(ways.direct, lines)]);
      assert.deepEqual(through, direct);
      assert.deepEqual(gateway.faults.slice(before), []);
    });
  }
});
