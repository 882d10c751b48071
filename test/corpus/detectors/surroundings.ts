import type { Seeded } from './seeded.ts';

/** Where values stand in the replies of databases, services and programs. `at` is the value, escaped where it must be. */
interface Surrounding {
  readonly name: string;
  readonly write: (value: string, label: string, seeded: Seeded) => { readonly text: string; readonly at: string };
  /** True where no label stands beside the value. */
  readonly isBare?: true;
}

function plain(write: (value: string, label: string, seeded: Seeded) => string): Surrounding['write'] {
  return (value, label, seeded) => ({ text: write(value, label, seeded), at: value });
}

function json(write: (value: string, label: string, seeded: Seeded) => string): Surrounding['write'] {
  return (value, label, seeded) => {
    const at = JSON.stringify(value).slice(1, -1);
    return { text: write(at, label, seeded), at };
  };
}

/** A label as a column, a key or a variable: without blanks. */
function key(label: string): string {
  return label.toLowerCase().replaceAll(/[^\p{L}\p{M}\p{N}]+/gu, '_');
}

const NAMES = ['Ada Lovelace', 'Jürgen Groß', 'María Núñez', 'Zoë van Dijk', '山田太郎', 'Łucja Żak'];

export const SURROUNDINGS: readonly Surrounding[] = [
  { name: 'value', write: plain((value) => value), isBare: true },
  {
    name: 'csv',
    write: plain((v, _, s) => `${s.below(9999)},${s.pick(NAMES)},${v},2024-03-0${1 + s.below(9)},true`),
    isBare: true,
  },
  { name: 'quoted csv', write: plain((v, _, s) => `"${s.below(99)}";"${v}";"${s.pick(NAMES)}"`), isBare: true },
  { name: 'tsv', write: plain((v, _, s) => `${s.below(999)}\t${v}\t${s.pick(NAMES)}`), isBare: true },
  { name: 'psql', write: plain((v, _, s) => ` ${s.below(999)} | ${s.pick(NAMES)} | ${v} | t`), isBare: true },
  { name: 'html', write: plain((v) => `<tr><td>17</td><td>${v}</td></tr>`), isBare: true },
  { name: 'japanese', write: plain((v) => `お客様の番号は「${v}」です。`), isBare: true },
  { name: 'json', write: json((v, l, s) => `{"id": ${s.below(999)}, "${key(l)}": "${v}", "active": true}`) },
  { name: 'compact json', write: json((v, l) => `[{"a":null,"${key(l)}":"${v}"},{"a":1}]`) },
  { name: 'json in json', write: json((v, l) => `{"log": "x {\\"${key(l)}\\": \\"${v}\\"} y"}`) },
  { name: 'line of json', write: json((v, l) => `{"msg": "first line\\n${l}:\\n${v}\\nlast"}`) },
  {
    name: 'log',
    write: plain(
      (v, l, s) => `2026-03-01T10:22:13.12${s.below(9)}Z INFO [worker-3] ${key(l)}=${v} status=200 dur=12ms`,
    ),
  },
  { name: 'syslog', write: plain((v, l) => `Mar  1 10:22:13 host app[812]: rejected ${l} "${v}" of batch 7`) },
  { name: 'english', write: plain((v, l) => `Please note that the ${l} ${v} was entered twice.`) },
  { name: 'german', write: plain((v, l) => `Bitte prüfen Sie die Angabe (${l}: ${v}), danke für Ihre Mühe.`) },
  { name: 'french', write: plain((v, l) => `Merci de vérifier « ${l} : ${v} » avant l’envoi.`) },
  { name: 'spanish', write: plain((v, l) => `¿Es correcto? ${l}: ${v}; gracias.`) },
  { name: 'polish', write: plain((v, l) => `Proszę sprawdzić – ${l}: ${v}, dziękuję.`) },
  { name: 'yaml', write: plain((v, l) => `customer:\n  ${key(l)}: ${v}\n  since: 2021-04-05\n`) },
  { name: 'key error', write: plain((v, l) => `duplicate key value: Key (${key(l)})=(${v}) already exists.`) },
  { name: 'xml', write: plain((v, l) => `<row><${key(l)}>${v}</${key(l)}></row>`) },
  { name: 'markdown', write: plain((v, l) => `| ${l} | ${v} |`) },
  { name: 'insert', write: plain((v, l) => `INSERT INTO t (id, ${key(l)}) VALUES (7, '${v}');`) },
  { name: 'table', write: plain((v, l) => ` ${l}\n----------\n ${v}\n(1 row)`) },
];

/** The column of a bare value. */
export function columnOf(label: string): string {
  return key(label);
}
