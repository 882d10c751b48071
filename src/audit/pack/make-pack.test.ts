import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { verifyPackBytes } from '../../../test/support/auditors-pack.ts';
import { type BundleWorld, bundleWorld, POLICY_OF_TESTS } from '../../../test/support/evidence-bundle.ts';
import { gather } from '../../../test/support/gather.ts';
import { UnpackedBundle } from '../../../test/support/unpacked-bundle.ts';
import type { RunId } from '../../model/ids.ts';
import { derivedFiles } from './derived-files.ts';
import { makePack, type PackSources } from './make-pack.ts';
import { type PackEntry, PackFacts } from './pack-facts.ts';
import { gatewaySources } from './pack-sources.ts';
import { readControl, readSpan } from './span.ts';

const HOUR = 60 * 60_000;
const SPAN = { from: '2026-03-04T00:00:00.000Z', to: '2026-03-05T00:00:00.000Z' };
const HEAD = { origin: 'gateway.example/log', span: SPAN };

/** What follows from entries that come an hour apart, unless they say when. */
function derived(entries: readonly Omit<PackEntry, 'index'>[]): ReadonlyMap<string, string> {
  const facts = new PackFacts({ span: SPAN, heartbeatMs: HOUR });
  for (const [index, entry] of entries.entries()) facts.take({ ...entry, index });
  return derivedFiles(facts, HEAD);
}

function entry(kind: string, hour: number, members: PackEntry['members'] = {}): Omit<PackEntry, 'index'> {
  return { kind, at: `2026-03-04T${String(hour).padStart(2, '0')}:00:00.000Z`, members };
}

describe('what follows from the entries of a span', () => {
  test('a silence that is longer than a heartbeat is a gap, and one that is as long is none', () => {
    const files = derived([entry('heartbeat', 1), entry('heartbeat', 2), entry('heartbeat', 5)]);
    assert.equal(
      files.get('gaps.csv'),
      'silent_from,silent_to,seconds,index_before,index_after\r\n2026-03-04T02:00:00.000Z,2026-03-04T05:00:00.000Z,10800,1,2\r\n',
    );
  });

  test('a run that a gateway took up again is one run, and open until it is closed again', () => {
    const opened = [
      entry('run.open', 1, { run: 'run_1' }),
      entry('run.close', 2, { run: 'run_1', termination: 'gatewayFailed' }),
    ];
    const again = [...opened, entry('run.open', 3, { run: 'run_1' })];
    assert.match(derived(opened).get('population.csv') ?? '', /run_1,.*,gatewayFailed,/);
    assert.equal((derived(again).get('population.csv') ?? '').split('\r\n').length, 3);
    assert.match(derived(again).get('population.csv') ?? '', /run_1,.*,unterminated,/);
  });

  test('who erased what and why is listed, and held runs are listed besides', () => {
    const files = derived([
      entry('run.open', 1, { run: 'run_1' }),
      entry('approval.requested', 1, { run: 'run_1' }),
      entry('run.close', 2, { run: 'run_1', termination: 'completed' }),
      entry('bodies.erased', 3, { run: 'run_1', by: 'psn_1', reason: 'request', erasure: 'ers_1' }),
    ]);
    assert.match(files.get('withheld.csv') ?? '', /,3,bodies\.erased,run_1,yes,psn_1,request,/);
    assert.match(files.get('listed.csv') ?? '', /run_1,[^,]+,held,1,0\r\n/);
    assert.match(files.get('population.csv') ?? '', /,erased\r\n$/);
  });

  test('the name of a target that a spreadsheet would calculate is text', () => {
    const files = derived([
      entry('operator.action', 1, { action: 'target.check', by: 'psn_1', target: '=HYPERLINK("x")' }),
    ]);
    assert.match(files.get('operators.csv') ?? '', /,"'=HYPERLINK\(""x""\)",/);
  });

  test('a policy is told with the changes before it', () => {
    const files = derived([
      entry('operator.action', 1, { action: 'update', by: 'psn_1', what: 'policy', name: 'readers' }),
      entry('policy.activated', 1, { digest: 'a1', rules: 2 }),
    ]);
    const { activations } = JSON.parse(files.get('policies/history.json') ?? '') as {
      activations: { digest: string; changes: { by: string }[] }[];
    };
    assert.deepEqual(
      activations.map(({ digest, changes }) => [digest, changes.map(({ by }) => by)]),
      [['a1', ['psn_1']]],
    );
  });
});

