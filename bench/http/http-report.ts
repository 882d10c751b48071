import { type Circumstances, madeBy } from '../circumstances.ts';
import type { HttpResult } from './measure-http.ts';
import type { LoadFigures } from './wrk.ts';

/** What was to be reached, all in one run. */
const LEAST_OF_HAPROXY = 0.5;
const MOST_OF_NGINX_P50 = 1.5;
const LEAST_OF_NGINX_BULK = 0.6;

/** The page about what HTTP through the gateway costs, as Markdown. */
export function httpPage(
  results: readonly HttpResult[],
  circumstances: Circumstances & { readonly cpu: string; readonly cores: number; readonly rounds: number },
): string {
  const { cpu, cores, rounds } = circumstances;
  const seconds = results[0]?.load.seconds ?? 0;
  const small = results.filter(({ load }) => load.path === '/small');
  const large = results.filter(({ load }) => load.path === '/large');
  return [
    '# HTTP through the gateway',
    '',
    madeBy('http', circumstances),
    `${cores} cores (${cpu}), loopback; wrk, the proxy and the origin (nginx) share them, so the ratios count, not the rates. Each`,
    `figure is the median of ${rounds} rounds of ${seconds} s in which every way had its turn. nginx and haproxy have one thread and keep`,
    'connections to the origin. The gateway checks the grant of each request, decides by three rules, one of which masks',
    'elsewhere, puts in a credential and looks for it in replies, and records requests and replies, encrypted. *strict* waits for the',
    'disk before it forwards; *capped* keeps the first 256 KiB of a reply and the digest of all of it (`storedReplyBytes`).',
    '',
    '## Small JSON: about 200 bytes; ratios of requests to haproxy’s, of times to nginx’s',
    '',
    ...small.flatMap((result) => [...smallTable(result), '']),
    '## Bodies of 10 MB; ratios to nginx',
    '',
    ...large.flatMap((result) => [...largeTable(result), '']),
    '## Goals',
    '',
    '| goal | measured | |',
    '|---|---|---|',
    ...goals(results),
    '',
    '*CPU µs* is what all threads of the proxy used for each request (for the gateway, sealing included).',
    '',
  ].join('\n');
}

function smallTable({ load, by }: HttpResult): readonly string[] {
  const nginx = by.get('nginx');
  const haproxy = by.get('haproxy');
  return [
    `### ${connections(load.connections)}`,
    '',
    '| way | requests/s | p50 µs | p99 µs | CPU µs |',
    '|---|---|---|---|---|',
    ...[...by].map(
      ([name, one]) =>
        `| ${name} | ${withRatio(one, haproxy, 'perSecond')} | ${withRatio(one, nginx, 'p50Us')} | ` +
        `${withRatio(one, nginx, 'p99Us')} | ${withRatio(one, haproxy, 'cpuUs', 1)} |`,
    ),
  ];
}

function largeTable({ load, by }: HttpResult): readonly string[] {
  const nginx = by.get('nginx');
  return [
    `### ${connections(load.connections)}`,
    '',
    '| way | MB/s | p50 ms | CPU ms |',
    '|---|---|---|---|',
    ...[...by].map(
      ([name, one]) =>
        `| ${name} | ${withRatio(one, nginx, 'megabytesPerSecond')} | ${grouped(one.p50Us / 1_000, 1)} | ` +
        `${Number.isNaN(one.cpuUs) ? '–' : grouped(one.cpuUs / 1_000, 1)} |`,
    ),
  ];
}

function goals(results: readonly HttpResult[]): readonly string[] {
  return results.flatMap(({ load: { path, connections: count }, by }) => {
    const at = `at ${connections(count)}`;
    if (path === '/large') {
      const measured = ratio(by, 'chaperone capped', 'nginx', 'megabytesPerSecond');
      const goal = `10 MB, capped: at least ${LEAST_OF_NGINX_BULK} × nginx’s throughput ${at}`;
      return [goalLine(goal, measured, measured >= LEAST_OF_NGINX_BULK)];
    }
    if (count === 1) {
      const measured = ratio(by, 'chaperone batched', 'nginx', 'p50Us');
      const goal = `small JSON: p50 at most ${MOST_OF_NGINX_P50} × nginx’s ${at}`;
      return [goalLine(goal, measured, measured <= MOST_OF_NGINX_P50)];
    }
    const measured = ratio(by, 'chaperone batched', 'haproxy', 'perSecond');
    const goal = `small JSON: at least ${LEAST_OF_HAPROXY} × haproxy’s requests/s ${at}`;
    return [goalLine(goal, measured, measured >= LEAST_OF_HAPROXY)];
  });
}

function goalLine(goal: string, measured: number, isMet: boolean): string {
  return `| ${goal} | ${measured.toFixed(2)} | ${isMet ? 'met' : 'missed'} |`;
}

function ratio(by: HttpResult['by'], one: string, other: string, figure: keyof LoadFigures): number {
  return (by.get(one)?.[figure] ?? Number.NaN) / (by.get(other)?.[figure] ?? Number.NaN);
}

function withRatio(one: LoadFigures, to: LoadFigures | undefined, figure: keyof LoadFigures, digits = 0): string {
  if (Number.isNaN(one[figure])) return '–';
  const shown = grouped(one[figure], digits);
  return to === undefined ? shown : `${shown} (${(one[figure] / to[figure]).toFixed(2)})`;
}

function connections(count: number): string {
  return count === 1 ? '1 connection' : `${count} connections`;
}

function grouped(value: number, digits: number): string {
  return value.toLocaleString('en', { maximumFractionDigits: digits, minimumFractionDigits: digits });
}
