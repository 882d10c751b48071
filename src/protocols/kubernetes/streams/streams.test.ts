import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { FakeApprovals } from '../../../../test/support/fake-approvals.ts';
import { PERMIT_ALL } from '../../../../test/support/gateway.ts';
import { type ClusterGateway, startClusterGateway } from '../../../../test/support/kubernetes/cluster-gateway.ts';
import { recorded } from '../../../../test/support/recorded.ts';
import { until as settled } from '../../../../test/support/until.ts';
import { readChannelRecords } from '../../../model/channel-record.ts';

/** Somebody of a group is asked. */
const ASKING = {
  group: 'dba',
  quorum: 1,
  withinMs: 60_000,
  allowActor: false,
  measureRows: false,
  showText: false,
} as const;
const EVERY = [
  'v5.channel.k8s.io',
  'v4.channel.k8s.io',
  'v4.base64.channel.k8s.io',
  'channel.k8s.io',
  'spdy v4.channel.k8s.io',
  'spdy channel.k8s.io',
] as const;
const CANARY = 'ada.canary@example.com';

describe('a command in a pod', () => {
  let it: ClusterGateway;
  before(async () => {
    it = await startClusterGateway({ double: { environment: { MAIL: CANARY } } });
  });
  after(() => it[Symbol.asyncDispose]());

  for (const protocol of EVERY) {
    test(`says what it says over ${protocol}, and how it ended`, async () => {
      await using client = await it.exec(protocol, ['sh', '-c', 'echo out; echo err >&2; exit 3']);
      await client.ended;
      assert.deepEqual([client.text('stdout'), client.text('stderr')], ['out\n', 'err\n']);
      assert.match(client.text('error'), /exit status 3/);
    });
  }

  for (const protocol of ['v5.channel.k8s.io', 'spdy v4.channel.k8s.io']) {
    test(`reads what is typed until its end, over ${protocol}`, async () => {
      await using client = await it.exec(protocol, ['tr', 'a-z', 'A-Z'], 'stdin=true&stdout=true');
      client.data('stdin', 'hello\n');
      client.end('stdin');
      await client.ended;
      assert.equal(client.text('stdout'), 'HELLO\n');
      assert.match(client.text('error'), /"status":"Success"/);
    });
  }

  test('is on record with its channels and their times, and with its exit status', async () => {
    await using own = await startClusterGateway();
    await using client = await own.exec(
      'v4.channel.k8s.io',
      ['sh', '-c', 'read x; echo got $x; exit 7'],
      'stdin=true&stdout=true',
    );
    client.data('stdin', 'typed\n');
    await client.ended;
    const kept = await recorded(own.gateway);
    const input = kept.filter(({ event }) => event.kind === 'input').map(({ body }) => body);
    const [typed] = readChannelRecords(Buffer.concat(input)).records;
    assert.deepEqual([typed?.channel, Buffer.from(typed?.bytes ?? []).toString()], ['stdin', 'typed\n']);
    const reply = kept.find(({ event }) => event.kind === 'reply');
    const body = reply?.body ?? Buffer.alloc(0);
    const { records } = readChannelRecords(body.subarray(body.indexOf('\r\n\r\n') + 4));
    const told = records.map(
      ({ channel, event, bytes }) => `${channel} ${event} ${Buffer.from(bytes).toString().slice(0, 20)}`,
    );
    assert.deepEqual(told.slice(0, 2), ['stdout data got typed\n', 'error data {"metadata":{},"stat']);
    assert.deepEqual([reply?.event.result?.status, reply?.event.result?.code], ['error', '7']);
  });

  test('is heard by a server that knows the older of what the client offers', async () => {
    await using own = await startClusterGateway({ double: { takes: (name) => name === 'v4.channel.k8s.io' } });
    const socket = connect({ host: '127.0.0.1', port: own.gateway.port });
    try {
      const key = 'sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-version: 13';
      const offered = 'v5.channel.k8s.io,v4.channel.k8s.io,v3.channel.k8s.io,v2.channel.k8s.io,channel.k8s.io';
      socket.write(
        `GET /t/prod/api/v1/namespaces/default/pods/web/exec?command=true&stdout=true HTTP/1.1\r\nhost: localhost\r\n` +
          `authorization: ${own.authorization}\r\nconnection: Upgrade\r\nupgrade: websocket\r\n${key}\r\nsec-websocket-protocol: ${offered}\r\n\r\n`,
      );
      const [answer] = (await once(socket, 'data')) as [Buffer];
      assert.match(String(answer), /^HTTP\/1\.1 101 [\s\S]*sec-websocket-protocol: v4\.channel\.k8s\.io\r\n/i);
    } finally {
      socket.destroy();
    }
  });

  test('that cannot be started says so as the server says it', async () => {
    await using client = await it.exec('v5.channel.k8s.io', ['no-such-program']);
    await client.ended;
    assert.match(client.text('error'), /ENOENT.*InternalError/);
  });

  test('is ended by a message that cannot be read, whichever protocol it is in', async () => {
    for (const protocol of ['v5.channel.k8s.io', 'spdy v4.channel.k8s.io']) {
      await using client = await it.exec(protocol, ['cat'], 'stdin=true&stdout=true');
      client.data('stdin', 'x\n');
      await client.until(() => client.text('stdout') === 'x\n');
      client.socket.write(Buffer.from('ffffffffffffffffffff', 'hex'));
      await client.ended;
      assert.equal(client.text('stdout'), 'x\n');
    }
  });

  test('has many at once, each by itself', async () => {
    const texts = Array.from({ length: 30 }, (_, at) => `number ${at}`);
    const said = await Promise.all(
      texts.map(async (text, at) => {
        await using client = await it.exec(EVERY[at % EVERY.length] ?? EVERY[0], ['echo', text]);
        await client.ended;
        return client.text('stdout');
      }),
    );
    assert.deepEqual(
      said,
      texts.map((text) => `${text}\n`),
    );
  });

  test('whose server dies in the middle ends, and the record says so', async () => {
    await using own = await startClusterGateway();
    await using client = await own.exec('v5.channel.k8s.io', ['sh', '-c', 'echo begun; exec sleep 60']);
    await client.until(() => client.text('stdout') === 'begun\n');
    own.cluster.die();
    await client.ended;
    let kept = await recorded(own.gateway);
    while (!kept.some(({ event }) => event.kind === 'session.close')) kept = await recorded(own.gateway);
    assert.ok(
      kept.some(({ event }) => event.kind === 'reply' && event.result?.status !== 'ok'),
      'it did not end well',
    );
  });
});

