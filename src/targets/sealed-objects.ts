import type { Declared } from '../model/declaration.ts';
import type { Declarations } from '../store/configuration-rows.ts';
import { ConfigurationInvalid } from './configuration-invalid.ts';
import { isSealed, shownSource } from './declare-target.ts';
import type { Named, NamedRule, SectionLoaders } from './prepare-configuration.ts';
import type { Sealer } from './sealing.ts';

type Row = Declarations['channels'][number] | Declarations['exports'][number];
/** What has secrets of its own, sealed for where they go, beside a declaration without them. */
type SealedKind = 'channel' | 'export';

interface Parts<Issuer extends Named, Rule extends NamedRule> {
  readonly sealer: Sealer;
  readonly loaders: SectionLoaders<Issuer, Rule>;
}

/** One as somebody would declare it, with where each secret comes from, or that it is sealed. */
export function shownSealed<Issuer extends Named, Rule extends NamedRule>(
  row: Row,
  kind: SealedKind,
  { sealer, loaders }: Parts<Issuer, Rule>,
): object {
  const { item, boundTo } = declarer(kind, loaders)(row.declaration);
  const secrets = secretsOf(sealer.open(row.sealed, boundTo));
  return { ...item, ...Object.fromEntries(secrets.map(([name, source]) => [name, shownSource(source)])) };
}

/**
 * A declared one with the secrets that its text leaves out, for as long as they go where they were sealed for.
 * Throws `ConfigurationInvalid`.
 */
export function withKeptSealed<Issuer extends Named, Rule extends NamedRule>(
  declared: Declared,
  row: Row,
  kind: SealedKind,
  { sealer, loaders }: Parts<Issuer, Rule>,
): Declared {
  const value = declared.value as Readonly<Record<string, unknown>>;
  const before = declarer(kind, loaders)(row.declaration);
  if (value['kind'] !== before.item['kind']) return declared;
  const left = secretsOf(sealer.open(row.sealed, before.boundTo)).filter(([name]) => isLeftOut(name, value));
  if (left.length === 0) return declared;
  const filled = [{ ...declared, value: { ...value, ...placeholders(left) } }];
  const after = kind === 'channel' ? loaders.channels(filled) : loaders.exports(filled);
  if (after.problems.length > 0) throw new ConfigurationInvalid(after.problems);
  if (after.items[0]?.boundTo !== before.boundTo) {
    const message = `the secrets are sealed for the address that the ${kind} had`;
    const advice = 'Give them again, for them to be used with the new one.';
    const line = declared.line([PLACES.find((name) => name in value) ?? 'name']);
    throw new ConfigurationInvalid([{ file: declared.file, line, message, advice }]);
  }
  return { ...declared, value: { ...value, ...Object.fromEntries(left) } };
}

function declarer<Issuer extends Named, Rule extends NamedRule>(
  kind: SealedKind,
  loaders: SectionLoaders<Issuer, Rule>,
) {
  return kind === 'channel' ? loaders.declareChannel : loaders.declareExport;
}

/** The fields that say where secrets go, for a problem to stand at its line. */
const PLACES = ['url', 'apiUrl', 'smtp', 'endpoint', 'bucket'] as const;

type Source = Parameters<typeof shownSource>[0];

function secretsOf(opened: string): readonly (readonly [name: string, source: Source])[] {
  return Object.entries(JSON.parse(opened) as Readonly<Record<string, Source>>);
}

/** Mail without a user is sent without a password: who takes the user out does not keep it. */
function isLeftOut(name: string, value: Readonly<Record<string, unknown>>): boolean {
  if (name === 'password' && value['user'] === undefined) return isSealed(value[name]);
  return value[name] === undefined || value[name] === null || isSealed(value[name]);
}

function placeholders(left: readonly (readonly [name: string, source: Source])[]) {
  return Object.fromEntries(left.map(([name]) => [name, { value: 'sealed' }]));
}
