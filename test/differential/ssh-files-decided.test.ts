/** What is asked of files and refs over SSH is decided one by one, held one by one, and shows nothing that is masked. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Client, type SFTPWrapper } from 'ssh2';
import { readSshFrames } from '../../src/model/ssh-frames.ts';
import type { Policy } from '../../src/policy/policy.ts';
import { FakeApprovals } from '../support/fake-approvals.ts';
import { PERMIT_ALL } from '../support/gateway.ts';
import { type Recorded, recorded } from '../support/recorded.ts';
import { Relay } from '../support/relay.ts';
import { clientFiles, type SshGateway, startSshGateway } from '../support/ssh-gateway.ts';
import { type SshServer, sshTarget, startSshServer } from '../support/ssh-server.ts';
import { gatewayWay, runLines, type Workplace, workplace } from '../support/ssh-ways.ts';
import { until } from '../support/until.ts';

let server: SshServer;
before(async () => {
  server = await startSshServer();
});
after(() => server?.[Symbol.asyncDispose]());

const open = (policies: readonly Policy[], approvals?: FakeApprovals): Promise<SshGateway> =>
  startSshGateway({ targets: [sshTarget(server)], policies, ...(approvals === undefined ? {} : { approvals }) });

const denied = (name: string, rule: Partial<Policy>): Policy => ({ ...PERMIT_ALL, name, effect: 'deny', ...rule });
const held = (name: string, rule: Partial<Policy>): Policy => ({
  ...PERMIT_ALL,
  name,
  ...rule,
  approve: { group: 'dba', quorum: 1, withinMs: 60_000, allowActor: false, measureRows: false, showText: false },
});

/** An SFTP session of ssh2's client, which asks several things at once and shows the text of a status. */
async function sftpOf(gateway: SshGateway): Promise<AsyncDisposable & { readonly sftp: SFTPWrapper }> {
  const { key } = await clientFiles(gateway);
  const client = new Client();
  const ready = once(client, 'ready');
  client.connect({ host: '127.0.0.1', port: gateway.port, username: '+shop', privateKey: key.pem });
  await ready;
  const sftp = await new Promise<SFTPWrapper>((resolve, reject) => {
    client.sftp((error, opened) => (error ? reject(error) : resolve(opened)));
  });
  return {
    sftp,
    [Symbol.asyncDispose]: async () => {
      const closed = once(client, 'close');
      client.end();
      await closed;
    },
  };
}

function asked<T = void>(ask: (done: (error: Error | null | undefined, value?: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) => ask((error, value) => (error ? reject(error) : resolve(value as T))));
}

const kinds = (all: readonly Recorded[], kind: string): readonly string[] =>
  all.filter(({ event }) => event.kind === kind).map(({ body }) => body.toString());

