import { createHash } from 'node:crypto';
import { stringify } from 'yaml';
import type { Declared } from '../model/declaration.ts';
import type { Target } from '../model/target.ts';
import {
  ConfigurationChanged,
  type Declarations,
  policyDocument,
  readDeclarations,
  writeDeclarations,
} from '../store/configuration-rows.ts';
import { ConfigurationInvalid } from './configuration-invalid.ts';
import { credentialBinding, parseCredential, placeholderCredential } from './credential.ts';
import { declareTarget, divertedPart, leavesSealed, shownCredential, withSealed } from './declare-target.ts';
import { loadTargets } from './load-targets.ts';
import { type Configuration, type Entry, type Kind, type Plan, planApply } from './plan-apply.ts';
import {
  type ConfigurationServiceOptions,
  configurationOf,
  desiredOf,
  entriesOf,
  type Named,
  type NamedRule,
  rowOf,
} from './prepare-configuration.ts';
import { type DeclaredConfiguration, fromYamlItem, readConfiguration, type Section } from './read-configuration.ts';
import { shownSealed, withKeptSealed } from './sealed-objects.ts';

export const OBJECT_KINDS = ['target', 'issuer', 'trust', 'policy', 'channel', 'export', 'retention'] as const;
export type ObjectKind = (typeof OBJECT_KINDS)[number];

/** One thing of the configuration, as somebody can read and edit it. No secret is in its text. */
export interface ConfigurationObject {
  readonly kind: ObjectKind;
  readonly name: string;
  /** YAML as `chaperone apply` takes it, with this one object. */
  readonly text: string;
  readonly updatedAt: string;
  /** Changes with everything about the object, its credential included. */
  readonly etag: string;
}

/** A change of one object: `text` is absent where it is to go, `etag` where it is to be new. */
export interface ObjectChange {
  readonly kind: ObjectKind;
  readonly name: string;
  readonly text?: string;
  readonly etag?: string;
}

/** Objects one by one, judged and recorded as `apply` does with all of them. */
export interface ConfigurationObjects {
  list(kind?: ObjectKind): Promise<readonly ConfigurationObject[]>;
  /** What a change would do; `stale` where the object is not the one that the change is of. Throws `ConfigurationInvalid`. */
  plan(change: ObjectChange): Promise<Plan | 'stale'>;
  apply(change: ObjectChange, by: string): Promise<Plan | 'stale'>;
}

const SECTION: Readonly<Record<ObjectKind, Section>> = {
  target: 'targets',
  issuer: 'issuers',
  trust: 'trust',
  policy: 'policies',
  channel: 'channels',
  export: 'exports',
  retention: 'retention',
};
const PLANNED: Readonly<Record<ObjectKind, Kind>> = {
  target: 'target',
  issuer: 'issuer',
  trust: 'trust rule',
  policy: 'policy',
  channel: 'channel',
  export: 'export',
  retention: 'retention rule',
};
/** How often a change is tried again when something else was changed at the same time. */
const ATTEMPTS = 5;

export function makeConfigurationObjects<Issuer extends Named, Rule extends NamedRule>(
  options: ConfigurationServiceOptions<Issuer, Rule>,
): ConfigurationObjects {
  const { store, sealer, record, now } = options;
  const prepare = async (change: ObjectChange) => {
    const current = await readDeclarations(store);
    const before = objectsOf(current, options).find(({ kind, name }) => kind === change.kind && name === change.name);
    if (before?.etag !== change.etag) return 'stale';
    const desired = desiredOf(declaredWith(change, current, options), current, options);
    return { current, desired, plan: planOf(change, configurationOf(current), entriesOf(desired, sealer)) };
  };
  return {
    list: async (kind) =>
      objectsOf(await readDeclarations(store), options).filter((one) => kind === undefined || one.kind === kind),
    async plan(change) {
      const prepared = await prepare(change);
      return prepared === 'stale' ? 'stale' : prepared.plan;
    },
    async apply(change, by) {
      for (let attempt = 1; ; attempt++) {
        const prepared = await prepare(change);
        if (prepared === 'stale') return 'stale';
        const { current, desired, plan } = prepared;
        if (plan.changes.length === 0) return plan;
        if (attempt === 1) await record(plan.changes, by);
        const rows = plan.changes.map((one) => rowOf(one, desired, sealer));
        const at = { version: current.version, now: new Date(now()).toISOString() };
        try {
          await writeDeclarations(store, rows, at);
          return plan;
        } catch (fault) {
          if (!(fault instanceof ConfigurationChanged) || attempt === ATTEMPTS) throw fault;
        }
      }
    },
  };
}