describe('the span of a pack', () => {
  const now = Date.parse('2026-03-10T12:00:00.000Z');
  test('has its last day whole, and ends now at the latest', () => {
    assert.deepEqual(readSpan('2026-03-01', '2026-03-04', now), { from: '2026-03-01T00:00:00.000Z', to: SPAN.to });
    assert.equal(readSpan('2026-03-01', '2026-03-31', now).to, '2026-03-10T12:00:00.000Z');
    assert.equal(readSpan('2026-03-01T10:00:00+02:00', '2026-03-02', now).from, '2026-03-01T08:00:00.000Z');
  });

  test('is refused where it is backwards, in the future, or no time', () => {
    for (const [from, to] of [
      ['2026-03-05', '2026-03-04'],
      ['2026-04-01', '2026-04-02'],
      ['last week', '2026-03-04'],
      ['2026-03-01', ''],
    ] as const)
      assert.throws(() => readSpan(from, to, now), { code: 'config-invalid' });
    assert.throws(() => readControl('PCI-99'), /there is no such control here; there are SOC2-CC6\.1/);
  });
});

describe('a pack of a log', () => {
  const directory = mkdtempSync(join(tmpdir(), 'chaperone-make-pack-'));
  let world: BundleWorld;
  before(async () => {
    world = await bundleWorld(directory);
    await world.makeRun('run_1', { close: false });
  });
  after(async () => {
    await world[Symbol.asyncDispose]();
    rmSync(directory, { recursive: true, force: true });
  });
  const sources = (more: Partial<PackSources> = {}): PackSources => ({
    ...gatewaySources({
      log: world.log,
      evidence: world.service,
      evidenceDirectory: join(directory, 'evidence'),
      policy: () => Promise.resolve(POLICY_OF_TESTS),
      withholds: undefined,
      version: '0.1.0',
      nowMs: Date.now,
    }),
    ...more,
  });
  const request = (to: string) => {
    const signal = AbortSignal.timeout(20_000);
    return { span: { from: '2020-01-01T00:00:00.000Z', to }, control: readControl('PCI-10.2'), sample: 1, signal };
  };

  test('knows a run as terminated that closed after the span, by an entry with a proof of its own', async () => {
    await world.log.sync();
    const last = Date.now();
    while (Date.now() === last);
    const to = new Date().toISOString();
    await world.log.note({ kind: 'operator.action', detail: { action: 'log.verify', by: 'psn_1' } });
    await world.log.note({ kind: 'operator.action', detail: { action: 'log.verify', by: 'psn_1' } });
    await world.log.closeRun('run_1' as RunId, 'completed');
    await world.log.sync();
    await using pack = await makePack(sources(), request(to));
    const bytes = await gather(pack.stream());
    assert.equal(bytes.length, pack.bytes);
    const unpacked = await UnpackedBundle.of(bytes);
    assert.match(unpacked.text('log/beside.jsonl'), /run\.close/);
    assert.match(unpacked.text('population.csv'), /run_1,.*,completed,2,shop,workload,/);
    const { steps } = await verifyPackBytes(bytes, world);
    const wrong = steps.flatMap(({ findings }) => findings.filter(({ severity }) => severity === 'fail'));
    assert.deepEqual(wrong, []);
  });

  test('passes with evidence from before the keys of the log and of statements were changed', async () => {
    await world.bundle('run_1'); // signed and proved by the keys of now
    const [oldLog, oldStatement] = [world.policy, world.service.statementKeys.current.publicKey];
    const newLog = await world.log.published.rotate('psn_1', 0);
    const { publicKey } = await world.service.rotate('psn_1');
    await world.log.sync();
    await using pack = await makePack(sources(), request('2999-01-01T00:00:00.000Z'));
    const bytes = await gather(pack.stream());
    const own = { policy: oldLog.replace('quorum', `log ${newLog}\nquorum`), statementKey: oldStatement + publicKey };
    const { steps, samples } = await verifyPackBytes(bytes, { ...world, ...own });
    const wrong = steps.flatMap(({ findings }) => findings.filter(({ severity }) => severity === 'fail'));
    assert.deepEqual(wrong, []);
    assert.deepEqual(samples, [{ run: 'run_1', verdict: 'PASS' }]);
    assert.equal((await UnpackedBundle.of(bytes)).text('trust/statement.pub.pem'), publicKey + oldStatement);
  });

  test('is refused where the span has more entries than a pack takes', async () => {
    await assert.rejects(makePack(sources({ maxEntries: 3 }), request('2999-01-01T00:00:00.000Z')), /a pack takes 3/);
  });
});
