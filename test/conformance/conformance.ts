import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { inspect } from 'node:util';
import type { Policy } from '../../src/policy/policy.ts';
import { PERMIT_ALL, type TestGateway, type TestGatewayOptions } from '../support/gateway.ts';
import { kernelQueues } from '../support/kernel-queues.ts';
import { recorded } from '../support/recorded.ts';
import { Relay } from '../support/relay.ts';
import { until } from '../support/until.ts';
import { defineHeldRequests, NEEDS_APPROVAL } from './held-requests.ts';
import {
  type Conversation,
  grantLogin,
  LoginFailed,
  type ProtocolUnderTest,
  type RawRequest,
  type ServerUnderTest,
} from './protocol-under-test.ts';
import { within } from './waiting.ts';

const READ_AND_WRITE: Policy = { ...PERMIT_ALL, name: 'what is known', operations: ['any'] };
const NO_DROP: Policy = { name: 'no drop', principals: 'any', targets: 'any', operations: [], effect: 'deny' };
const MASKED: Policy = { ...PERMIT_ALL, name: 'masked', mask: ['email', 'secret'] };
const CLASSIFIED = [{ schema: 'public', table: 'customers', column: 'email', class: 'email' }] as const;

/** What the gateway itself may hold of a reply whose client does not read: a read buffer or two, and TLS's. */
const MOST_HELD_BYTES = 2 * 1024 * 1024;
const MOST_GROWTH_BYTES = 96 * 1024 * 1024;

