import type { Declared } from '../model/declaration.ts';
import type { Declarations } from '../store/configuration-rows.ts';
import { ConfigurationInvalid } from './configuration-invalid.ts';
import { isSealed, shownSource } from './declare-target.ts';
import type { Named, NamedRule, SectionLoaders } from './prepare-configuration.ts';
import type { Sealer } from './sealing.ts';

type Row = Declarations['channels'][number];

interface Parts<Issuer extends Named, Rule extends NamedRule> {
  readonly sealer: Sealer;
  readonly loaders: SectionLoaders<Issuer, Rule>;
}

/** A channel as somebody would declare it, with where each secret comes from, or that it is sealed. */
export function shownChannel<Issuer extends Named, Rule extends NamedRule>(
  row: Row,
  { sealer, loaders }: Parts<Issuer, Rule>,
): object {
  const { item, boundTo } = loaders.declareChannel(row.declaration);
  const secrets = secretsOf(sealer.open(row.sealed, boundTo));
  return { ...item, ...Object.fromEntries(secrets.map(([name, source]) => [name, shownSource(source)])) };
}

/**
 * A declared channel with the secrets that its text leaves out, for as long as they go where they were sealed for.
 * Throws `ConfigurationInvalid`.
 */
export function withChannelSecrets<Issuer extends Named, Rule extends NamedRule>(
  declared: Declared,
  row: Row,
  { sealer, loaders }: Parts<Issuer, Rule>,
): Declared {
  const value = declared.value as Readonly<Record<string, unknown>>;
  const before = loaders.declareChannel(row.declaration);
  if (value['kind'] !== before.item['kind']) return declared;
  const left = secretsOf(sealer.open(row.sealed, before.boundTo)).filter(([name]) => isLeftOut(name, value));
  if (left.length === 0) return declared;
  const after = loaders.channels([{ ...declared, value: { ...value, ...placeholders(left) } }]);
  if (after.problems.length > 0) throw new ConfigurationInvalid(after.problems);
  if (after.items[0]?.boundTo !== before.boundTo) {
    const message = 'the secrets are sealed for the address that the channel had';
    const advice = 'Give them again, for them to be used with the new one.';
    const line = declared.line([PLACES.find((name) => name in value) ?? 'name']);
    throw new ConfigurationInvalid([{ file: declared.file, line, message, advice }]);
  }
  return { ...declared, value: { ...value, ...Object.fromEntries(left) } };
}

/** The fields that say where a channel's secrets go, for a problem to stand at its line. */
const PLACES = ['url', 'apiUrl', 'smtp'] as const;

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
