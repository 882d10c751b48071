import type { IssuerKind, RunBinding, Workload, WorkloadField } from '../../model/principal.ts';
import type { SignatureAlgorithm } from '../../model/signature-algorithms.ts';
import type { Issuer } from '../issuer.ts';

/** What one kind of issuer means by its claims, and what it does not vouch for. */
export interface IssuerAdapter {
  readonly kind: IssuerKind;
  /** For people: `GitHub Actions`. */
  readonly label: string;
  readonly algorithms: readonly SignatureAlgorithm[];
  /** Seconds since `iat`, unless the declaration says otherwise: short where tokens are minted on demand. */
  readonly maxAgeSeconds: number;
  readonly address: IssuerAddress;
  /** Hosts that serve the key set of the public service besides the issuer's own. */
  readonly keyHosts?: readonly string[];
  /** Where the audience cannot be chosen, what it is: any other receiver of such a token could present it here. */
  readonly sharedAudience?: (issuer: string) => string;
  readonly runBinding: RunBinding;
  /** `declared` where the declaration of the issuer says which claim is which word. */
  readonly claims: ClaimTable | 'declared';
  /** What a rule must pin, for names can be given to somebody else. */
  readonly pins: readonly Pin[];
  /** Situations in which the identity does not vouch for the code that runs; a trust rule must allow each by name. */
  readonly traps: (workload: Workload) => readonly string[];
  /** Everything that `traps` may say. */
  readonly knownTraps: readonly string[];
  /** Fields computed from what is verified. Throws `TokenRefused` of reason `claims-incomplete`. */
  readonly derive?: (reading: Reading) => Derived;
  /** One spelling of a value that its issuer writes in several. */
  readonly normalise?: (field: string, value: string) => string;
  /** What people call it, of a token that says so: what `about` of a rule would be now. */
  readonly named?: (workload: Workload) => string | undefined;
  /** For people: `acme/shop@refs/heads/main`. */
  readonly display?: (workload: Workload) => string;
  /** By field: how to get a token that has it. */
  readonly howToGet?: Readonly<Record<string, string>>;
}

export interface IssuerAddress {
  /** An issuer's address as a whole; any address where there are none, for those that are self-hosted. */
  readonly shapes: readonly RegExp[];
  /** Hosts of the public service, on which an issuer of another kind would be a forgery. */
  readonly hosts: readonly RegExp[];
  /** What to write, for people. */
  readonly example: string;
}

/** Where a claim goes: a word, a name beside the vocabulary, or nowhere but into what is derived. */
export type Word = WorkloadField | `extra.${string}` | 'derived';

/** The claims of an issuer. What stands in none of the lists is unknown: it is told, recorded by name, and not read. */
export interface ClaimTable {
  /** A token without one of these is refused. */
  readonly required: Readonly<Record<string, Word>>;
  readonly optional: Readonly<Record<string, Word>>;
  /** Known and not read. A name that ends in `/` or `_` stands for all that begin so. */
  readonly unused: readonly string[];
  /** Names that begin so are kept as `extra` of their own name. */
  readonly kept?: readonly string[];
  /** Claims that are objects: each of their members is a claim called `OBJECT/member`. */
  readonly objects?: readonly string[];
}

/** A rule pins one of `fields`; or it allows the waiver by name and pins one of the waiver's fields, where it has any. */
export interface Pin {
  readonly fields: readonly string[];
  readonly waiver?: { readonly name: string; readonly fields: readonly string[] };
  /** Why, as a sentence for whoever wrote the rule. */
  readonly because: string;
}

/** What the issuer signed, as `derive` gets it. */
export interface Reading {
  readonly issuer: Issuer;
  readonly workload: Workload;
  /** A claim as text; undefined where it is absent, null or empty. */
  text(name: string): string | undefined;
}

export type Derived = Partial<Readonly<Record<WorkloadField, string | undefined>>> & {
  readonly extra?: Readonly<Record<string, string | undefined>>;
};

/** What a rule of this kind may allow by name. */
export function allowable({ knownTraps, pins }: Pick<IssuerAdapter, 'knownTraps' | 'pins'>): readonly string[] {
  return [...knownTraps, ...pins.flatMap(({ waiver }) => (waiver === undefined ? [] : [waiver.name]))];
}

/** Fields that name whose job it is, and not merely what it does. */
export function identifies({ pins }: Pick<IssuerAdapter, 'pins'>, field: string): boolean {
  return pins.some(({ fields, waiver }) => fields.includes(field) || waiver?.fields.includes(field) === true);
}
