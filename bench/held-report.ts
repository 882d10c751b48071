import type { HeldFigures } from './held.ts';

const TITLE = '## Requests that wait for people';

/** The figures of held requests as a section of Markdown, with its title. */
export function heldSection(figures: HeldFigures, when: string): string {
  const { count, left, counts } = figures;
  const rows: readonly (readonly [string, string])[] = [
    [`${count} asked at once, until all were told that they wait`, `${fixed(figures.filedMs)} ms`],
    ['until people could see of each what it would do', `${fixed(figures.estimatedMs)} ms`],
    ['CPU of the gateway in 10 s: nobody connected', `${fixed(figures.cpuAlone, 2)} s`],
    [`${count} connected and idle`, `${fixed(figures.cpuIdle, 2)} s`],
    [`${count} held`, `${fixed(figures.cpuHeld, 2)} s`],
    ['memory (PSS) of a connection', `${fixed(figures.pssPerConnection / 1024, 1)} KB`],
    ['more of one that is held', `${fixed(figures.pssPerHold / 1024, 1)} KB`],
    ['heap in use for a connection', `${fixed(figures.heapPerConnection / 1024, 1)} KB`],
    ['more for one that is held', `${fixed(figures.heapPerHold / 1024, 1)} KB`],
    ['p50 of `select 1` beside them, idle', `${fixed(figures.besideIdleP50)} µs`],
    ['p50 of `select 1` beside them, held', `${fixed(figures.besideHeldP50)} µs`],
    ['two people answer all, until all clients have their reply', `${fixed(figures.decidedMs)} ms`],
    ['CPU of the gateway for that', `${fixed(figures.decisionCpu, 2)} s`],
    ['what their answers came to', spelled(figures.outcomes)],
    [`of ${count} more, ${left.count} leave, until all of those are withdrawn`, `${fixed(left.withdrawnMs)} ms`],
    ['what the answers to all of them came to', spelled(left.outcomes)],
    ['updates by how often the server was sent them', times(figures.reached)],
    ['rows by how often they changed', times(figures.rows)],
    ['approvals', `${counts.approved} approved, ${counts.used} used, ${counts.cancelled} withdrawn`],
  ];
  return [
    TITLE,
    '',
    `Made by \`npm run bench -- --held\` on ${when}, approvals on SQLite; the machine's load before it was`,
    `${fixed(figures.loadBefore, 1)}. Each client sends an update of its own that needs an approval; two people answer all of them, one`,
    'from the first on and one from the last on. The clients share the cores with the gateway and the server. As many that',
    'were held and answered before, to warm up, are in what the server was sent, and in the approvals.',
    '',
    '| what | measured |',
    '|---|---|',
    ...rows.map(([what, measured]) => `| ${what} | ${measured} |`),
    '',
  ].join('\n');
}

/** The page with this section in the place of the one that it had, or at its end. */
export function withHeldSection(page: string, section: string): string {
  const known = sectionOf(page);
  return known === undefined ? `${page.trimEnd()}\n\n${section}` : page.replace(known, () => section);
}

/** The section as the page has it. */
export function sectionOf(page: string): string | undefined {
  const start = page.indexOf(`${TITLE}\n`);
  if (start < 0) return undefined;
  const next = page.indexOf('\n## ', start);
  return next < 0 ? page.slice(start) : page.slice(start, next);
}

function spelled(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([what, count]) => `${count} ${what}`)
    .join(', ');
}

function times(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([often, count]) => `${count}: ${often} times`)
    .join(', ');
}

function fixed(value: number, digits = 0): string {
  return value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}
