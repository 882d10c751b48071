import { createHash } from 'node:crypto';
import { Fault } from '../model/fault.ts';
import { LIMITS } from '../model/limits.ts';
import type { Definition, McpTarget, Standing } from '../model/mcp.ts';
import {
  countWaitingDefinitions,
  type DefinitionRow,
  decideDefinition,
  type KnownDefinitionRow,
  keepMetDefinitions,
  listDefinitionRows,
  listOtherTools,
  markLogged,
  readDefinitionRows,
  readKnownDefinitions,
} from '../store/definition-rows.ts';
import type { Store } from '../store/store.ts';
import { definitionId, formId } from './definition-id.ts';
import { type FiledDefinition, filedDefinition, filedDefinitions } from './filed-definition.ts';
import { KnownTarget } from './known-definitions.ts';
import { scanDefinition } from './scan/scan-definition.ts';

/** All definitions of one kind that a target tells of now, and who asked it. */
export interface Listing {
  readonly target: { readonly name: string; readonly mcp?: Pick<McpTarget, 'firstUse'> };
  readonly run: string;
  readonly session: string;
  readonly kind: Definition['kind'];
  readonly all: readonly Definition[];
}

/** What somebody says of one form of a definition. */
export interface DefinitionAnswer {
  readonly target: string;
  readonly definition: string;
  readonly digest: string;
  readonly standing: 'accepted' | 'rejected';
  /** The id of a person or a token, and what people call it. */
  readonly by: string;
  readonly name: string;
  readonly reason?: string;
}

/** A definition, and what its forms say, by digest: canonical JSON. */
export interface ReadDefinition {
  readonly definition: FiledDefinition;
  readonly texts: ReadonlyMap<string, string>;
}

/** What the log is told of a definition. */
export interface DefinitionNote {
  readonly kind: 'definition.met' | 'definition.changed' | 'definition.accepted' | 'definition.rejected';
  readonly detail: Readonly<Record<string, string>>;
}

export interface DefinitionServiceParts {
  readonly store: Store;
  readonly note: (note: DefinitionNote) => Promise<void>;
  readonly now: () => number;
}

/** What targets say of themselves, pinned: one of these for each gateway. */
export class DefinitionService implements Disposable {
  readonly #parts: DefinitionServiceParts;
  readonly #unwatch: () => void;
  /** By target, as of a generation of the store. */
  readonly #known = new Map<string, { readonly generation: number; readonly known: Promise<KnownTarget> }>();
  #generation = 0;
  /** One listing of a target at a time is written by this gateway. */
  readonly #turns = new Map<string, Promise<unknown>>();

  constructor(parts: DefinitionServiceParts) {
    this.#parts = parts;
    this.#unwatch = parts.store.watch('definitions', () => void this.#generation++);
  }

  /**
   * Keeps what is new or has changed, in the store and in the log, before it resolves with how each stands, by name; of a
   * name that is told of twice, the worse. Throws a `Fault` where it cannot be kept.
   */
  async met(listing: Listing): Promise<ReadonlyMap<string, Standing>> {
    const { name } = listing.target;
    for (const definition of listing.all) checkSize(definition);
    const known = await this.#knownOf(name);
    const standings = this.#settled(known, listing);
    if (standings !== undefined) return standings;
    return this.#inTurn(name, () => this.#keep(listing));
  }

  /**
   * In force and in the log before it resolves; false where the target has no such form. What it says once more changes
   * nothing but who said it last.
   */
  async decide(answer: DefinitionAnswer): Promise<boolean> {
    const { store, now } = this.#parts;
    const { target, definition, digest, standing, by, name, reason } = answer;
    const isThere = await decideDefinition(store, {
      id: formId(definition, digest),
      target,
      standing,
      decided_at: new Date(now()).toISOString(),
      decided_by: by,
      decided_name: name,
      reason: reason ?? null,
    });
    if (isThere) await this.#inTurn(target, () => this.#log(target));
    return isThere;
  }

