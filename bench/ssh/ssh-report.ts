import { type Circumstances, madeBy } from '../circumstances.ts';
import { median } from '../statistics.ts';
import type { JobFigures } from './job.ts';

/** What was to be reached, all in one run. */
const LEAST_OF_DIRECT = 0.5;

/** The page about what SSH through the gateway costs, as Markdown. */
export function sshPage(
  figures: readonly JobFigures[],
  circumstances: Circumstances & {
    readonly cpu: string;
    readonly cores: number;
    readonly rounds: number;
    readonly megabytes: number;
  },
): string {
  const { cpu, cores, rounds, megabytes } = circumstances;
  const names = [...new Set(figures.map(({ what }) => what))];
  const transfers = names.filter((name) => !name.includes('×')).map((name) => summed(name, figures));
  const together = names.filter((name) => name.includes('×')).map((name) => summed(name, figures));
  return [
    '# SSH through the gateway',
    '',
    madeBy('ssh', circumstances),
    `${cores} cores (${cpu}), loopback, OpenSSH on both sides; client, host, gateway and \`chaperone run\` share them. Each figure is the`,
    `median of ${rounds} rounds in which both ways had their turn. The gateway is reached as jobs do, through the run's wrapper (a WebSocket`,
    'in HTTPS); it decides each file, records it and its digest, strictly and encrypted. Straight to the host OpenSSH chooses its own',
    'cipher.',
    '',
    `## scp of ${megabytes} MiB of random bytes`,
    '',
    '| | direct s | run s | direct MB/s | run MB/s | ratio | gateway CPU s | wrapper CPU s |',
    '|---|---|---|---|---|---|---|---|',
    ...transfers.map(({ name, direct, run }) => {
      const speed = (seconds: number): string => ((megabytes * 1.048_576) / seconds).toFixed(0);
      const times = `${direct.seconds.toFixed(1)} | ${run.seconds.toFixed(1)}`;
      const speeds = `${speed(direct.seconds)} | ${speed(run.seconds)} | ${ratio(direct, run)}`;
      return `| ${name} | ${times} | ${speeds} | ${run.gatewayCpu.toFixed(1)} | ${run.wrapperCpu.toFixed(1)} |`;
    }),
    '',
    '## Commands at once',
    '',
    '| | direct s | run s | failed, direct | failed, run | gateway CPU s | wrapper CPU s |',
    '|---|---|---|---|---|---|---|',
    ...together.map(({ name, direct, run }) => {
      const times = `${direct.seconds.toFixed(1)} | ${run.seconds.toFixed(1)} | ${direct.failed} | ${run.failed}`;
      return `| ${name} | ${times} | ${run.gatewayCpu.toFixed(1)} | ${run.wrapperCpu.toFixed(1)} |`;
    }),
    '',
    '## Goals',
    '',
    '| goal | measured | |',
    '|---|---|---|',
    ...transfers.map(({ name, direct, run }) => {
      const measured = ratio(direct, run);
      return `| scp, ${name}: at least ${LEAST_OF_DIRECT} × direct | ${measured} | ${metOr(Number(measured) >= LEAST_OF_DIRECT)} |`;
    }),
    ...together.map(({ name, run }) => `| ${name}: none fails | ${run.failed} | ${metOr(run.failed === 0)} |`),
    '',
  ].join('\n');
}

type Figures = Pick<JobFigures, 'seconds' | 'gatewayCpu' | 'wrapperCpu' | 'failed'>;

interface Summed {
  readonly name: string;
  readonly direct: Figures;
  readonly run: Figures;
}

function summed(name: string, figures: readonly JobFigures[]): Summed {
  const of = (way: JobFigures['way']): Figures => {
    const all = figures.filter((one) => one.what === name && one.way === way);
    const middle = (member: keyof Figures): number => median(all.map((one) => one[member]));
    return {
      seconds: middle('seconds'),
      gatewayCpu: middle('gatewayCpu'),
      wrapperCpu: middle('wrapperCpu'),
      failed: middle('failed'),
    };
  };
  return { name, direct: of('direct'), run: of('run') };
}

function ratio(direct: Figures, run: Figures): string {
  return (direct.seconds / run.seconds).toFixed(2);
}

function metOr(isMet: boolean): string {
  return isMet ? 'met' : 'missed';
}