type Options<Issuer extends Named, Rule extends NamedRule> = ConfigurationServiceOptions<Issuer, Rule>;

function objectsOf<Issuer extends Named, Rule extends NamedRule>(
  { targets, credentials, issuers, trustRules, policies, channels, exports, retention }: Declarations,
  { sealer, loaders }: Options<Issuer, Rule>,
): readonly ConfigurationObject[] {
  const object = (kind: ObjectKind, name: string, item: unknown, updatedAt: string, more = '') => {
    const text = stringify({ [SECTION[kind]]: [item] }, { lineWidth: 0, aliasDuplicateObjects: false });
    const digest = createHash('sha256')
      .update(JSON.stringify([kind, name, text, more]))
      .digest('hex');
    return { kind, name, text, updatedAt, etag: `"${digest.slice(0, 32)}"` };
  };
  const sealed = new Map(credentials.map((row) => [row.target, row]));
  return [
    ...targets.map(({ name, declaration, updated_at }) => {
      const target = JSON.parse(declaration) as Target;
      const row = sealed.get(name);
      const opened = row && parseCredential(sealer.open(row.sealed, credentialBinding(target)));
      const item = declareTarget(target, opened ? shownCredential(opened) : {});
      return object('target', name, item, updated_at, row?.fingerprint);
    }),
    ...issuers.map(({ name, declaration, updated_at }) =>
      object('issuer', name, loaders.declareIssuer(JSON.parse(declaration) as Issuer), updated_at),
    ),
    ...trustRules.map(({ name, declaration, updated_at }) =>
      object('trust', name, loaders.declareRule(JSON.parse(declaration) as Rule), updated_at),
    ),
    ...policies.map(({ name, text, updated_at }) => object('policy', name, fromYamlItem(text), updated_at)),
    ...channels.map((row) =>
      object('channel', row.name, shownSealed(row, 'channel', { sealer, loaders }), row.updated_at, row.fingerprint),
    ),
    ...exports.map((row) =>
      object('export', row.name, shownSealed(row, 'export', { sealer, loaders }), row.updated_at, row.fingerprint),
    ),
    ...retention.map(({ name, declaration, updated_at }) =>
      object('retention', name, loaders.declareRetention(declaration), updated_at),
    ),
  ];
}

/** The object's whole section with the change made. Of the others, credentials are not needed: they stay as they are. */
function declaredWith<Issuer extends Named, Rule extends NamedRule>(
  change: ObjectChange,
  current: Declarations,
  options: Options<Issuer, Rule>,
): DeclaredConfiguration {
  const section = SECTION[change.kind];
  const own = change.text === undefined ? undefined : ownItem(change, change.text);
  const item = own && withKeptSecrets(own.item, change, current, options);
  const others = othersOf(change, current, options).map(inForce);
  const kept = current.policies.filter(({ name }) => name !== change.name);
  const policyFiles =
    change.kind === 'policy' ? [{ path: IN_FORCE, text: policyDocument(kept) }, ...(own?.policyFiles ?? [])] : [];
  return { sections: { [section]: [...others, ...(item ? [item] : [])] }, policyFiles, problems: [] };
}

const IN_FORCE = 'what is in force';

function inForce(value: unknown): Declared {
  return { value, file: IN_FORCE, line: () => 1 };
}

function othersOf<Issuer extends Named, Rule extends NamedRule>(
  { kind, name }: ObjectChange,
  { targets, issuers, trustRules, policies, retention }: Declarations,
  { loaders }: Options<Issuer, Rule>,
): readonly unknown[] {
  const parsed = <Item>(rows: readonly { readonly name: string; readonly declaration: string }[]) =>
    rows.filter((row) => row.name !== name).map(({ declaration }) => JSON.parse(declaration) as Item);
  switch (kind) {
    case 'target':
      return parsed<Target>(targets).map((target) => declareTarget(target, placeholderCredential(target.protocol)));
    case 'issuer':
      return parsed<Issuer>(issuers).map((issuer) => loaders.declareIssuer(issuer));
    case 'trust':
      return parsed<Rule>(trustRules).map((rule) => loaders.declareRule(rule));
    case 'policy':
      return policies.filter((row) => row.name !== name).map(({ text }) => fromYamlItem(text));
    case 'retention':
      return retention
        .filter((row) => row.name !== name)
        .map(({ declaration }) => loaders.declareRetention(declaration));
    case 'channel':
    case 'export':
      // None of them says anything of another.
      return [];
    default:
      return kind satisfies never;
  }
}

