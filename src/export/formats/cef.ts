/** ArcSight Common Event Format, version 0 (Implementation Standard, revision 27). */
import type { ToldEvent } from '../told-event.ts';
import { visible } from '../visible.ts';
import { type Format, formatted } from './format.ts';

export const cef: Format = (told, { version }) => [formatted(told, lineOf(told, version))];

const SEVERITIES = { info: 1, low: 3, medium: 5, high: 8 } as const;
/** As the standard bounds the fields that are used; a longer text is cut. */
const MAX_CHARACTERS = 1023;

function lineOf(told: ToldEvent, version: string): string {
  const head = ['CEF:0', 'Chaperone', 'Chaperone', version, told.kind, told.message, SEVERITIES[told.severity]];
  const [first, ...rest] = head.map((field) => headerText(String(field)));
  const extension = extensionOf(told).map(([key, value]) => `${key}=${extensionText(String(value))}`);
  return `${[first, ...rest].join('|')}|${extension.join(' ')}`;
}

function extensionOf(told: ToldEvent): readonly (readonly [key: string, value: string | number])[] {
  const { subject, source, target, verdict, statements } = told;
  const pairs: readonly (readonly [string, string | number | undefined])[] = [
    ['rt', told.atMs],
    ['externalId', `${told.origin}/${told.id}`],
    ['deviceExternalId', told.origin],
    ['cat', told.family],
    ['act', verdict?.disposition ?? told.action],
    ['outcome', told.outcome],
    ['reason', told.code],
    ['suid', subject.id],
    ['suser', subject.name],
    ['src', isVersion4(source.address) ? source.address : undefined],
    ['c6a2', isVersion4(source.address) ? undefined : source.address],
    ['c6a2Label', isVersion4(source.address) || source.address === undefined ? undefined : 'Source IPv6 Address'],
    ['spt', source.port],
    ['destinationServiceName', target?.name],
    ['app', target?.protocol === '' ? undefined : target?.protocol],
    ['start', told.startMs],
    ['end', told.durationMs === undefined || told.startMs === undefined ? undefined : told.startMs + told.durationMs],
    ...labelled('cs1', 'run', told.run),
    ...labelled('cs2', 'session', told.session),
    ...labelled('cs3', 'operation', told.action),
    ...labelled('cs4', 'tables', told.tables.length === 0 ? undefined : told.tables.join(',')),
    ...labelled(
      'cs5',
      'rules',
      verdict === undefined || verdict.rules.length === 0 ? undefined : verdict.rules.join(','),
    ),
    ...labelled('cs6', 'recordHash', told.leaf),
    ...labelled('cn1', 'rows', numberOf(told.more['rows'])),
    ...labelled('cn2', 'exchange', told.exchange),
    ...labelled('cn3', 'logIndex', told.index),
    ['msg', statements === undefined ? told.detail : statements.join('; ')],
  ];
  return pairs.filter((pair): pair is readonly [string, string | number] => pair[1] !== undefined);
}

function labelled(key: string, label: string, value: string | number | undefined) {
  return [[key, value] as const, [`${key}Label`, value === undefined ? undefined : label] as const];
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

function isVersion4(address: string | undefined): boolean {
  return address !== undefined && /^\d+\.\d+\.\d+\.\d+$/.test(address);
}

/** `\` and `|` are escaped; an end of line cannot stand there at all. */
function headerText(text: string): string {
  return cut(visible(text)).replaceAll('\\', '\\\\').replaceAll('|', '\\|');
}

/** `\`, `=` are escaped; ends of lines stay lines, as `\n`. */
function extensionText(text: string): string {
  const lines = text
    .replaceAll('\r\n', '\n')
    .split(/[\r\n]/u)
    .map(visible);
  return cut(lines.join('\n')).replaceAll('\\', '\\\\').replaceAll('=', '\\=').replaceAll('\n', '\\n');
}

function cut(text: string): string {
  return text.length > MAX_CHARACTERS ? `${text.slice(0, MAX_CHARACTERS - 1)}…` : text;
}
