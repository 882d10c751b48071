import type { Case, Maker, Sample } from './case.ts';
import { NATIONAL_MAKERS } from './national-makers.ts';
import * as pii from './pii-makers.ts';
import * as secret from './secret-makers.ts';
import { Seeded } from './seeded.ts';
import { columnOf, SURROUNDINGS } from './surroundings.ts';
import { WRITTEN } from './written.ts';

export const MAKERS: Readonly<Record<string, Maker>> = {
  email: pii.email,
  card: pii.card,
  iban: pii.iban,
  phone: pii.phone,
  'ip-address': pii.ipAddress,
  'us-ssn': pii.usSsn,
  ...NATIONAL_MAKERS,
  jwt: secret.jwt,
  'private-key': secret.privateKey,
  'api-key': secret.apiKey,
  'aws-secret': secret.awsSecret,
  'url-password': secret.urlPassword,
  credential: secret.credential,
};

const POSITIVES = 250;
const NEGATIVES = 400;
/** What stands before numbers of other things. */
const OTHER_LABELS = ['order', 'invoice', 'Bestellung', 'référence', 'ticket', 'artikel', 'request id'];

export interface Corpus {
  readonly positives: readonly Case[];
  readonly negatives: readonly Case[];
}

/** The seeds: the detectors were improved on what the first one makes, and measured again on what the second one does. */
export const SEEDS = ['improved on', 'held out'] as const;
export type Seed = (typeof SEEDS)[number];

/** The cases of one detector: those that are made from a seed, and those that were written by hand. */
export function corpusOf(detector: string, seed: Seed): Corpus {
  const maker = MAKERS[detector];
  if (maker === undefined) throw new Error(`no corpus for ${detector}`);
  const seeded = new Seeded(seed === 'improved on' ? detector : `${seed}: ${detector}`);
  const written = WRITTEN[detector] ?? { positives: [], negatives: [] };
  const positives = Array.from({ length: POSITIVES }, (_, index) =>
    surrounded(maker, maker.positive(seeded), index, seeded, true),
  );
  const negatives = Array.from({ length: NEGATIVES }, (_, index) =>
    surrounded(maker, maker.negative(seeded), index, seeded, false),
  );
  return {
    positives: [...positives, ...written.positives.map(([text, ...expected]) => ({ text, expected, kind: 'by hand' }))],
    negatives: [...negatives, ...written.negatives.map((text) => ({ text, expected: [], kind: 'by hand' }))],
  };
}

function surrounded(maker: Maker, sample: Sample, index: number, seeded: Seeded, isPositive: boolean): Case {
  const surrounding = SURROUNDINGS[index % SURROUNDINGS.length];
  if (surrounding === undefined) throw new Error('no surrounding');
  const label = maker.labels.length === 0 || sample.isOther ? seeded.pick(OTHER_LABELS) : seeded.pick(maker.labels);
  const { text, at } = surrounding.write(sample.value, label, seeded);
  const secret = sample.secret === undefined ? at : JSON.stringify(sample.secret).slice(1, -1);
  const kind = `${sample.kind} (${surrounding.name})`;
  if (!isPositive) return { text, expected: [], kind };
  // A value without its label is found by the name of its column.
  const column = maker.needsLabel && surrounding.isBare ? { column: columnOf(label) } : {};
  return { text, expected: [secret], kind, ...column };
}
