import { createHash } from 'node:crypto';
import type { Declared, Loaded, Problem } from '../model/declaration.ts';
import type { Declarations, ExportContent, RowChange } from '../store/configuration-rows.ts';
import type { Store } from '../store/store.ts';
import { ConfigurationInvalid } from './configuration-invalid.ts';
import { credentialBinding } from './credential.ts';
import { type DeclaredTarget, loadTargets } from './load-targets.ts';
import type { Change, Configuration, Entry } from './plan-apply.ts';
import { type DeclaredConfiguration, fromYamlItem, toYamlItem } from './read-configuration.ts';
import type { Sealer } from './sealing.ts';

/** How the other folders judge their sections; `main.ts` passes identity's loaders and policy's parser. */
export interface SectionLoaders<Issuer extends Named, Rule extends NamedRule> {
  readonly issuers: (declared: readonly Declared[]) => Loaded<Issuer>;
  readonly trust: (declared: readonly Declared[], issuers: readonly Issuer[]) => Loaded<Rule>;
  readonly policies: (files: readonly { readonly path: string; readonly text: string }[]) => {
    readonly problems: readonly { readonly path: string; readonly line: number; readonly message: string }[];
  };
  readonly channels: (declared: readonly Declared[]) => Loaded<DeclaredChannel>;
  readonly exports: (declared: readonly Declared[]) => Loaded<DeclaredExport>;
  readonly retention: (declared: readonly Declared[]) => Loaded<Named>;
  /** An issuer and a rule as somebody would declare them: what its loader makes the same of. */
  readonly declareIssuer: (issuer: Issuer) => object;
  readonly declareRule: (rule: Rule) => object;
  /** A retention rule as the store has it, as somebody would declare it. */
  readonly declareRetention: (stored: string) => object;
  /** A channel as the store has it, as somebody would declare it without its secrets, and what those are bound to. */
  readonly declareChannel: (stored: string) => ShownItem;
  /** The same of an export. */
  readonly declareExport: (stored: string) => ShownItem;
}

export interface ShownItem {
  readonly item: Readonly<Record<string, unknown>>;
  readonly boundTo: string;
}

/** A way to tell people of approvals, as approvals/channels reads it. */
export interface DeclaredChannel {
  readonly channel: Named & { readonly kind: 'slack' | 'webhook' | 'email' };
  /** Where its secrets come from, or they themselves: sealed, never shown. */
  readonly secrets: unknown;
  /** What they may be sent to; part of the seal. */
  readonly boundTo: string;
}

/** Where the record goes besides the log, as export/ reads it. */
export interface DeclaredExport extends Omit<DeclaredChannel, 'channel'> {
  readonly export: Named & { readonly kind: ExportContent['kind'] };
}

export interface Named {
  readonly name: string;
}

export interface NamedRule extends Named {
  /** Absent in a rule for people. */
  readonly issuer?: string;
  readonly targets: readonly string[];
  /** What its runs may ask people for. */
  readonly requestable?: readonly { readonly targets: readonly string[] }[];
}