describe('rules about a command in a pod', () => {
  test('decide its programs, and what is refused never runs', async () => {
    const deny = {
      ...PERMIT_ALL,
      name: 'no reading of tokens',
      effect: 'deny',
      kubernetes: { commands: { programs: ['cat'] } },
    } as const;
    await using it = await startClusterGateway({ policies: [PERMIT_ALL, deny] });
    for (const protocol of EVERY) {
      for (const words of [
        ['cat', '/etc/hostname'],
        ['sh', '-c', 'true; cat /etc/hostname'],
        ['env', 'A=b', 'cat'],
      ]) {
        await using client = await it.exec(protocol, words);
        assert.match(
          client.answer,
          /^HTTP\/1\.1 403 [\s\S]*"kind":"Status"[\s\S]*no reading of tokens/,
          words.join(' '),
        );
      }
    }
    assert.deepEqual(it.cluster.done, []);
    await using client = await it.exec('v5.channel.k8s.io', ['echo', 'yes']);
    await client.ended;
    assert.equal(client.text('stdout'), 'yes\n');
  });

  test('say create, whichever method asked for it', async () => {
    const deny = {
      ...PERMIT_ALL,
      name: 'no exec',
      effect: 'deny',
      kubernetes: { verbs: ['create'], resources: ['pods/exec'] },
    } as const;
    await using it = await startClusterGateway({ policies: [PERMIT_ALL, deny] });
    for (const protocol of EVERY) {
      await using client = await it.exec(protocol, ['true']);
      assert.match(client.answer, /^HTTP\/1\.1 403 /, protocol);
    }
  });

  test('cannot be gone round by a token of the client’s own among the protocols of a WebSocket', async () => {
    await using it = await startClusterGateway();
    for (const path of ['exec?command=true&stdout=true', 'proxy/socket']) {
      const socket = connect({ host: '127.0.0.1', port: it.gateway.port });
      const key = 'sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-version: 13';
      const offered = 'v4.channel.k8s.io, base64url.bearer.authorization.k8s.io.YW5vdGhlcg';
      socket.write(
        `GET /t/prod/api/v1/namespaces/default/pods/web/${path} HTTP/1.1\r\nhost: localhost\r\nauthorization: ${it.authorization}\r\n` +
          `connection: Upgrade\r\nupgrade: websocket\r\n${key}\r\nsec-websocket-protocol: ${offered}\r\n\r\n`,
      );
      const [answer] = (await once(socket, 'data')) as [Buffer];
      assert.match(String(answer), /^HTTP\/1\.1 403 [\s\S]*says who asks/);
      socket.destroy();
    }
    assert.deepEqual(it.cluster.done, []);
  });

  test('cannot be gone round by an upgrade that is no stream', async () => {
    await using it = await startClusterGateway();
    for (const path of ['../../secrets?watch=1', 'log?follow=true', 'exec/extra']) {
      await using client = it.stream({ protocol: 'v4.channel.k8s.io', path });
      await client.until(() => client.answer.includes('\r\n\r\n'));
      assert.match(client.answer, /^HTTP\/1\.1 4\d\d /, path);
    }
  });
});