/** The thirteen points that every protocol must pass, against its real server (ARCHITECTURE.md). */
export function defineConformance(protocol: ProtocolUnderTest): void {
  const { requests } = protocol;
  const { codes } = requests;
  /** Whether a reply that breaks off ends its connection. */
  const ends = protocol.breaksStreams !== true;

  describe(protocol.name, { concurrency: false }, () => {
    let server: ServerUnderTest;
    before(async () => {
      server = await protocol.startServer();
    });
    after(() => server?.[Symbol.asyncDispose]());

    const open = (options: Partial<TestGatewayOptions> = {}): Promise<TestGateway> =>
      protocol.startGateway({ targets: [server.target()], tls: protocol.tls, ...options });

    async function logIn(gateway: TestGateway): Promise<Conversation> {
      return protocol.logIn(await grantLogin(gateway));
    }

    /** Sends requests one after the other; every byte that came back, and what is said of each. */
    async function converse(conversation: Conversation, how: 'whole' | 'byte by byte' = 'whole'): Promise<string[]> {
      const said: string[] = [];
      for (const request of requests.conversation) {
        said.push(`${request.what}\n${legible((await conversation.ask(request, how)).bytes)}`);
      }
      return said;
    }

    async function directly(): Promise<string[]> {
      await using conversation = await protocol.logIn(server.direct);
      return await converse(conversation);
    }

    async function works(conversation: Conversation): Promise<void> {
      const { errors, closed } = await conversation.ask(requests.permitted);
      assert.deepEqual({ errors, closed }, { errors: [], closed: false }, 'the next request works');
    }

    test('1. a message split anywhere decodes the same, in both directions', async () => {
      const expected = await directly();
      await using relay = await Relay.before(server);
      await using gateway = await open({ targets: [server.target(addressOf(relay))] });
      await using conversation = await logIn(gateway);
      relay.trickle = true;
      assert.deepEqual(await converse(conversation, 'byte by byte'), expected);
    });

    test('2. nothing goes upstream before admission, and a refused claim is said natively', async () => {
      await using relay = await Relay.before(server);
      await using gateway = await open({ targets: [server.target(addressOf(relay))] });
      const good = await grantLogin(gateway);
      const revoked = await gateway.grant();
      gateway.revoke(revoked);
      const refused = async (changes: object): Promise<string> => {
        const error = await protocol.logIn({ ...good, ...changes }).then(
          () => assert.fail('the login was accepted'),
          (cause: unknown) => cause,
        );
        assert.ok(error instanceof LoginFailed, String(error));
        return error.code;
      };
      assert.equal(await refused({ password: 'wrong' }), codes.badClaim);
      assert.equal(await refused({ user: 'grt_nobody' }), codes.badClaim);
      assert.equal(await refused({ target: 'nothing' }), codes.noTarget);
      assert.notEqual(await refused({ user: revoked.user, password: revoked.password }), '');
      for (const request of requests.garbage.beforeLogin) {
        await using stranger = await protocol.connect({ host: good.host, port: good.port });
        stranger.send(request.bytes);
      }
      assert.deepEqual([relay.connections, relay.bytesToServer], [0, 0]);
      await using conversation = await protocol.logIn(good);
      await works(conversation);
      assert.equal(relay.connections, 1);
    });

    test('3. an allowed, unmasked exchange is what the server sent, byte for byte', async () => {
      const expected = await directly();
      for (const recordMode of ['batched', 'strict'] as const) {
        await using gateway = await open({ targets: [server.target(undefined, { recordMode })] });
        await using conversation = await logIn(gateway);
        assert.deepEqual(await converse(conversation), expected, recordMode);
      }
    });

    test('4. a denied request never reaches the upstream, is recorded as denied, and the next request works', async () => {
      await using gateway = await open({ policies: [PERMIT_ALL, { ...NO_DROP, operations: [requests.deniedKind] }] });
      for (const request of requests.denied) {
        await using conversation = await logIn(gateway);
        const executed = (await server.executed()).length;
        const { errors, closed } = await conversation.ask(request);
        assert.equal(closed, false, request.what);
        assert.equal(errors[0]?.code, codes.denied, request.what);
        assert.match(errors[0]?.text ?? '', /no drop/, request.what);
        await works(conversation);
        const since = (await server.executed()).slice(executed);
        assert.doesNotMatch(since, requests.deniedReached, request.what);
      }
      const events = (await recorded(gateway)).map(({ event }) => event);
      const denied = events.filter(({ kind, decision }) => kind === 'request' && decision?.effect === 'deny');
      const refusals = events.filter(({ kind }) => kind === 'refusal');
      assert.ok(denied.length >= requests.denied.length, `${denied.length} requests were recorded as denied`);
      assert.equal(refusals.length, denied.length);
      assert.deepEqual(new Set(refusals.map(({ refusal }) => refusal?.code)), new Set(['policy-denied']));
    });

    test('5. a request that needs an approval is refused while nobody can give one, and the next works', async () => {
      await using gateway = await open({ policies: [NEEDS_APPROVAL] });
      await using conversation = await logIn(gateway);
      const executed = (await server.executed()).length;
      const { errors, closed } = await conversation.ask(requests.permitted);
      assert.deepEqual([errors[0]?.code, closed], [codes.denied, false]);
      assert.match(errors[0]?.text ?? '', /approval/);
      assert.doesNotMatch((await server.executed()).slice(executed), requests.permittedReached);
      gateway.setPolicies([PERMIT_ALL]);
      await works(conversation);
    });

    defineHeldRequests(protocol, { open, logIn, works, executed: () => server.executed() });

    test('7. a log that cannot be written refuses the request, and takes the next when it can', async () => {
      let full = false;
      const writeSync = ((...args: Parameters<typeof fs.writeSync>) => {
        if (full) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
        return fs.writeSync(...args);
      }) as typeof fs.writeSync;
      await using gateway = await open({
        targets: [server.target(undefined, { recordMode: 'strict' })],
        auditOptions: { files: { ...fs, writeSync } },
      });
      await using conversation = await logIn(gateway);
      await works(conversation);
      const late = await grantLogin(gateway);
      const executed = (await server.executed()).length;
      full = true;
      const { errors } = await conversation.ask(requests.permitted);
      assert.equal(errors[0]?.code, codes.unrecorded);
      await assert.rejects(protocol.logIn(late), { code: codes.unrecorded });
      assert.doesNotMatch((await server.executed()).slice(executed), requests.permittedReached);
      full = false;
      await until(async () => {
        await using again = await logIn(gateway).catch(() => undefined);
        return again !== undefined && (await again.ask(requests.permitted)).errors.length === 0;
      });
    });

    test('8. a planted secret reaches neither client nor log in any shape of reply, once masked', async () => {
      await using gateway = await open({
        targets: [server.target(undefined, { classified: CLASSIFIED })],
        policies: [MASKED],
      });
      for (const request of requests.canaries) {
        await using conversation = await logIn(gateway);
        const { closed, bytes } = await conversation.ask(request);
        assert.equal(closed, false, request.what);
        assertAbsent(conversation.received, requests.canary, `to the client: ${request.what}`);
        assertAbsent(bytes, requests.canary, `to the client, decoded: ${request.what}`);
        await works(conversation);
      }
      for (const { event, body } of await recorded(gateway)) {
        assertAbsent(body, requests.canary, `in the record of exchange ${event.exchange}`);
        assertAbsent(Buffer.from(JSON.stringify(event)), requests.canary, 'in an event');
      }
      await using unmasked = await open();
      await using conversation = await logIn(unmasked);
      const { bytes } = await conversation.ask(requests.canaries[0] as RawRequest);
      assert.ok(bytes.includes(requests.canary), 'the canary is there to be masked');
    });

    test("9. the upstream's credential reaches neither client, log nor any error text", async () => {
      const closedPort = await unusedPort();
      const elsewhere = { ...server.target({ host: '127.0.0.1', port: closedPort }), name: 'elsewhere' as never };
      await using gateway = await open({ targets: [server.target(), elsewhere] });
      const texts: string[] = [];
      const attempt = async (target: string): Promise<void> => {
        const error = await protocol.logIn(await grantLogin(gateway, target)).catch((cause: unknown) => cause);
        assert.ok(error instanceof LoginFailed);
        assert.equal(error.code, codes.upstreamUnavailable);
        texts.push(inspect(error, { depth: 10 }));
      };
      await using conversation = await logIn(gateway);
      await works(conversation);
      await attempt('elsewhere');
      await server.refuseCredential(true);
      try {
        await attempt('shop');
      } finally {
        await server.refuseCredential(false);
      }
      const { password, user } = server.credential;
      texts.push(conversation.received.toString('latin1'), inspect(gateway.faults, { depth: 10 }));
      for (const { event, body } of await recorded(gateway)) texts.push(JSON.stringify(event), body.toString('latin1'));
      for (const bytes of await filesOf(gateway.directory)) texts.push(bytes.toString('latin1'));
      for (const text of texts) assert.equal(text.includes(password), false, text.slice(0, 2_000));
      const told = texts.filter((text) => text.includes('LoginFailed')).join('\n');
      assert.equal(told.includes(user) || told.includes(String(closedPort)), false, told);
    });

    test('10. what is unknown is denied by default, and what is not carried is refused by name', async () => {
      await using gateway = await open({ policies: [READ_AND_WRITE] });
      for (const request of requests.unknown) {
        await using conversation = await logIn(gateway);
        const { errors, closed } = await conversation.ask(request);
        assert.deepEqual([errors[0]?.code, closed], [codes.denied, false], request.what);
        await works(conversation);
      }
      for (const request of requests.unsupported) {
        await using conversation = await logIn(gateway);
        const { errors, closed } = await conversation.ask(request);
        assert.equal(errors.length, 1, request.what);
        assert.equal(closed, false, request.what);
        await works(conversation);
      }
      const kept = await recorded(gateway);
      assert.ok(kept.some(({ event }) => event.refusal?.code === 'request-unknown'));
    });

    test('11. oversized and malformed input is refused within bounded memory, and harms no other connection', async () => {
      await using gateway = await open({ limits: { admissionDeadlineMs: 1_000, httpDrainMs: 50 } });
      await using healthy = await logIn(gateway);
      const { host, port } = gateway;
      const before = process.memoryUsage().rss;
      for (const request of requests.garbage.beforeLogin) {
        const stranger = await protocol.connect({ host, port });
        stranger.send(request.bytes);
        assert.equal((await within(stranger.ended(), 10_000, request.what)).closed, true);
      }
      const silent = await protocol.connect({ host, port });
      assert.equal((await within(silent.ended(), 10_000, 'a client that says nothing')).closed, true);
      for (const request of requests.garbage.afterLogin) {
        await using conversation = await logIn(gateway);
        const answer = await within(conversation.ask(request), 10_000, request.what);
        assert.ok(answer.errors.length > 0, `${request.what} was answered by ${answer.bytes.toString('latin1')}`);
        await works(healthy);
      }
      assert.ok(process.memoryUsage().rss - before < MOST_GROWTH_BYTES);
      assert.deepEqual(gateway.faults, []);
    });

    test('12. an upstream that dies in the middle gives a native error, and an event that says so', async () => {
      await using relay = await Relay.before(server);
      await using gateway = await open({ targets: [server.target(addressOf(relay))] });
      await using conversation = await logIn(gateway);
      const hanging = conversation.ask(requests.hanging);
      await settled(() => conversation.received.length);
      relay.cut();
      const answer = await within(hanging, 10_000, 'the end of the reply');
      assert.deepEqual([answer.closed, answer.errors.map(({ code }) => code)], [ends, [codes.upstreamLost]]);
      await until(async () => (await recorded(gateway)).some(({ event }) => event.kind === 'session.close'));
      const events = (await recorded(gateway)).map(({ event }) => event);
      assert.equal(events.find(({ kind }) => kind === 'session.close')?.closing?.outcome, 'upstreamLost');
      assert.equal(events.findLast(({ kind }) => kind === 'reply')?.result?.status, 'unknown');
    });

    test('12. an upstream that dies within a message ends the connection, with nothing put after the torn message', async () => {
      await using relay = await Relay.before(server);
      await using gateway = await open({ targets: [server.target(addressOf(relay))] });
      await using conversation = await logIn(gateway);
      relay.cutAfterBytes = 3_000_000;
      const answer = await within(conversation.ask(requests.large(20_000_000)), 20_000, 'the end of the reply');
      assert.equal(answer.closed, ends);
      const whole = requests.large(20_000_000);
      relay.cutAfterBytes = Number.POSITIVE_INFINITY;
      await using another = await logIn(gateway);
      const { bytes } = await another.ask(whole);
      const torn = answer.bytes.subarray(-1_000_000);
      assert.ok(bytes.includes(torn), 'what came is what the server sent, and no more');
    });

    test('13. a slow client slows its upstream instead of filling memory', async () => {
      const size = 64_000_000;
      await using relay = await Relay.before(server);
      for (const policies of [[PERMIT_ALL], [MASKED]]) {
        await using gateway = await open({ targets: [server.target(addressOf(relay))], policies });
        await using conversation = await logIn(gateway);
        relay.bytesFromServer = 0;
        conversation.pause();
        const reply = conversation.ask(requests.large(size));
        await settled(() => relay.bytesFromServer);
        const held = await heldByGateway(relay, conversation);
        assert.ok(held < MOST_HELD_BYTES, `the gateway holds ${held} bytes of a reply that nobody reads`);
        conversation.resume();
        const { errors, bytes } = await reply;
        assert.deepEqual(errors, []);
        assert.ok(bytes.length > size);
      }
    });
  });
}