export interface ConfigurationServiceOptions<Issuer extends Named, Rule extends NamedRule> {
  readonly store: Store;
  readonly sealer: Sealer;
  readonly loaders: SectionLoaders<Issuer, Rule>;
  /** The protocols that this gateway speaks. */
  readonly protocols: readonly string[];
  /** Puts the changes on record before they take effect; where it rejects nothing is changed. */
  readonly record: (changes: readonly Change[], by: string) => Promise<void>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** What the declared sections are to become. */
export interface Desired {
  readonly issuers: readonly Named[] | undefined;
  readonly rules: readonly Named[] | undefined;
  readonly targets: readonly DeclaredTarget[] | undefined;
  readonly policies: readonly { readonly name: string; readonly value: unknown }[] | undefined;
  readonly channels: readonly DeclaredChannel[] | undefined;
  readonly exports: readonly DeclaredExport[] | undefined;
  readonly retention: readonly Named[] | undefined;
}

/** Judges every section, also against what stays as it is. Throws `ConfigurationInvalid` with all problems. */
export function desiredOf<Issuer extends Named, Rule extends NamedRule>(
  declared: DeclaredConfiguration,
  current: Declarations,
  { loaders, protocols }: ConfigurationServiceOptions<Issuer, Rule>,
): Desired {
  const { sections } = declared;
  const issuers = sections.issuers && loaders.issuers(sections.issuers);
  const inForce = issuers?.items ?? current.issuers.map(({ declaration }) => JSON.parse(declaration) as Issuer);
  const isIssuersSound = (issuers?.problems.length ?? 0) === 0;
  const rules = isIssuersSound && sections.trust ? loaders.trust(sections.trust, inForce) : undefined;
  const targets = sections.targets && loadTargets(sections.targets, protocols);
  const channels = sections.channels && loaders.channels(sections.channels);
  const exports = sections.exports && loaders.exports(sections.exports);
  const retention = sections.retention && loaders.retention(sections.retention);
  const policies = loaders.policies(declared.policyFiles).problems;
  const problems: readonly Problem[] = [
    ...declared.problems,
    ...(issuers?.problems ?? []),
    ...(rules?.problems ?? []),
    ...(targets?.problems ?? []),
    ...(channels?.problems ?? []),
    ...(exports?.problems ?? []),
    ...(retention?.problems ?? []),
    ...policies.map(({ path, line, message }) => ({
      file: path,
      line,
      message: message.replace(/\.$/, ''),
      advice: POLICY_ADVICE,
    })),
  ];
  if (problems.length > 0) throw new ConfigurationInvalid(problems);
  const kept = current.trustRules.map(({ declaration }) => JSON.parse(declaration) as Rule);
  const dangling = danglingReferences(rules?.items ?? kept, {
    issuers: inForce.map(({ name }) => name),
    targets: targets?.items.map(({ target }) => String(target.name)) ?? current.targets.map(({ name }) => name),
    declared: sections.trust ?? [],
  });
  if (dangling.length > 0) throw new ConfigurationInvalid(dangling);
  return {
    issuers: issuers?.items,
    rules: rules?.items,
    targets: targets?.items,
    policies: sections.policies?.map(({ value }) => ({ name: nameOf(value), value })),
    channels: channels?.items,
    exports: exports?.items,
    retention: retention?.items,
  };
}

const POLICY_ADVICE = 'See docs/reference/policy.md.';

/** A rule for a target that does not exist is a mistake, or an open door for whoever makes one of that name. */
function danglingReferences(
  rules: readonly NamedRule[],
  known: {
    readonly issuers: readonly string[];
    readonly targets: readonly string[];
    /** Where the rules stand, as far as they are among what is declared. */
    readonly declared: readonly Declared[];
  },
): readonly Problem[] {
  const problem = (rule: string, path: readonly (string | number)[], message: string): Problem => {
    const source = known.declared.find(({ value }) => nameOf(value) === rule);
    return {
      file: source?.file ?? 'trust',
      line: source?.line(path) ?? 1,
      message: `the trust rule ${rule} ${message}`,
      advice: 'Declare it, or change the rule in the same files.',
    };
  };
  return rules.flatMap(({ name, issuer, targets, requestable = [] }) => {
    const missing = (named: readonly string[], path: readonly (string | number)[]): readonly Problem[] =>
      named.flatMap((target, index) =>
        known.targets.includes(target)
          ? []
          : [problem(name, [...path, index], `names the target ${target}, which does not exist`)],
      );
    return [
      ...(issuer === undefined || known.issuers.includes(issuer)
        ? []
        : [problem(name, ['issuer'], `needs the issuer ${issuer}`)]),
      ...missing(targets, ['targets']),
      ...requestable.flatMap((one, index) => missing(one.targets, ['requestable', index, 'targets'])),
    ];
  });
}

export function configurationOf(current: Declarations): Configuration {
  const fingerprints = new Map(current.credentials.map(({ target, fingerprint }) => [target, fingerprint]));
  const entry = ({ name, declaration }: { name: string; declaration: string }): Entry => {
    const credential = fingerprints.get(name);
    return { name, content: JSON.parse(declaration), ...(credential !== undefined && { credential }) };
  };
  const plain = (row: { name: string; declaration: string }): Entry => ({
    name: row.name,
    content: JSON.parse(row.declaration),
  });
  return {
    issuer: current.issuers.map(plain),
    'trust rule': current.trustRules.map(plain),
    target: current.targets.map(entry),
    policy: current.policies.map(({ name, text }) => ({ name, content: fromYamlItem(text) })),
    channel: current.channels.map((row) => ({ ...plain(row), credential: row.fingerprint })),
    export: current.exports.map((row) => ({ ...plain(row), credential: row.fingerprint })),
    'retention rule': current.retention.map(plain),
  };
}

export function entriesOf(
  { issuers, rules, targets, policies, channels, exports, retention }: Desired,
  sealer: Sealer,
): Configuration {
  return {
    ...(issuers && { issuer: issuers.map(asEntry) }),
    ...(rules && { 'trust rule': rules.map(asEntry) }),
    ...(targets && {
      target: targets.map((declared) => ({
        ...asEntry(declared.target),
        credential: sealer.fingerprint(JSON.stringify(declared.credential), credentialBinding(declared.target)),
      })),
    }),
    ...(policies && { policy: policies.map(({ name, value }) => ({ name, content: value })) }),
    ...(channels && {
      channel: channels.map((declared) => ({
        ...asEntry(declared.channel),
        credential: sealer.fingerprint(JSON.stringify(declared.secrets), declared.boundTo),
      })),
    }),
    ...(exports && {
      export: exports.map((declared) => ({
        ...asEntry(declared.export),
        credential: sealer.fingerprint(JSON.stringify(declared.secrets), declared.boundTo),
      })),
    }),
    ...(retention && { 'retention rule': retention.map(asEntry) }),
  };
}

/** Through JSON, so that what is declared compares with what was stored. */
function asEntry(item: Named): Entry {
  return { name: item.name, content: JSON.parse(JSON.stringify(item)) };
}

export function rowOf({ action, kind, name }: Change, desired: Desired, sealer: Sealer): RowChange {
  const isDelete = action === 'delete';
  switch (kind) {
    case 'issuer':
    case 'trust rule': {
      const item = (kind === 'issuer' ? desired.issuers : desired.rules)?.find((one) => one.name === name);
      const table = kind === 'issuer' ? 'issuers' : 'trust_rules';
      return { table, name, declaration: isDelete ? undefined : JSON.stringify(item) };
    }
    case 'target': {
      const declared = desired.targets?.find(({ target }) => target.name === name);
      return { table: 'targets', name, target: isDelete || !declared ? undefined : targetContent(declared, sealer) };
    }
    case 'policy': {
      const value = desired.policies?.find((one) => one.name === name)?.value;
      const text = toYamlItem(value);
      const digest = createHash('sha256').update(text).digest('hex');
      return { table: 'policies', name, policy: isDelete ? undefined : { text, digest } };
    }
    case 'channel': {
      const declared = desired.channels?.find(({ channel }) => channel.name === name);
      return { table: 'channels', name, channel: isDelete || !declared ? undefined : channelContent(declared, sealer) };
    }
    case 'export': {
      const declared = desired.exports?.find((one) => one.export.name === name);
      return { table: 'exports', name, export: isDelete || !declared ? undefined : exportContent(declared, sealer) };
    }
    case 'retention rule': {
      const item = desired.retention?.find((one) => one.name === name);
      return { table: 'retention_rules', name, declaration: isDelete ? undefined : JSON.stringify(item) };
    }
    default:
      return kind satisfies never;
  }
}

/** The policies' own parser has seen that there is a name. */
function nameOf(value: unknown): string {
  return typeof value === 'object' && value !== null && 'name' in value ? String(value.name) : '';
}

function targetContent({ target, credential }: DeclaredTarget, sealer: Sealer) {
  const binding = credentialBinding(target);
  const plain = JSON.stringify(credential);
  return {
    protocol: target.protocol,
    declaration: JSON.stringify(target),
    credential: { sealed: sealer.seal(plain, binding), fingerprint: sealer.fingerprint(plain, binding) },
  };
}

function channelContent({ channel, ...declared }: DeclaredChannel, sealer: Sealer) {
  return { kind: channel.kind, declaration: JSON.stringify(channel), ...sealedContent(declared, sealer) };
}

function exportContent({ export: item, ...declared }: DeclaredExport, sealer: Sealer) {
  return { kind: item.kind, declaration: JSON.stringify(item), ...sealedContent(declared, sealer) };
}

function sealedContent({ secrets, boundTo }: Pick<DeclaredChannel, 'secrets' | 'boundTo'>, sealer: Sealer) {
  const plain = JSON.stringify(secrets);
  return { sealed: sealer.seal(plain, boundTo), fingerprint: sealer.fingerprint(plain, boundTo) };
}