describe('files are decided one by one', () => {
  test('by path and use, links looked through, and what is refused leaves the rest working', async () => {
    await using place: Workplace = await workplace();
    const { remote } = place;
    await mkdir(join(remote, 'in'));
    await mkdir(join(remote, 'secret'));
    await writeFile(join(remote, 'secret/key'), 'hidden');
    await writeFile(join(remote, 'in/open'), 'shown');
    await symlink('../secret/key', join(remote, 'in/link'));
    await symlink('../secret', join(remote, 'in/folder'));
    await using gateway = await open([
      PERMIT_ALL,
      denied('no secrets', { ssh: { files: [{ path: `${remote}/secret/**` }] } }),
      denied('no changes', { operations: ['file-write', 'file-remove', 'file-rename'] }),
    ]);
    const way = await gatewayWay(gateway);
    const commands = [
      '-get $R/secret/key a',
      '-get $R/in/link b',
      '-get $R/in/folder/key c',
      '-get $R/in/../secret/key d',
      '-put gone $R/in/new',
      '-put f $R/in/new',
      '-rm $R/in/open',
      '-rename $R/in/open $R/in/other',
      'get $R/in/open e',
    ];
    await writeFile(join(place.local, 'f'), 'f');
    const said = await runLines(way, place, `sftp -q -F "$F" -b - shop <<END\n${commands.join('\n')}\nEND\nls`);
    assert.match(said, /chaperone: policy-denied: .*\(rule "no secrets"\)/);
    assert.match(said, /chaperone: policy-denied: .*\(rule "no changes"\)/);
    assert.match(said, /\ne\nf\n\[0\]$/);
    assert.equal(await readFile(join(remote, 'in/open'), 'utf8'), 'shown');
    const all = await recorded(gateway);
    const refused = all.filter(({ event }) => event.kind === 'refusal').map(({ event }) => event.refusal?.code);
    assert.equal(refused.length >= 7 && refused.every((code) => code === 'policy-denied'), true);
    assert.equal(
      kinds(all, 'request').includes(`stat "REMOTE/in/link" ("REMOTE/secret/key")`.replaceAll('REMOTE', remote)),
      true,
    );
    const read = all.find(({ event }) => event.kind === 'reply' && event.result?.tags?.[0] === 'read 5');
    const digest = createHash('sha256').update('shown').digest('hex');
    assert.deepEqual(read?.event.result?.tags, ['read 5', `read-sha256 ${digest}`]);
    const frames = readSshFrames(read?.body ?? Buffer.alloc(0));
    assert.deepEqual(
      frames.map((frame) => [frame.kind, Buffer.from(frame.bytes).toString()]),
      [['out', 'shown']],
    );
  });

  test('with all that is below a folder that gets another name, or a link', async () => {
    await using place: Workplace = await workplace();
    const { remote } = place;
    await mkdir(join(remote, 'secret/deep'), { recursive: true });
    await writeFile(join(remote, 'secret/deep/key'), 'hidden');
    await writeFile(join(remote, 'a'), 'a');
    await using gateway = await open([
      PERMIT_ALL,
      denied('no key', { ssh: { files: [{ path: `${remote}/secret/deep/key` }] } }),
    ]);
    const commands = [
      'rename $R/secret $R/open',
      'rename $R/secret/deep $R/open',
      'ln -s $R/secret $R/open',
      'ln -s secret $R/open',
    ];
    const lines = [...commands.map((command) => `-${command}`), 'rename $R/a $R/b', 'mkdir $R/c', 'rename $R/c $R/d'];
    const said = await runLines(
      await gatewayWay(gateway),
      place,
      `sftp -q -F "$F" -b - shop 2>&1 <<END | grep -c 'rule "no key"'\n${lines.join('\n')}\nEND\nls "$R"`,
    );
    assert.match(said, /^4\nb\nd\nsecret\n\[0\]$/);
    assert.deepEqual(gateway.faults, []);
  });

  test('of scp by its own protocol, in either direction', async () => {
    await using place: Workplace = await workplace();
    const { remote, local } = place;
    await mkdir(join(remote, 'tree'));
    for (const name of ['a', 'b.key', 'c']) {
      await writeFile(join(remote, 'tree', name), name);
      await writeFile(join(local, name), name);
    }
    await using gateway = await open([PERMIT_ALL, denied('no keys', { ssh: { files: [{ path: '**/*.key' }] } })]);
    const lines = [
      'scp -O -q -r -F "$F" shop:"$R/tree" got; echo $?; ls got',
      'mkdir "$R/up"; scp -O -q -F "$F" a b.key c shop:"$R/up"; echo $?; ls "$R/up"',
    ];
    const said = await runLines(await gatewayWay(gateway), place, lines.join('\n'));
    const refused = 'chaperone: policy-denied: .*\\(rule "no keys"\\)';
    assert.match(said, new RegExp(`^${refused}\n1\na\nc\n${refused}\n1\na\nc\n\\[0\\]$`));
    assert.deepEqual(gateway.faults, []);
  });

  test('of rsync, by what its words say', async () => {
    await using place: Workplace = await workplace();
    await writeFile(join(place.local, 'a'), 'a');
    await using gateway = await open([
      PERMIT_ALL,
      denied('nothing goes', { ssh: { files: [{ path: '**', uses: ['remove'] }] } }),
    ]);
    const lines = 'rsync -a a shop:"$R/"; echo $?; rsync -a --delete ./ shop:"$R/" 2>&1 | head -1; ls "$R"';
    const said = await runLines(await gatewayWay(gateway), place, lines);
    assert.match(said, /^0\nchaperone: policy-denied: .*\(rule "nothing goes"\)\na\n\[0\]$/);
  });
});

