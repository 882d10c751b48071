import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { auditDirectory, openLog } from '../../../test/support/audit-log.ts';
import { parseCef } from '../../../test/support/cef-reader.ts';
import { ecsProblems } from '../../../test/support/ecs-schema.ts';
import { aNamedSession, everyExchange, follower, readAll } from '../../../test/support/exported-log.ts';
import { LOG_NOTE_KINDS } from '../../audit/log/log-note.ts';
import type { RunId } from '../../model/ids.ts';
import { loadPostgresParser } from '../../sql/postgres/parser.ts';
import type { EntryRecord, ExportRecord } from '../export-record.ts';
import { MEANINGS } from '../tell-entry.ts';
import { tellRecord } from '../tell-record.ts';
import { cef } from './cef.ts';
import { cloudEvent } from './cloud-event.ts';
import { ecs } from './ecs.ts';
import type { Format } from './format.ts';
import { ocsf } from './ocsf.ts';

const VERSION = { version: '1.2.3' };
const HOSTILE = 'a|b=c\\d\ne\u001b[31m\u202ef';
let records: readonly ExportRecord[] = [];
const cleanUps: (() => void)[] = [];

before(async () => {
  await loadPostgresParser();
  const directory = auditDirectory((cleanUp) => void cleanUps.push(cleanUp));
  {
    await using log = await openLog(directory);
    const session = await aNamedSession(log, 'one');
    await everyExchange(session);
    await session.close('upstreamLost');
    await log.closeRun('run_one' as RunId, 'expired');
  }
  const told = [
    ...(await readAll(follower(directory, { people: true, statements: true }))),
    ...(await readAll(follower(directory))),
  ];
  records = [...told.filter((one) => one.kind !== 'unreadable'), ...everyEntry()];
});
after(() => {
  for (const cleanUp of cleanUps) cleanUp();
});

/** An entry of every kind that has a meaning, of one that has none yet, and of each with hostile names. */
function everyEntry(): readonly EntryRecord[] {
  const kinds = [...Object.keys(MEANINGS), 'something.new'];
  return kinds.flatMap((entry, index) =>
    ['shop', HOSTILE].map((name) => ({
      kind: 'entry' as const,
      entry,
      origin: 'gateway.example/log',
      index,
      id: `entry/${index}`,
      at: '2026-03-04T05:06:07.008Z',
      leaf: 'ef'.repeat(32),
      members: {
        by: 'psn_1',
        action: 'token.create',
        what: 'target',
        name,
        target: name,
        classes: name,
        rules: 2,
        approval: 'apr_1',
      },
    })),
  );
}

const eventsOf = (format: Format) => records.flatMap((record) => format(tellRecord(record), VERSION));

test('every kind of note that the log takes has a meaning', () => {
  assert.deepEqual(
    LOG_NOTE_KINDS.filter((kind) => !Object.hasOwn(MEANINGS, kind)),
    [],
  );
});

describe('OCSF', () => {
  const validate = new Ajv2020({ strict: false, allErrors: false }).compile(
    JSON.parse(readFileSync(new URL('../../../test/schemas/ocsf/ocsf-1.9.0.schema.json', import.meta.url), 'utf8')),
  );

  test('is what the published schema allows, for every event there is', () => {
    const events = eventsOf(ocsf);
    for (const { content, id } of events) {
      assert.ok(
        validate(content),
        `${id}: ${JSON.stringify(validate.errors?.slice(0, 4))}\n${JSON.stringify(content)}`,
      );
    }
    const classes = new Set(events.map(({ content }) => (content as { class_uid: number }).class_uid));
    assert.deepEqual(
      [...classes].sort((a, b) => a - b),
      [2004, 3002, 3003, 3004, 6003, 6005],
    );
  });

  test('is refused by the schema where it has one member too many, one too few, or a wrong activity', () => {
    const [first] = eventsOf(ocsf);
    const sound = first?.content as { readonly metadata: object };
    const { metadata: _gone, ...without } = sound;
    for (const broken of [{ ...sound, extra: 1 }, without, { ...sound, activity_id: 42 }, { ...sound, time: 'now' }]) {
      assert.equal(validate(broken), false, JSON.stringify(broken));
    }
  });

  test('says of a request what it did, what policy said, and how it ended', () => {
    const shown = records
      .filter((record) => record.kind === 'exchange')
      .slice(0, 7)
      .map((record) => ocsf(tellRecord(record), VERSION)[0]?.content as Record<string, unknown>)
      .map((one) => [
        one['activity_name'],
        one['action'],
        one['disposition'],
        one['status'],
        one['status_code'],
        one['severity'],
      ]);
    assert.deepEqual(shown, [
      ['Query', 'Modified', 'Allowed', 'Success', undefined, 'Informational'],
      ['Write', 'Allowed', 'Allowed', 'Failure', '23505', 'Low'],
      ['Delete', 'Denied', 'Blocked', 'Failure', 'policy-denied', 'Medium'],
      ['Delete', 'Allowed', 'Approved', 'Success', undefined, 'Informational'],
      ['Delete', 'Denied', 'Blocked', 'Failure', 'approval-denied', 'Medium'],
      ['Query', 'Denied', 'Blocked', 'Failure', 'budget-exceeded', 'Medium'],
      ['vacuum', 'Allowed', 'Allowed', 'Unknown', undefined, 'Medium'],
    ]);
  });

  test('tells a refusal twice, as what was tried and as a finding, under two ids', () => {
    const refused = records.find((one) => one.kind === 'exchange' && one.end.kind === 'refusal');
    assert.ok(refused);
    const told = ocsf(tellRecord(refused), VERSION);
    assert.deepEqual(
      told.map(({ id, type }) => [id, type]),
      [
        ['ses_one/8', 'dev.chaperone.exchange'],
        ['ses_one/8#finding', 'dev.chaperone.finding'],
      ],
    );
  });
});