/**
 * What the gateway has taken from the kernel on its upstream's side, less what it has given to the kernel on its
 * client's: both from the other ends of the two connections and what the kernel holds between.
 */
async function heldByGateway(relay: Relay, { end }: Conversation): Promise<number> {
  const upstream = relay.accepted.at(-1) ?? assert.fail('the gateway is not connected');
  const { localPort, remotePort } = upstream;
  const [sent, arrived] = await Promise.all([kernelQueues(localPort, remotePort), kernelQueues(remotePort, localPort)]);
  const [waiting, given] = await Promise.all([
    kernelQueues(end.localPort, end.remotePort),
    kernelQueues(end.remotePort, end.localPort),
  ]);
  const taken = upstream.delivered - sent.unsent - arrived.unread;
  return taken - (end.taken + waiting.unread + given.unsent);
}

/** So that a difference is shown where it is, and a long reply is one line. */
function legible(bytes: Buffer): string {
  if (bytes.length > 4096) return `${bytes.length} bytes, SHA-256 ${createHash('sha256').update(bytes).digest('hex')}`;
  return (bytes.toString('latin1').match(/[\s\S]{1,64}/g) ?? []).map((line) => JSON.stringify(line)).join('\n');
}

function addressOf({ host, port }: Relay): { readonly host: string; readonly port: number } {
  return { host, port };
}

function assertAbsent(bytes: Buffer, canary: string, where: string): void {
  const text = bytes.toString('latin1').toLowerCase();
  const reversed = canary.split('').toReversed().join('');
  const forms = [
    canary,
    reversed,
    Buffer.from(canary).toString('hex'),
    Buffer.from(canary).toString('base64').slice(0, -2),
  ];
  for (const form of forms) assert.equal(text.includes(form.toLowerCase()), false, `${form} ${where}`);
}

async function filesOf(directory: string): Promise<Buffer[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return Promise.all(
    entries.filter((entry) => entry.isFile()).map((entry) => readFile(join(entry.parentPath, entry.name))),
  );
}

/** A port that is known to be closed, because it was just given back. */
async function unusedPort(): Promise<number> {
  const server: Server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return address === null || typeof address === 'string' ? assert.fail('no port') : address.port;
}

/** The value once it stopped changing: equal for a second. */
async function settled(value: () => number): Promise<number> {
  for (let last = -1, since = Date.now(); ; await delay(50)) {
    const now = value();
    if (now !== last) {
      last = now;
      since = Date.now();
    } else if (now > 0 && Date.now() - since > 1_000) {
      return now;
    }
  }
}