describe('files are held one by one', () => {
  test('while others of the session go on, and each for itself', async () => {
    await using place: Workplace = await workplace();
    const { remote } = place;
    for (const name of ['a', 'b', 'c']) await writeFile(join(remote, name), name);
    const people = new FakeApprovals();
    await using gateway = await open(
      [PERMIT_ALL, held('ask before removing', { operations: ['file-remove'] })],
      people,
    );
    await using session = await sftpOf(gateway);
    const { sftp } = session;
    const first = asked((done) => sftp.unlink(join(remote, 'a'), done));
    const second = asked((done) => sftp.unlink(join(remote, 'b'), done));
    // Of what is about to be removed nobody can say what will be there.
    const behind = asked<Buffer>((done) => sftp.readFile(join(remote, 'a'), done));
    const [one, two] = [await people.nth(0), await people.nth(1)];
    assert.equal((await asked<Buffer>((done) => sftp.readFile(join(remote, 'c'), done))).toString(), 'c');
    assert.deepEqual([one.text, two.text].toSorted(), [`remove "${remote}/a"`, `remove "${remote}/b"`]);
    const [ofA, ofB] = one.text.endsWith('a"') ? [one, two] : [two, one];
    ofB.deny('no');
    await assert.rejects(second, /approval-denied/);
    ofA.approve();
    await first;
    await assert.rejects(behind, /No such file/);
    assert.equal(await readFile(join(remote, 'b'), 'utf8'), 'b');
    assert.deepEqual(gateway.faults, []);
  });
});

describe('what is under way', () => {
  test('is never done where its client left while it was held', async () => {
    await using place: Workplace = await workplace();
    const path = join(place.remote, 'kept');
    await writeFile(path, 'kept');
    const people = new FakeApprovals();
    await using gateway = await open(
      [PERMIT_ALL, held('ask before removing', { operations: ['file-remove'] })],
      people,
    );
    {
      await using session = await sftpOf(gateway);
      session.sftp.unlink(path, () => undefined);
      await people.nth(0);
    }
    await until(() => Promise.resolve(gateway.live.size === 0));
    people.asked[0]?.approve();
    const all = await recorded(gateway);
    const refused = all.filter(({ event }) => event.kind === 'refusal').map(({ event }) => event.refusal?.code);
    assert.deepEqual(refused, ['approval-cancelled']);
    assert.equal(await readFile(path, 'utf8'), 'kept');
  });

  test('breaks off where the host is lost in the middle of a file, and is a failure on record', async () => {
    await using place: Workplace = await workplace();
    const path = join(place.remote, 'large');
    const content = Buffer.alloc(3_000_000, 'x');
    await writeFile(path, content);
    await using relay = await Relay.before(server);
    const targets = [sshTarget(server, { address: { host: '127.0.0.1', port: relay.port } })];
    await using gateway = await startSshGateway({ targets });
    await using session = await sftpOf(gateway);
    const { sftp } = session;
    const closed = once(sftp, 'close');
    relay.cutAfterBytes = 500_000;
    let read = 0;
    const reading = sftp.createReadStream(path);
    reading.on('data', (piece: Buffer) => (read += piece.length));
    reading.on('error', () => undefined);
    await closed;
    assert.equal(read < content.length, true);
    await until(() => Promise.resolve(gateway.live.size === 0));
    const replies = (await recorded(gateway)).filter(({ event }) => event.kind === 'reply');
    const last = replies.map(({ event }) => event.result?.status).at(-1);
    assert.notEqual(last, 'ok');
    relay.cutAfterBytes = 500_000;
    await runLines(await gatewayWay(gateway), place, 'scp -q -O -F $F shop:$R/large got');
    relay.cutAfterBytes = Number.POSITIVE_INFINITY;
    await until(() => Promise.resolve(gateway.live.size === 0));
    // Of the file, and of scp itself.
    const more = (await recorded(gateway)).filter(({ event }) => event.kind === 'reply').slice(replies.length);
    assert.deepEqual(
      more.map(({ event }) => event.result?.code),
      ['upstream-closed', 'upstream-closed'],
    );
    await using again = await sftpOf(gateway);
    assert.equal((await asked<Buffer>((done) => again.sftp.readFile(path, done))).length, content.length);
  });
});