describe('streams that wait for people', () => {
  const HELD = { ...PERMIT_ALL, name: 'people are asked', approve: ASKING };

  for (const protocol of ['v5.channel.k8s.io', 'spdy v4.channel.k8s.io']) {
    test(`run over ${protocol} once people have said yes, and never where they said no`, async () => {
      const approvals = new FakeApprovals();
      await using it = await startClusterGateway({ policies: [HELD], approvals });
      const coming = it.exec(protocol, ['echo', 'one']);
      await settled(() => Promise.resolve(approvals.asked.length === 1));
      assert.deepEqual(it.cluster.done, []);
      approvals.asked[0]?.approve();
      await using client = await coming;
      await client.ended;
      assert.equal(client.text('stdout'), 'one\n');
      const refused = it.exec(protocol, ['echo', 'two']);
      await settled(() => Promise.resolve(approvals.asked.length === 2));
      approvals.asked[1]?.deny();
      await using other = await refused;
      assert.match(other.answer, /^HTTP\/1\.1 403 [\s\S]*"kind":"Status"/);
      assert.deepEqual(it.cluster.done, ['exec echo one']);
    });
  }

  test('hold a port with its first connection', async () => {
    const approvals = new FakeApprovals();
    await using it = await startClusterGateway({ policies: [HELD], approvals });
    await using client = it.stream({ protocol: 'spdy portforward.k8s.io', path: 'portforward', use: 'forward' });
    await client.until(() => client.answer.startsWith('HTTP/1.1 101'));
    client.open('error:1', 'streamtype: error\nport: 9\nrequestid: 0\n');
    await settled(() => Promise.resolve(approvals.asked.length === 1));
    approvals.asked[0]?.deny();
    await client.ended;
    assert.match(client.text('error:1'), /refused by Chaperone/);
    assert.deepEqual(it.cluster.done, []);
  });
});

