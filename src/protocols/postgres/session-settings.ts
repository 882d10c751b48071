import type { SettingChange, Statement } from '../../sql/postgres/analysis.ts';

type Setting = SettingChange['name'];
/** Null where it is not known. */
type Value = string | null;

/**
 * The settings that a session's requests hang on, as the server has them: it follows what was confirmed, and what the
 * end of a transaction undid (PostgreSQL manual, SET). Costs nothing until one is set.
 */
export class SessionSettings {
  readonly #initial: Readonly<Partial<Record<Setting, string>>>;
  #session: ReadonlyMap<Setting, Value> = NONE;
  #local: ReadonlyMap<Setting, Value> = NONE;
  /** What the session goes back to where the open transaction is undone; undefined while it changed nothing. */
  #before: ReadonlyMap<Setting, Value> | undefined;
  /** True from an error on, until the transaction that it fails has ended. */
  #failed = false;

  /** `initial` is what the session began with. */
  constructor(initial: Readonly<Partial<Record<Setting, string>>>) {
    this.#initial = { role: 'none', ...initial };
  }

  /** Null where it is not known, undefined where the session never said. */
  get(name: Setting): Value | undefined {
    const set = this.#local.get(name) ?? (this.#local.has(name) ? null : this.#session.get(name));
    return set === undefined ? this.#initial[name] : set;
  }

  /** Follows a statement that the server said it has done. True where something changed to what nobody knows. */
  follow({ kind, effects }: Statement, tag: string): boolean {
    if (effects.opaque === true) this.#change({ name: 'role', value: null, local: false });
    for (const change of effects.settings ?? []) this.#change(change);
    if (kind === 'rollback-to') this.#doubt();
    else if (tag === 'COMMIT' || tag === 'PREPARE TRANSACTION') this.#end(false);
    else if (tag === 'ROLLBACK') this.#end(true);
    return effects.opaque === true || kind === 'rollback-to' || (effects.settings ?? []).some(isUnknown);
  }

  /** The server sent an error. */
  failed(): void {
    this.#failed = true;
  }

  /** The server says that no transaction is open: one that nothing ended explicitly has ended by itself. */
  idle(): void {
    this.#end(this.#failed);
  }

  #end(undone: boolean): void {
    this.#failed = false;
    if (this.#before === undefined) return;
    if (undone) this.#session = this.#before;
    this.#local = NONE;
    this.#before = undefined;
  }

  #change({ name, value, local }: SettingChange): void {
    this.#before ??= this.#session;
    const changed = new Map(local ? this.#local : this.#session);
    if (value === undefined) changed.delete(name);
    else changed.set(name, value);
    if (local) {
      this.#local = value === undefined ? changed.set(name, this.#initial[name] ?? null) : changed;
      return;
    }
    this.#session = changed;
    const left = new Map(this.#local);
    left.delete(name);
    this.#local = left;
  }

  /** A part of the transaction was undone, and it is not kept which: what it changed at all is not known. */
  #doubt(): void {
    if (this.#before === undefined) return;
    for (const name of new Set([...this.#before.keys(), ...this.#session.keys(), ...this.#local.keys()])) {
      this.#change({ name, value: null, local: false });
    }
  }
}

const NONE: ReadonlyMap<Setting, Value> = new Map();

function isUnknown({ value }: SettingChange): boolean {
  return value === null;
}

/** A time as a setting is written, in milliseconds (PostgreSQL manual, 19.1.1); undefined for none and for no time. */
export function timeoutMs(text: string): number | undefined {
  const [, digits = '', unit = 'ms'] = /^\s*(\d+(?:\.\d*)?|\.\d+)\s*(us|ms|s|min|h|d)?\s*$/.exec(text) ?? [];
  const ms = Number.parseFloat(digits) * (UNIT_MS[unit] ?? Number.NaN);
  return Number.isNaN(ms) || ms <= 0 ? undefined : ms;
}

const UNIT_MS: Readonly<Record<string, number>> = {
  us: 0.001,
  ms: 1,
  s: 1_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};