describe('what is limited', () => {
  test('is cut off in the middle of a file, and the session goes on', async () => {
    await using place: Workplace = await workplace();
    const { remote } = place;
    await writeFile(join(remote, 'large'), Buffer.alloc(600_000, 'x'));
    await writeFile(join(remote, 'small'), 'small');
    const limit: Policy['limit'] = [{ measure: 'bytes', most: 200_000, per: 'statement' }];
    await using gateway = await open([{ ...PERMIT_ALL, limit }]);
    await using session = await sftpOf(gateway);
    const { sftp } = session;
    await assert.rejects(
      asked((done) => sftp.readFile(join(remote, 'large'), (error) => done(error))),
      /budget-exceeded/,
    );
    assert.equal((await asked<Buffer>((done) => sftp.readFile(join(remote, 'small'), done))).toString(), 'small');
    const ends = (await recorded(gateway)).filter(({ event }) => event.result?.status === 'refused');
    assert.deepEqual(
      ends.map(({ event }) => event.refusal?.code),
      ['budget-exceeded'],
    );
    assert.deepEqual(gateway.faults, []);
  });
});

const CANARY = 'canary.lovelace@planted.example';

describe('what is masked', () => {
  test('is never read, however a file is', async () => {
    await using place: Workplace = await workplace();
    const { remote } = place;
    // At the borders of packets and of blocks, where the file begins and where it ends.
    const content = Buffer.alloc(300_000, 'x \n');
    for (const at of [0, 32_760, 65_520, 131_071, 262_140]) content.write(` ${CANARY} `, at);
    content.write(` ${CANARY}`, content.length - CANARY.length - 1);
    await writeFile(join(remote, 'plain'), content);
    await mkdir(join(remote, 'names'));
    await writeFile(join(remote, 'names', CANARY), '');
    await symlink(CANARY, join(remote, 'link'));
    await using gateway = await open([{ ...PERMIT_ALL, mask: ['email'] }]);
    const lines = [
      'sftp -q -F "$F" -b - shop <<END\nget $R/plain a\n!head -c 32770 a >part\nget -a $R/plain part\nls -l $R/names\nEND',
      'scp -s -q -F "$F" shop:"$R/plain" b; scp -O -q -F "$F" shop:"$R/plain" c; ssh -F "$F" shop cat "$R/plain" >d',
      'scp -O -q -F "$F" a shop:"$R/sent"; echo "sent $?"; scp -O -q -F "$F" a shop:"$R/none/sent"; echo "not sent $?"',
      'rsync -a shop:"$R/plain" e; git init -q --bare "$R/repo.git"; git clone -q shop:"$R/repo.git" f',
      'for f in a b c part; do wc -c <$f; cmp $f a; done; cat a d',
    ].join('\n');
    const said = await runLines(await gatewayWay(gateway), place, lines);
    assert.equal(said.includes('lovelace'), false);
    assert.match(said, /300000\n300000\n300000\n300000\n/);
    assert.match(said, /sent 0\n/);
    assert.match(said, /none\/sent: No such file or directory\nnot sent 1\n/);
    assert.deepEqual(await readFile(join(remote, 'sent')), await readFile(join(place.local, 'a')));
    assert.match(said, /mask-impossible: .*rsync/);
    assert.match(said, /mask-impossible: .*git/);
    await using session = await sftpOf(gateway);
    const { sftp } = session;
    const handle = await asked<Buffer>((done) =>
      sftp.open(join(remote, 'plain'), 'r', (error, opened) => done(error, opened)),
    );
    const shown = await readFile(join(place.local, 'a'));
    for (const [at, length] of [
      [0, 10],
      [32_765, 9],
      [65_530, 40],
      [131_070, 5],
      [262_000, 30_000],
      [299_980, 100],
    ] as const) {
      const bytes = Buffer.alloc(length);
      const count = await asked<number>((done) =>
        sftp.read(handle, bytes, 0, length, at, (error, read) => done(error, read)),
      );
      assert.deepEqual(bytes.subarray(0, count), shown.subarray(at, at + length));
    }
    await assert.doesNotReject(asked((done) => sftp.close(handle, done)));
    const text = await asked<string>((done) => sftp.readlink(join(remote, 'link'), done));
    assert.equal(text, '[redacted]');
    for (const { event, body } of await recorded(gateway)) {
      assert.equal(event.kind === 'request' || !body.includes('lovelace'), true, event.kind);
    }
    assert.deepEqual(gateway.faults, []);
  });
});