describe('masks of a command in a pod', () => {
  let it: ClusterGateway;
  before(async () => {
    const policies = [{ ...PERMIT_ALL, mask: ['email', 'secret'] }];
    it = await startClusterGateway({ policies, double: { environment: { MAIL: CANARY } } });
  });
  after(() => it[Symbol.asyncDispose]());

  for (const protocol of EVERY) {
    test(`find what is looked for in its output and its errors, over ${protocol}`, async () => {
      await using client = await it.exec(protocol, ['sh', '-c', 'env; echo "$MAIL" >&2; printf %s "$MAIL"; exit 1']);
      await client.ended;
      const told = ['stdout', 'stderr', 'error'].map((channel) => client.text(channel)).join('');
      assert.match(told, /MAIL=\[redacted/);
      assert.ok(!told.includes('ada.canary'), told);
    });
  }

  test('find what comes in pieces, and keep it off the record', async () => {
    const policies = [{ ...PERMIT_ALL, mask: ['email', 'secret'] }];
    await using own = await startClusterGateway({ policies });
    const slow = 'printf "to ada.can"; sleep 0.02; printf "ary@exam"; sleep 0.02; echo "ple.com, and on"';
    await using client = await own.exec('v5.channel.k8s.io', ['sh', '-c', slow.replaceAll('ada', 'a"da"')]);
    await client.ended;
    assert.match(client.text('stdout'), /^to \[redacted.*\], and on\n$/);
    const kept = (await recorded(own.gateway)).filter(({ event }) => event.kind === 'reply');
    assert.ok(!Buffer.concat(kept.map(({ body }) => body)).includes('ada.canary'));
  });

  test('let a prompt through that waits for an answer', async () => {
    await using client = await it.exec(
      'v5.channel.k8s.io',
      ['sh', '-c', 'printf "name? "; read x; echo "hi $x"'],
      'stdin=true&stdout=true',
    );
    await client.until(() => client.text('stdout').startsWith('name?'));
    client.data('stdin', 'bob\n');
    await client.ended;
    assert.equal(client.text('stdout'), 'name? hi bob\n');
  });

  test('keep the length of what stands in an archive', async () => {
    const script =
      'cd "$(mktemp -d)"; for i in 1 2 3; do echo "mail $MAIL $i"; done > a; head -c 20000 /dev/zero > b; tar cf - a b';
    await using client = await it.exec('v4.channel.k8s.io', ['sh', '-c', script]);
    await client.ended;
    const archive = Buffer.concat(
      client.pieces.filter(({ channel }) => channel === 'stdout').map(({ bytes }) => bytes),
    );
    assert.equal(archive.length % 512, 0);
    assert.equal(archive.toString('latin1', 512, 512 + 35), 'mail [redacted************] 1\nmail ');
    assert.ok(!archive.includes('ada.canary'));
  });
});

describe('a port of a pod', () => {
  async function echo() {
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.on('data', (bytes) => socket.write(`echo ${String(bytes)}`));
      socket.on('end', () => socket.end());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    return { port, [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(() => resolve())) };
  }

  const TUNNEL = 'SPDY/3.1+portforward.k8s.io';
  for (const [protocol, takes] of [
    ['spdy portforward.k8s.io', () => true],
    [TUNNEL, () => true],
    [TUNNEL, (name: string) => name !== TUNNEL],
  ] as const) {
    const how = takes(TUNNEL) ? '' : ', to a cluster that knows no tunnel';
    test(`is connected to over ${protocol}${how}`, async () => {
      await using server = await echo();
      await using it = await startClusterGateway({ double: { takes } });
      await using client = it.stream({ protocol, path: 'portforward', use: 'forward' });
      await client.until(() => client.answer.startsWith('HTTP/1.1 101'));
      client.open('error:1', `streamtype: error\nport: ${server.port}\nrequestid: 0\n`);
      client.end('error:1');
      client.open('data:3', `streamtype: data\nport: ${server.port}\nrequestid: 0\n`);
      client.data('data:3', 'one');
      await client.until(() => client.text('data:3') === 'echo one');
      assert.deepEqual(it.cluster.done, [`portforward ${server.port}`]);
    });
  }

  test('is decided when it is asked for, and nothing of what is refused goes to the cluster', async () => {
    await using server = await echo();
    const ports = { kubernetes: { resources: ['pods/portforward'], ports: [String(server.port)] } };
    await using it = await startClusterGateway({ policies: [{ ...PERMIT_ALL, ...ports }] });
    await using denied = it.stream({ protocol: 'spdy portforward.k8s.io', path: 'portforward', use: 'forward' });
    await denied.until(() => denied.answer.startsWith('HTTP/1.1 101'));
    denied.open('error:1', 'streamtype: error\nport: 22\nrequestid: 0\n');
    await denied.ended;
    assert.match(denied.text('error:1'), /refused by Chaperone/);
    assert.deepEqual(it.cluster.done, []);
    await using client = it.stream({ protocol: 'spdy portforward.k8s.io', path: 'portforward', use: 'forward' });
    await client.until(() => client.answer.startsWith('HTTP/1.1 101'));
    client.open('error:1', `streamtype: error\nport: ${server.port}\nrequestid: 0\n`);
    client.open('data:3', `streamtype: data\nport: ${server.port}\nrequestid: 0\n`);
    client.data('data:3', 'one');
    await client.until(() => client.text('data:3') === 'echo one');
    client.open('error:5', 'streamtype: error\nport: 22\nrequestid: 1\n');
    client.open('data:7', 'streamtype: data\nport: 22\nrequestid: 1\n');
    await client.ended;
    assert.deepEqual(it.cluster.done, [`portforward ${server.port}`]);
  });

  test('that a WebSocket names in its address is connected to, and its number comes first', async () => {
    await using server = await echo();
    await using it = await startClusterGateway();
    const path = `portforward?ports=${server.port}`;
    await using client = it.stream({ protocol: 'v4.channel.k8s.io', path, use: 'forward', ports: [server.port] });
    await client.until(() => client.pieces.some(({ channel, bytes }) => channel === 'data:0' && bytes.length === 2));
    client.data('data:0', 'two');
    await client.until(() => client.text('data:0').endsWith('echo two'));
    assert.match(client.answer, /^HTTP\/1\.1 101 /);
  });

  test('is not forwarded where a rule masks what comes back', async () => {
    await using it = await startClusterGateway({ policies: [{ ...PERMIT_ALL, mask: ['email'] }] });
    await using client = it.stream({
      protocol: 'v4.channel.k8s.io',
      path: 'portforward?ports=80',
      use: 'forward',
      ports: [80],
    });
    await client.until(() => client.answer.includes('mask-impossible'));
    assert.deepEqual(it.cluster.done, []);
  });
});
