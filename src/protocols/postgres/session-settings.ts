import { LIMITS } from '../../model/limits.ts';
import type { SettingChange, Statement } from '../../sql/postgres/analysis.ts';

type Setting = SettingChange['name'];
/** Null where it is not known. */
type Value = string | null;
type Values = ReadonlyMap<Setting, Value>;

/**
 * The settings that a session's requests hang on, as the server has them: it follows what was confirmed, and what the
 * end of a transaction or of a part of it undid (PostgreSQL manual, SET). Costs nothing until one is set.
 */
export class SessionSettings {
  readonly #initial: Map<Setting, string>;
  #session: Values = NONE;
  #local: Values = NONE;
  /** What the session goes back to where the open transaction is undone; undefined while it changed nothing. */
  #before: Values | undefined;
  #savepoints: readonly Savepoint[] = [];
  /** True from an error on, until the transaction that it fails has ended. */
  #failed = false;

  /** `initial` is what the session began with. */
  constructor(initial: ReadonlyMap<Setting, string>) {
    this.#initial = new Map([['role', 'none'], ...initial]);
  }

  /** Null where it is not known, undefined where the session never said. */
  get(name: Setting): Value | undefined {
    const set = this.#local.get(name) ?? (this.#local.has(name) ? null : this.#session.get(name));
    return set === undefined ? this.#initial.get(name) : set;
  }

  /** As `get`, where the open transaction ended now: committed, and undone. */
  outside(name: Setting): readonly (Value | undefined)[] {
    return [this.#session, this.#before ?? this.#session].map((values) => {
      const set = values.get(name);
      return set === undefined ? this.#initial.get(name) : set;
    });
  }

  /** The same session, to be followed apart from here on. */
  copy(): SessionSettings {
    const copy = new SessionSettings(this.#initial);
    copy.#session = this.#session;
    copy.#local = this.#local;
    copy.#before = this.#before;
    copy.#savepoints = this.#savepoints;
    copy.#failed = this.#failed;
    return copy;
  }

  /** The server said that this is in force: where the session never spoke of it, it began with it. */
  learn(name: Setting, value: string): void {
    if (this.get(name) === undefined) this.#initial.set(name, value);
    else this.change({ name, value, local: false });
  }

  /** Follows a statement that the server said it has done. True where something changed to what nobody knows. */
  follow({ kind, effects }: Statement, tag: string): boolean {
    if (effects.opaque === true) this.change({ name: 'role', value: null, local: false });
    for (const change of effects.settings ?? []) this.change(change);
    const isKnown = kind !== 'rollback-to' || this.#rollBackTo(effects.savepoint);
    if (kind === 'savepoint') this.#save(effects.savepoint);
    else if (kind === 'release') this.#release(effects.savepoint);
    else if (tag === 'COMMIT' || tag === 'PREPARE TRANSACTION') this.#end(false);
    else if (tag === 'ROLLBACK' && kind !== 'rollback-to') this.#end(true);
    return effects.opaque === true || !isKnown || (effects.settings ?? []).some(isUnknown);
  }

  /** The server sent an error. */
  failed(): void {
    this.#failed = true;
  }

  /** The server says that no transaction is open: one that nothing ended explicitly has ended by itself. */
  idle(): void {
    this.#end(this.#failed);
  }

  /** A setting became another, within the open transaction where there is one. */
  change({ name, value, local }: SettingChange): void {
    this.#before ??= this.#session;
    const changed = new Map(local ? this.#local : this.#session);
    if (value === undefined) changed.delete(name);
    else changed.set(name, value);
    if (local) {
      this.#local = value === undefined ? changed.set(name, this.#initial.get(name) ?? null) : changed;
      return;
    }
    this.#session = changed;
    if (!this.#local.has(name)) return;
    const left = new Map(this.#local);
    left.delete(name);
    this.#local = left;
  }

  #end(undone: boolean): void {
    this.#failed = false;
    this.#savepoints = [];
    if (this.#before === undefined) return;
    if (undone) this.#session = this.#before;
    this.#local = NONE;
    this.#before = undefined;
  }

  #save(name: string | undefined): void {
    if (name === undefined) return;
    const kept = this.#savepoints.slice(-LIMITS.maxTrackedSavepoints + 1);
    this.#savepoints = [...kept, { name, session: this.#session, local: this.#local }];
  }

  /** The transaction's modes go back to what they were at the savepoint, and everything else stays. */
  #release(name: string | undefined): void {
    const index = this.#savepoints.findLastIndex((one) => one.name === name);
    if (index >= 0) this.#savepoints = this.#savepoints.slice(0, index);
    if (this.#local.has('transaction_read_only')) {
      this.change({ name: 'transaction_read_only', value: null, local: true });
    }
  }

  /** False where it is not kept what was in force then. */
  #rollBackTo(name: string | undefined): boolean {
    this.#failed = false;
    const index = this.#savepoints.findLastIndex((one) => one.name === name);
    const savepoint = this.#savepoints[index];
    if (savepoint === undefined) {
      this.#doubt();
      return this.#before === undefined;
    }
    this.#savepoints = this.#savepoints.slice(0, index + 1);
    if (this.#before === undefined) return true;
    this.#session = savepoint.session;
    this.#local = savepoint.local;
    return true;
  }

  /** A part of the transaction was undone, and it is not kept which: what it changed at all is not known. */
  #doubt(): void {
    if (this.#before === undefined) return;
    for (const name of new Set([...this.#before.keys(), ...this.#session.keys(), ...this.#local.keys()])) {
      this.change({ name, value: null, local: false });
    }
  }
}

interface Savepoint {
  readonly name: string;
  readonly session: Values;
  readonly local: Values;
}

const NONE: Values = new Map();

function isUnknown({ value }: SettingChange): boolean {
  return value === null;
}

/** A time as a setting is written, in milliseconds (PostgreSQL manual, 19.1.1); undefined for none and for no time. */
export function timeoutMs(text: string): number | undefined {
  const [, digits = '', unit = 'ms'] = /^\s*(\d+(?:\.\d*)?|\.\d+)\s*(us|ms|s|min|h|d)?\s*$/.exec(text) ?? [];
  const ms = Number.parseFloat(digits) * (UNIT_MS[unit] ?? Number.NaN);
  // The server rounds to whole milliseconds, half to even: so little is none.
  return Number.isNaN(ms) || ms <= 0.5 ? undefined : ms;
}

const UNIT_MS: Readonly<Record<string, number>> = {
  us: 0.001,
  ms: 1,
  s: 1_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};