  /** Those of one target or of all, by target, kind and name. */
  async list(target: string | undefined): Promise<readonly FiledDefinition[]> {
    return filedDefinitions(await listDefinitionRows(this.#parts.store, target));
  }

  /** One with the texts of its forms, by digest; undefined where there is none. */
  async find(id: string): Promise<ReadDefinition | undefined> {
    const [first, ...more] = await readDefinitionRows(this.#parts.store, id);
    if (first === undefined) return undefined;
    const texts = new Map([first, ...more].map(({ digest, text }) => [digest, text]));
    return { definition: filedDefinition([first, ...more]), texts };
  }

  /** How many of each target are told of in a form that nobody decided on. */
  waiting(): Promise<ReadonlyMap<string, number>> {
    return countWaitingDefinitions(this.#parts.store);
  }

  [Symbol.dispose](): void {
    this.#unwatch();
  }

  /** How all stand, where nothing of them is news; undefined where something must be written. */
  #settled(known: KnownTarget, listing: Listing): ReadonlyMap<string, Standing> | undefined {
    const { fresh, met, gone, standings } = compare(known, listing, this.#parts.now());
    const isNews = !known.kinds.has(listing.kind) || fresh.length + met.length + gone.length > 0;
    const isLogged = [...known.forms()].every(({ logged }) => logged === 1);
    return isNews || !isLogged ? undefined : standings;
  }

  async #keep(listing: Listing): Promise<ReadonlyMap<string, Standing>> {
    const { store, now } = this.#parts;
    const { target, kind, run, session } = listing;
    const known = await this.#knownOf(target.name);
    const { fresh, met, gone } = compare(known, listing, now());
    const at = new Date(now()).toISOString();
    const beside = fresh.length === 0 ? [] : await listOtherTools(store, target.name, LIMITS.maxDefinitions);
    const kept = await keepMetDefinitions(store, {
      target: target.name,
      kind,
      run,
      at,
      fresh: fresh.map((definition) =>
        rowOf(definition, { target: target.name, run, session, at }, scanDefinition(definition, beside)),
      ),
      acceptFirst: target.mcp?.firstUse === 'accept',
      met,
      gone,
      most: LIMITS.maxDefinitions,
      mostWaiting: LIMITS.maxWaitingForms,
    });
    if (kept === 'full') {
      const many = `${LIMITS.maxDefinitions} forms of definitions`;
      throw new Fault('internal', `the target ${target.name} has ${many}, and tells of more`);
    }
    const logged = await this.#log(target.name, { run, session });
    return compare(logged, listing, now()).standings;
  }

  /** Tells the log what it does not say yet, and resolves with what is known then. */
  async #log(target: string, met?: { readonly run: string; readonly session: string }): Promise<KnownTarget> {
    const { store, note } = this.#parts;
    const known = await this.#knownOf(target);
    const untold = [...known.forms()].filter(({ logged }) => logged === 0);
    if (untold.length === 0) return known;
    await Promise.all(untold.map((form) => note(noteOf(target, form, known, met))));
    await markLogged(store, untold);
    return this.#knownOf(target);
  }

  #knownOf(target: string): Promise<KnownTarget> {
    const cached = this.#known.get(target);
    if (cached?.generation === this.#generation) return cached.known;
    const known = readKnownDefinitions(this.#parts.store, target).then((read) => new KnownTarget(read));
    const entry = { generation: this.#generation, known };
    this.#known.set(target, entry);
    // Whoever asked is told why; the next one reads again.
    known.catch(() => this.#known.get(target) === entry && this.#known.delete(target));
    return known;
  }

  async #inTurn<Result>(target: string, action: () => Promise<Result>): Promise<Result> {
    const before = this.#turns.get(target);
    const turn = Promise.resolve(before?.catch(() => undefined /* That one's caller was told. */)).then(action);
    this.#turns.set(target, turn);
    try {
      return await turn;
    } finally {
      if (this.#turns.get(target) === turn) this.#turns.delete(target);
    }
  }
}

interface Compared {
  readonly fresh: readonly Definition[];
  /** Ids of forms. */
  readonly met: readonly string[];
  readonly gone: readonly string[];
  readonly standings: ReadonlyMap<string, Standing>;
}

function compare(known: KnownTarget, { kind, all }: Listing, nowMs: number): Compared {
  const fresh = new Map<string, Definition>();
  const met: string[] = [];
  const there = new Set<KnownDefinitionRow>();
  const standings = new Map<string, Standing>();
  const isOld = new Date(nowMs - LIMITS.definitionMetMs).toISOString();
  for (const definition of all) {
    const { name, digest } = definition;
    const form = known.form(kind, JSON.stringify(name), digest);
    const standing = form === undefined ? 'new' : known.standing(form);
    standings.set(name, worse(standings.get(name), standing));
    if (form === undefined) fresh.set(`${digest} ${name}`, definition);
    else if (!there.has(form)) {
      there.add(form);
      if (form.listed === 0 || form.met_at < isOld) met.push(form.id);
    }
  }
  const listed = [...known.forms()].filter((form) => form.kind === kind && form.listed === 1);
  const gone = listed.filter((form) => !there.has(form)).map(({ id }) => id);
  return { fresh: [...fresh.values()], met, gone, standings };
}

const ORDER: readonly Standing[] = ['accepted', 'new', 'changed', 'rejected'];

function worse(one: Standing | undefined, other: Standing): Standing {
  return one !== undefined && ORDER.indexOf(one) > ORDER.indexOf(other) ? one : other;
}

function checkSize({ kind, text, name }: Definition): void {
  const bytes = Buffer.byteLength(text) + Buffer.byteLength(name);
  if (bytes <= LIMITS.maxDefinitionBytes) return;
  throw new Fault('internal', `a ${kind} is told of in ${bytes} bytes, and ${LIMITS.maxDefinitionBytes} is the most`);
}

function rowOf(
  { kind, name, digest, text }: Definition,
  { target, run, session, at }: { readonly [Name in 'target' | 'run' | 'session' | 'at']: string },
  findings: readonly unknown[],
): DefinitionRow {
  const made = createHash('sha256').update(text).digest('hex');
  if (made !== digest) throw new Fault('internal', `the digest of a ${kind} is not that of its text`);
  const definition = definitionId(target, kind, name);
  return {
    id: formId(definition, digest),
    definition,
    digest,
    target,
    kind,
    name: JSON.stringify(name),
    text,
    findings: JSON.stringify(findings),
    standing: 'waiting',
    listed: 1,
    first_met_at: at,
    first_run: run,
    first_session: session,
    met_at: at,
    met_run: run,
    decided_at: null,
    decided_by: null,
    decided_name: null,
    reason: null,
    logged: 0,
  };
}

function noteOf(
  target: string,
  { definition, digest, kind, standing, decided_by }: KnownDefinitionRow,
  known: KnownTarget,
  met: { readonly run: string; readonly session: string } | undefined,
): DefinitionNote {
  const detail = { target, definition, digest, kind };
  const by = decided_by ?? 'gateway';
  switch (standing) {
    case 'accepted':
      return { kind: 'definition.accepted', detail: { ...detail, by, ...(by === 'gateway' ? met : {}) } };
    case 'rejected':
      return { kind: 'definition.rejected', detail: { ...detail, by } };
    case 'waiting': {
      const from = known.accepted(definition)?.digest;
      if (from === undefined) return { kind: 'definition.met', detail: { ...detail, ...met } };
      return { kind: 'definition.changed', detail: { ...detail, from, ...met } };
    }
    default:
      return standing satisfies never;
  }
}
