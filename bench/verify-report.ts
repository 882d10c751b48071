import type { VerifyCost } from './verify.ts';

interface Circumstances {
  readonly when: string;
  readonly node: string;
  readonly cpu: string;
  /** What else the machine did: the load average of the minute before. */
  readonly loadBefore: number;
}

/** Seconds that the bundle of a run with a million events may take, on one core. */
const MOST_SECONDS = 10;

/** The page about what verifying costs, as Markdown. */
export function verifyPage(figures: readonly VerifyCost[], { when, node, cpu, loadBefore }: Circumstances): string {
  const worst = Math.max(...figures.map(({ seconds }) => seconds));
  return [
    '# Verifying a large bundle',
    '',
    `Made by \`npm run bench -- --verify --results\` on ${when}, Node ${node}, ${cpu}; the machine's load before was`,
    `${loadBefore.toFixed(1)}. The process is kept on one core. A million events may take ${MOST_SECONDS} s; the slowest here took`,
    `${worst.toFixed(1)}: ${worst <= MOST_SECONDS ? 'met' : 'missed'}.`,
    '',
    '| bundle | MB | events | bodies opened | answer | seconds | CPU seconds | memory, MB | events/s |',
    '|---|---|---|---|---|---|---|---|---|',
    ...figures.map(
      ({ what, bundleBytes, totals, verdict, seconds, cpuSeconds, maxRssBytes }) =>
        `| ${what} | ${megabytes(bundleBytes)} | ${grouped(totals.events)} | ${grouped(totals.bodies)} | ${verdict} | ` +
        `${seconds.toFixed(1)} | ${cpuSeconds.toFixed(1)} | ${megabytes(maxRssBytes)} | ${grouped(totals.events / seconds)} |`,
    ),
    '',
    '*CPU seconds* and *memory* are of the whole process, its start included. Bodies that are not in the bundle, or whose key',
    'is not, are not opened; lines, links, trees, proofs and files are checked all the same.',
    '',
  ].join('\n');
}

function megabytes(bytes: number): string {
  return Math.round(bytes / 1e6).toLocaleString('en');
}

function grouped(value: number): string {
  return Math.round(value).toLocaleString('en');
}
