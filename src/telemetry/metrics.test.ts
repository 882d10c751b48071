import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { aPrincipal, aRun, aTarget } from '../../test/support/audit-log.ts';
import { tableRows } from '../../test/support/markdown.ts';
import { ROOT } from '../../test/support/source-tree.ts';
import type { SessionId, TargetName } from '../model/ids.ts';
import { GatewayTotals } from './gateway-totals.ts';
import { HotHistogram } from './hot-histogram.ts';
import { type ExportState, familiesOf, type GatewayState } from './metric-families.ts';
import { openMetrics } from './metrics.ts';

const EXPORT: ExportState = {
  name: 'siem',
  kind: 'syslog',
  state: 'failing',
  behind: 3,
  behindMs: 1500,
  delivered: 7,
  aside: 1,
};

const BUDGETS = [
  { rule: 'reads', measure: 'rowsRead', per: 'run', spent: 10, most: 100 },
  { rule: 'reads', measure: 'rowsRead', per: 'run', spent: 95, most: 100 },
  { rule: 'reads', measure: 'rowsRead', per: 'run', spent: 0, most: 100 },
  { rule: 'none', measure: 'bytes', per: 'target', spent: 0, most: 0 },
];

function state(more: Partial<GatewayState> = {}): GatewayState {
  return {
    totals: traffic(),
    version: '1.2.3',
    nowMs: () => 10_000,
    connections: () => 2,
    openRuns: () => 1,
    log: {
      head: () => Promise.resolve({ size: 5, signedAtMs: 4_000 }),
      isFaulty: () => false,
      backlog: () => ({ waitingMs: 2_500, bytes: 70 }),
      published: () => ({ witnessed: 4, openAlarms: 1, isSigned: true }),
    },
    exports: () => Promise.resolve([EXPORT, { ...EXPORT, name: 'idle', state: 'off' }]),
    probeStore: () => Promise.resolve(),
    pendingApprovals: () => Promise.resolve(4),
    budgets: () => Promise.resolve(BUDGETS),
    traces: () => ({ sent: 1, dropped: 2, queued: 3 }),
    ...more,
  };
}

/** One session that answered, refused, masked and ended, in a target whose name is hostile. */
function traffic(): GatewayTotals {
  const totals = new GatewayTotals();
  const target = { ...aTarget(), name: 'a"b\\c\nd' as TargetName };
  const watch = totals.session('ses_1' as SessionId, aPrincipal(aRun('run_1')), target);
  const request = { operations: [], body: () => assert.fail('nobody asks for the text') };
  watch.begin(request);
  watch.forwarded();
  watch.arrived();
  watch.shown(10);
  watch.replied({ status: 'ok', rows: 1 }, [{ by: 'column', name: 'email', count: 1 }]);
  watch.over();
  watch.begin(request);
  watch.refused('policy-denied');
  watch.over();
  watch.closed('completed');
  totals.turnedAway('claim-expired');
  return totals;
}

async function textOf(of: GatewayState): Promise<string> {
  using metrics = openMetrics(of);
  return metrics.text();
}

describe('metrics', () => {
  test('are those of the reference, each of the type that it says', async () => {
    const families = await familiesOf(state());
    const documented = tableRows('docs/reference/metrics.md').map(([name = '', type = '']) => [
      name.replaceAll('`', ''),
      type,
    ]);
    assert.deepEqual(
      Object.fromEntries(families.map(({ name, type }) => [name, type])),
      Object.fromEntries(documented),
      'docs/reference/metrics.md',
    );
  });

  test('are taken by promtool, whatever a target is called', async () => {
    const input = await textOf(state());
    const checked = spawnSync('promtool', ['check', 'metrics'], { input, encoding: 'utf8' });
    assert.equal(checked.error, undefined, 'promtool is missing: install the Debian package prometheus');
    assert.deepEqual([checked.status, checked.stdout, checked.stderr], [0, '', '']);
    assert.ok(input.includes('chaperone_exchanges_total{target="a\\"b\\\\c\\nd",outcome="refused"} 1\n'));
    assert.ok(input.includes('chaperone_log_checkpoint_age_seconds 6\n'));
    assert.ok(input.includes('chaperone_export_up{export="siem",kind="syslog"} 0\n'));
    assert.ok(!input.includes('idle'));
    assert.match(input, /^chaperone_log_journal_lag_seconds 2\.5$/m);
    assert.match(input, /^chaperone_log_sealer_backlog_bytes 70$/m);
  });

  test('of budgets say how full the fullest counter of each rule is', async () => {
    const lines = (await textOf(state())).split('\n').filter((line) => line.startsWith('chaperone_budget'));
    assert.deepEqual(lines, [
      'chaperone_budget_used_ratio{rule="reads",measure="rowsRead",per="run"} 0.95',
      'chaperone_budget_used_ratio{rule="none",measure="bytes",per="target"} 1',
    ]);
  });

  test('leave out what cannot be learned, and say so', async () => {
    const away = () => Promise.reject(new Error('away'));
    const text = await textOf(
      state({
        probeStore: away,
        pendingApprovals: away,
        budgets: away,
        log: {
          head: away,
          isFaulty: () => true,
          backlog: () => ({ waitingMs: 0, bytes: 0 }),
          published: () => ({ witnessed: undefined, openAlarms: 0, isSigned: false }),
        },
      }),
    );
    assert.ok(text.includes('chaperone_store_up 0\n'));
    assert.ok(text.includes('chaperone_log_up 0\n'));
    assert.ok(text.includes('chaperone_log_signing 0\n'));
    assert.ok(text.includes('chaperone_scrape_faults 4\n'));
    assert.doesNotMatch(text, /chaperone_(?:log_entries|approvals_pending|store_probe_seconds)/);
  });
});

test('a histogram cumulates, and counts what stands on a bound below it', () => {
  const histogram = new HotHistogram([0.1, 1]);
  for (const seconds of [0.05, 0.1, 0.5, 7]) histogram.observe(seconds);
  assert.deepEqual(
    histogram.samples('x', { t: 'a' }).map(({ metricName, labels, value }) => [metricName, labels['le'], value]),
    [
      ['x_bucket', '0.1', 2],
      ['x_bucket', '1', 3],
      ['x_bucket', '+Inf', 4],
      ['x_sum', undefined, 7.65],
      ['x_count', undefined, 4],
    ],
  );
});

describe('what is in deploy/ for monitoring', () => {
  const prometheus = join(ROOT, 'deploy', 'prometheus');
  test('has alerts that promtool takes, and that fire when they should', () => {
    for (const args of [
      ['check', 'rules', 'chaperone-alerts.yaml'],
      ['test', 'rules', 'chaperone-alerts.test.yaml'],
    ]) {
      const { status, stdout, stderr } = spawnSync('promtool', args, { cwd: prometheus, encoding: 'utf8' });
      assert.equal(status, 0, `${stdout}${stderr}`);
    }
  });

  test('names no metric that there is not', async () => {
    const names = (await textOf(state())).matchAll(/^# TYPE (\S+)/gm);
    const known = new Set([...names].map(([, name]) => name));
    for (const file of ['prometheus/chaperone-alerts.yaml', 'grafana/chaperone-dashboard.json']) {
      const text = readFileSync(join(ROOT, 'deploy', file), 'utf8');
      const used = [...text.matchAll(/\b(?:chaperone|nodejs)_[a-z0-9_]+/g)].map(([name]) =>
        name.replace(/_bucket$/, ''),
      );
      assert.deepEqual(
        used.filter((name) => !known.has(name)),
        [],
        file,
      );
    }
  });
});
