import type { Measured, Outcome } from '../test/corpus/detectors/measure.ts';
import { type Circumstances, madeBy } from './circumstances.ts';
import { CLEAN_TEXTS, type DetectorFigures } from './detectors.ts';
import type { MaskedRead } from './masked-read.ts';

const SHOWN_CHARACTERS = 140;

/** The page about detectors, as Markdown: how well they find, what they miss, and what they cost. */
export function detectorsPage(figures: DetectorFigures, read: MaskedRead, circumstances: Circumstances): string {
  const [improved, held] = figures.quality;
  const of = (all: typeof improved, name: string): Measured | undefined =>
    all?.measured.find(({ detector }) => detector === name);
  return [
    '# Detectors',
    '',
    `${madeBy('detectors', circumstances)} How the`,
    'corpus is made, and what counts as found, is told in [its own page](../test/corpus/detectors/README.md).',
    '',
    '## What they find',
    '',
    'The detectors were improved on the cases of the first seed and measured again on those of the second, *held out*.',
    '',
    '| detector | positives | hard negatives | precision | recall | held out: precision | recall |',
    '|---|---|---|---|---|---|---|',
    ...(improved?.measured ?? []).map((one) => {
      const other = of(held, one.detector);
      const rates = [one.precision, one.recall, other?.precision ?? 0, other?.recall ?? 0].map((rate) =>
        rate.toFixed(3),
      );
      return `| \`${one.detector}\` | ${one.positives} | ${one.negatives} | ${rates.join(' | ')} |`;
    }),
    '',
    '## What they miss, and find by mistake',
    '',
    ...figures.quality.flatMap(({ seed, measured }) => [`### Cases ${seed}`, '', ...outcomes(measured), '']),
    '## What they cost where nothing is found',
    '',
    `Megabytes a second of CPU over text without findings, in blocks as rows are looked at; copying the same bytes within the`,
    `processor's cache runs at ${fixed(figures.copy)}. The goal is 300 for each set.`,
    '',
    `| set | detectors | states | ${Object.keys(CLEAN_TEXTS).join(' | ')} |`,
    `|---|---|---|${Object.keys(CLEAN_TEXTS)
      .map(() => '---|')
      .join('')}`,
    ...figures.speed.map(
      ({ set, detectors, states, rates }) =>
        `| \`${set}\` | ${detectors} | ${fixed(states)} | ${rates.map((rate) => fixed(rate)).join(' | ')} |`,
    ),
    '',
    '## A bulk read, masked',
    '',
    `One query of ${read.megabytes} MB of text rows through the gateway, median of ${read.rounds} rounds in turn; *masked* looks for e-mail, cards`,
    'and the six detectors of secrets. CPU is that of the gateway alone. The goal is a third of the unmasked throughput; where the gateway is what the read',
    'waits for, its throughput is as the inverse of its CPU, and where something else is, masks cost less than that.',
    '',
    '| | MB/s | CPU s per GB |',
    '|---|---|---|',
    `| unmasked | ${fixed(read.unmasked.megabytesPerSecond)} | ${read.unmasked.cpuPerGigabyte.toFixed(2)} |`,
    `| masked | ${fixed(read.masked.megabytesPerSecond)} | ${read.masked.cpuPerGigabyte.toFixed(2)} |`,
    `| masked against unmasked | ${(read.masked.megabytesPerSecond / read.unmasked.megabytesPerSecond).toFixed(2)} | ${(read.masked.cpuPerGigabyte / read.unmasked.cpuPerGigabyte).toFixed(2)} |`,
    '',
  ].join('\n');
}

function outcomes(measured: readonly Measured[]): readonly string[] {
  const lines = measured.flatMap(({ detector, misses, falseAlarms }) => [
    ...misses.map((one) => line(detector, 'missed', one)),
    ...falseAlarms.map((one) => line(detector, 'by mistake', one)),
  ]);
  return lines.length === 0
    ? ['None.']
    : ['| detector | what | case | text | found |', '|---|---|---|---|---|', ...lines];
}

function line(detector: string, what: string, { kind, text, found }: Outcome): string {
  return `| \`${detector}\` | ${what} | ${kind} | ${code(text)} | ${found.map(code).join(' ')} |`;
}

/** Text as code in a cell, cut where it is long. */
function code(text: string): string {
  const shown = text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text;
  return `\`\` ${shown.replaceAll(/[\r\n\t]/g, ' ').replaceAll('|', '\\|')} \`\``;
}

function fixed(value: number): string {
  return value.toLocaleString('en', { maximumFractionDigits: 0 });
}
