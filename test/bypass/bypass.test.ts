import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { AuditEvent } from '../../src/audit/audit-event.ts';
import { auditPaths } from '../../src/audit/audit-paths.ts';
import { listDays, listSessions, readSession } from '../../src/audit/read/read-session.ts';
import { startGateway, type TestGateway, targetFor } from '../support/gateway.ts';
import { type PostgresServer, startPostgres } from '../support/postgres-server.ts';
import {
  type BackendMessage,
  errorFields,
  extended,
  frame,
  query,
  RawPostgres,
  SYNC,
} from '../support/raw-postgres.ts';
import type { Attempt } from './attempt.ts';
import { CORPUS } from './corpus.ts';
import { leaksIn } from './leaks.ts';
import { CLASSIFIED, PROFILES, type Profile, SCHEMA } from './world.ts';

let server: PostgresServer;
const gateways = new Map<Profile, TestGateway>();

before(async () => {
  server = await startPostgres({ version: 18, sql: SCHEMA, settings: { log_statement: 'none' } });
  for (const profile of Object.keys(PROFILES) as Profile[]) {
    const target = targetFor(server, { classified: CLASSIFIED });
    gateways.set(profile, await startGateway({ targets: [target], policies: PROFILES[profile] }));
  }
});

after(async () => {
  for (const gateway of gateways.values()) await gateway[Symbol.asyncDispose]();
  await server.stop();
});

/** What a client got, statement by statement, and what the gateway recorded of the last. */
interface Outcome {
  readonly received: readonly (readonly BackendMessage[])[];
  readonly events: readonly AuditEvent[];
}

async function run({ as = 'reader', by = 'simple', sql, copy }: Attempt): Promise<Outcome> {
  const gateway = gateways.get(as);
  assert.ok(gateway);
  const { log, directory } = gateway;
  const { user, password } = await gateway.grant();
  const { host, port } = gateway;
  const received: (readonly BackendMessage[])[] = [];
  {
    await using client = await RawPostgres.login({ host, port, user, password, database: 'shop' });
    for (const text of [sql].flat()) {
      if (by === 'simple') client.send(query(text));
      else client.send(extended(text, [], by === 'binary' ? 1 : 0), SYNC);
      if (copy !== undefined && /^copy .* from stdin/i.test(text)) client.send(frame('d', copy), frame('c'));
      received.push(await client.untilReady());
    }
  }
  await log.sync();
  return { received, events: await newEvents(join(directory, 'audit')) };
}

/** Of the session that ended last: what was not read before. */
async function newEvents(directory: string): Promise<readonly AuditEvent[]> {
  const paths = auditPaths(directory);
  const events: AuditEvent[] = [];
  for (const id of listDays(paths).flatMap((day) => listSessions(paths, day))) {
    if (seen.has(id)) continue;
    seen.add(id);
    for await (const { event } of readSession(directory, id)) events.push(event);
  }
  return events;
}

const seen = new Set<string>();

/** What a client read, for whoever must find out why. */
function toldOf(messages: readonly BackendMessage[]): string {
  return messages
    .map(({ type, body }) => type + JSON.stringify(body.toString('latin1')))
    .join(' ')
    .slice(0, 2_000);
}

/** Which mechanism the last statement met, in the corpus's words. */
function stopOf({ received, events }: Outcome): string {
  const last = received.at(-1) ?? [];
  const words = last.filter(({ type }) => type === 'E' || type === 'N').map(errorFields);
  const refused = words.find(({ M }) => M?.startsWith('chaperone: '));
  if (refused !== undefined)
    return (
      /Refused: (\S+?)(?:, by the rule "(.+)")?\.$/
        .exec(refused['D'] ?? '')
        ?.slice(1)
        .filter(Boolean)
        .join(': ') ?? ''
    );
  const texts = words.map((fields) => JSON.stringify(fields));
  const isError = last.some(({ type }) => type === 'E');
  const payloads = last.filter(({ type }) => type === 'A').map(({ body }) => body.toString('latin1'));
  if ([...texts, ...payloads].some((text) => text.includes('[redacted]'))) return 'redacted';
  if (isError) return 'server';
  const masked = events.findLast(({ kind }) => kind === 'reply')?.masked ?? [];
  return masked.some(({ by }) => by === 'column') ? 'masked' : 'silent';
}

test('the corpus has at least 150 attempts, each told once', () => {
  assert.ok(CORPUS.length >= 150, String(CORPUS.length));
  assert.equal(new Set(CORPUS.map(({ what }) => what)).size, CORPUS.length);
});

test('the canaries are there, and a client without a gateway reads them', async () => {
  const { host, port, user, password, database } = server;
  await using client = await RawPostgres.login({ host, port, user, password, database });
  const names = ['email', 'phone', 'born', 'pay', 'pin', 'token', 'secret', 'street'];
  const leaks = leaksIn(await client.query('select * from users'));
  const found = new Set(leaks.map((leak) => leak.split(' ')[0] ?? ''));
  assert.deepEqual(
    names.filter((name) => !found.has(name)),
    [],
  );
});

describe('nothing of a canary reaches the client, and what stops it is what the corpus says', () => {
  for (const attempt of CORPUS) {
    const { what, todo } = attempt;
    test(what, { ...(todo !== undefined && { todo }) }, async () => {
      const outcome = await run(attempt);
      for (const messages of outcome.received) assert.deepEqual(leaksIn(messages), [], toldOf(messages));
      assert.equal(stopOf(outcome), attempt.stop);
    });
  }
});
