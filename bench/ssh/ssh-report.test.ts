import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JobFigures } from './job.ts';
import { sshPage } from './ssh-report.ts';

const figures = (what: string, way: JobFigures['way'], seconds: number, failed = 0): JobFigures => {
  return { what, way, seconds, gatewayCpu: seconds / 2, wrapperCpu: seconds / 4, failed };
};

test('the page says of each goal whether it was met, by the medians of the rounds', () => {
  const page = sshPage(
    [
      ...[2, 9, 2.4].map((seconds) => figures('down, SFTP', 'direct', seconds)),
      ...[4, 20, 4.8].map((seconds) => figures('down, SFTP', 'run', seconds)),
      figures('up, SFTP', 'direct', 2),
      figures('up, SFTP', 'run', 5),
      figures('200 × ssh true', 'direct', 10),
      figures('200 × ssh true', 'run', 20, 3),
    ],
    { when: '2026-11-23', node: '24.0.0', cpu: 'a processor', cores: 2, rounds: 3, megabytes: 1_000, loadBefore: 0.1 },
  );
  assert.match(page, /\| down, SFTP \| 2\.4 \| 4\.8 \| 437 \| 218 \| 0\.50 \| 2\.4 \| 1\.2 \|/);
  assert.match(page, /scp, down, SFTP: at least 0\.5 × direct \| 0\.50 \| met \|/);
  assert.match(page, /scp, up, SFTP: at least 0\.5 × direct \| 0\.40 \| missed \|/);
  assert.match(page, /\| 200 × ssh true \| 10\.0 \| 20\.0 \| 0 \| 3 \|/);
  assert.match(page, /200 × ssh true: none fails \| 3 \| missed \|/);
});