/** The one item of a text. Throws `ConfigurationInvalid` where it declares anything else. */
function ownItem({ kind, name }: ObjectChange, text: string) {
  const read = readConfiguration([{ name: `${kind} ${name}`, text }]);
  if (read.problems.length > 0) throw new ConfigurationInvalid(read.problems);
  const section = SECTION[kind];
  const items = Object.entries(read.sections).flatMap(([of, all]) => all.map((item) => ({ of, item })));
  const [first] = items;
  const declared = first?.item.value as { readonly name?: unknown } | null | undefined;
  if (first === undefined || items.length > 1 || first.of !== section || declared?.name !== name) {
    const line = first?.item.line(['name']) ?? 1;
    const message = `this is not one ${kind} named ${name}`;
    const advice = `Write one object: \`${section}:\` with one item whose name is ${name}. A name cannot change.`;
    throw new ConfigurationInvalid([{ file: `${kind} ${name}`, line, message, advice }]);
  }
  return { item: first.item, policyFiles: read.policyFiles };
}

function withKeptSecrets<Issuer extends Named, Rule extends NamedRule>(
  item: Declared,
  change: ObjectChange,
  current: Declarations,
  options: Options<Issuer, Rule>,
): Declared {
  if (change.kind === 'target') return withCredential(item, change, current, options);
  if (change.kind !== 'channel' && change.kind !== 'export') return item;
  const rows = change.kind === 'channel' ? current.channels : current.exports;
  const row = rows.find(({ name }) => name === change.name);
  return row === undefined ? item : withKeptSealed(item, row, change.kind, options);
}

/** A target whose text leaves out its secrets keeps them, for as long as they go where they were sealed for. */
function withCredential<Issuer extends Named, Rule extends NamedRule>(
  item: Declared,
  { name }: ObjectChange,
  current: Declarations,
  { sealer, protocols }: Options<Issuer, Rule>,
): Declared {
  const value = item.value as Readonly<Record<string, unknown>>;
  const row = current.targets.find((one) => one.name === name);
  const kept = current.credentials.find(({ target }) => target === name);
  if (row === undefined || kept === undefined || !leavesSealed(value['credential'])) return item;
  const before = JSON.parse(row.declaration) as Target;
  const { items, problems } = loadTargets(
    [{ ...item, value: { ...value, credential: placeholderCredential(value['protocol']) } }],
    protocols,
  );
  if (problems.length > 0) throw new ConfigurationInvalid(problems);
  const after = items[0]?.target;
  if (after === undefined || credentialBinding(after) !== credentialBinding(before)) {
    const message = 'the credential is sealed for the address and the TLS settings that the target had';
    const advice = 'Give the credential again, with its secrets, for it to be sent to the new place.';
    throw new ConfigurationInvalid([{ file: item.file, line: item.line(['credential']), message, advice }]);
  }
  const opened = parseCredential(sealer.open(kept.sealed, credentialBinding(before)));
  const diverted = divertedPart(value['credential'], opened);
  if (diverted !== undefined) {
    const message = `credential.${diverted}: its secret is sealed for what stood beside it`;
    const advice = 'Give the secret again, for it to be sent in another way or to another place.';
    const line = item.line(['credential', diverted]);
    throw new ConfigurationInvalid([{ file: item.file, line, message, advice }]);
  }
  return { ...item, value: { ...value, credential: withSealed(value['credential'], opened) } };
}

/** The plan of one object alone: whatever else its section holds stays. */
function planOf({ kind, name }: ObjectChange, current: Configuration, declared: Configuration): Plan {
  const planned = PLANNED[kind];
  const only = (entries: readonly Entry[] | undefined) => (entries ?? []).filter((entry) => entry.name === name);
  return planApply({ [planned]: only(current[planned]) }, { [planned]: only(declared[planned]) });
}