describe('ECS', () => {
  test('uses fields of the published list as it types them, and categories with the types that go with them', () => {
    for (const { content, id } of eventsOf(ecs)) assert.deepEqual(ecsProblems(content), [], id);
  });

  test('is found wanting where a field is made up, or of another type', () => {
    const [first] = eventsOf(ecs);
    assert.deepEqual(ecsProblems({ ...(first?.content as object), made: { up: 1 } }), ['made.up is no field']);
    assert.deepEqual(ecsProblems({ event: { sequence: 'one' } }), ['event.sequence is no long']);
    assert.deepEqual(ecsProblems({ event: { category: ['session'], type: ['creation'] } }), [
      'no category of session goes with creation',
    ]);
  });
});

describe('CEF', () => {
  test('is read back whole by a reader that knows the escapes alone', () => {
    for (const { line, id } of eventsOf(cef)) {
      assert.ok(!/[\p{Cc}\p{Cf}]/u.test(line), id);
      const { header, extension } = parseCef(line);
      assert.deepEqual([header.length, header[0], header[3]], [7, '0', '1.2.3'], line);
      assert.match(extension.get('externalId') ?? '', /^gateway\.example\/log\/\S+$/);
      for (const number of [1, 2, 3, 4, 5, 6]) {
        assert.equal(extension.has(`cs${number}`), extension.has(`cs${number}Label`), line);
      }
    }
    const hostile = eventsOf(cef)
      .map(({ line }) => parseCef(line))
      .find(({ header }) => header[5]?.includes('a|b=c\\d'));
    assert.equal(hostile?.header[5], 'target a|b=c\\d<U+000A>e<U+001B>[31m<U+202E>f: token.create');
    assert.equal(hostile?.extension.get('destinationServiceName'), 'a|b=c\\d\ne<U+001B>[31m<U+202E>f');
  });
});

describe('CloudEvents', () => {
  test('have what the specification requires, and lower-case names', () => {
    for (const format of [ocsf, ecs, cef]) {
      for (const event of eventsOf(format).map(cloudEvent)) {
        const { specversion, id, source, type } = event as Record<string, unknown>;
        assert.equal(specversion, '1.0');
        for (const one of [id, source, type]) assert.ok(typeof one === 'string' && one !== '');
        assert.ok(Object.keys(event).every((name) => /^[a-z0-9]{1,20}$/.test(name)));
      }
    }
  });
});

test('every format tells each record, and none what nobody asked for', () => {
  const ids = (format: Format) =>
    eventsOf(format)
      .filter(({ id }) => !id.includes('#'))
      .map(({ id }) => id);
  assert.deepEqual(ids(ecs), ids(ocsf));
  assert.deepEqual(ids(cef), ids(ocsf));
  assert.equal(ids(ocsf).length, records.length);
  const quiet = records.filter((one) => one.kind === 'entry' || one.session.person === undefined);
  const text = JSON.stringify(
    [ocsf, ecs, cef].map((format) => quiet.flatMap((record) => format(tellRecord(record), VERSION))),
  );
  for (const secret of ['octavia', '10.1.2.3', 'Secret', 'ada@', 'ada denied', 'Because'])
    assert.ok(!text.includes(secret), secret);
});