describe('pushes', () => {
  test('to a protected ref are refused beside it, others are held, and what is approved is pushed', async () => {
    await using place: Workplace = await workplace();
    const people = new FakeApprovals();
    people.onAsked = (approval) =>
      approval.text.includes('release') ? approval.approve() : approval.deny('not today');
    await using gateway = await open(
      [
        PERMIT_ALL,
        denied('main is protected', { ssh: { refs: [{ name: 'refs/heads/main' }] } }),
        held('ask for tags and releases', {
          ssh: { refs: [{ name: 'refs/tags/**' }, { name: 'refs/heads/release' }] },
        }),
      ],
      people,
    );
    const lines = [
      'git init -q --bare "$R/repo.git" && git clone -q shop:"$R/repo.git" one 2>/dev/null && cd one',
      'head -c 3000000 /dev/urandom >large && git add . && git commit -qm one && git tag v1',
      'git push origin HEAD:main; echo $?',
      'git push -q origin HEAD:side HEAD:main 2>/dev/null; echo $?',
      'git push -q origin HEAD:side; echo $?; git push -q origin v1 2>&1 | grep -v "^remote: chaperone: waits"; git push -q origin HEAD:release 2>/dev/null; echo $?',
      'git push -q origin :side; echo $?; git -C "$R/repo.git" for-each-ref --format="%(refname)"; git ls-remote . >/dev/null',
    ].join('\n');
    const said = await runLines(await gatewayWay(gateway), place, lines);
    assert.match(said, /remote: chaperone: policy-denied: .*\(rule "main is protected"\)/);
    assert.match(said, /! \[remote rejected\] HEAD -> main \(policy-denied: /);
    assert.match(said, /! \[remote rejected\] v1 -> v1 \(approval-denied: /);
    assert.match(said, /\n0\nrefs\/heads\/release\n\[0\]$/);
    const requests = kinds(await recorded(gateway), 'request');
    assert.equal(
      requests.some((text) => /^git push ".*repo\.git"\ncreate refs\/heads\/main at [\da-f]{40}$/.test(text)),
      true,
    );
    assert.equal(
      requests.some((text) => /\ndelete refs\/heads\/side, which is at [\da-f]{40}$/.test(text)),
      true,
    );
    assert.deepEqual(gateway.faults, []);
  });
});
