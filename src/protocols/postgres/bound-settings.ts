import type { SettingChange, Statement, TrackedSetting } from '../../sql/postgres/analysis.ts';
import type { SessionBounds } from '../protocol.ts';
import { markedName } from './marked-name.ts';
import { type SessionSettings, timeoutMs } from './session-settings.ts';

/** A setting to put into the target's session; back to what the session began with where `value` is undefined. */
export interface SettingToPut {
  readonly name: TrackedSetting;
  readonly value: string | undefined;
}

type Timeout = 'statement_timeout' | 'lock_timeout' | 'idle_in_transaction_session_timeout';

/**
 * What a client wants of its session's settings, and what they are on the server, where rules bound them: never more
 * than the rule of the request that runs allows, and the client's own again for a request that no rule bounds.
 */
export class BoundSettings {
  readonly #wishes: SessionSettings;
  readonly #server: SessionSettings;
  /** Those that the gateway ever put. */
  readonly #touched = new Set<TrackedSetting>();
  /** The request under way may not write, so that it cannot have begun a transaction that does. */
  #isReadOnly = false;

  /** `wishes` follows what the client sets; nothing was bounded before. */
  constructor(wishes: SessionSettings) {
    this.#wishes = wishes;
    this.#server = wishes.copy();
  }

  /** The timeouts that are bounded, and of which nobody knows what they are. */
  unknown(bounds: SessionBounds): readonly TrackedSetting[] {
    return TIMEOUTS.filter((name) => timeoutBound(bounds, name) !== undefined && this.#server.get(name) == null);
  }

  /** The server said what is in force. */
  learn(name: TrackedSetting, value: string): void {
    this.#server.learn(name, value);
    if (this.#wishes.get(name) === undefined) this.#wishes.learn(name, value);
  }

  /** What must be put before a request of these bounds, none where no rule bounds it; nothing where all is in force. */
  lacking(bounds: SessionBounds | undefined, inTransaction: boolean): readonly SettingToPut[] {
    this.#isReadOnly = bounds?.readOnly === true;
    const lacking: SettingToPut[] = [];
    for (const name of TIMEOUTS) this.#timeout(name, timeoutBound(bounds, name), lacking);
    this.#name(bounds?.mark, lacking);
    // What a transaction may do is settled when it begins, and only tightened afterwards.
    if (!inTransaction) this.#transactions(bounds?.readOnly === true, lacking);
    else if (bounds?.readOnly === true && this.#server.get('transaction_read_only') !== 'on') {
      lacking.push({ name: 'transaction_read_only', value: 'on' });
    }
    return lacking;
  }

  /** The server took them. */
  put(settings: readonly SettingToPut[]): void {
    for (const { name, value } of settings) {
      const local = name === 'transaction_read_only';
      if (!local) this.#touched.add(name);
      this.#server.change(value === undefined ? { name, local } : { name, value, local });
    }
  }

  /** True where the bounds hold also outside of the open transaction, whether it is committed or undone. */
  holdOutside(bounds: SessionBounds): boolean {
    if (bounds.readOnly === true && !this.#server.outside('default_transaction_read_only').every(isOn)) return false;
    return TIMEOUTS.every((name) => {
      const most = timeoutBound(bounds, name);
      return most === undefined || this.#server.outside(name).every((value) => milliseconds(value) <= most);
    });
  }

  /** A request began a transaction that is still open; it is read-only where that is the default. */
  began(): void {
    if (this.#isReadOnly && isOn(this.#server.get('default_transaction_read_only'))) {
      this.#server.change({ name: 'transaction_read_only', value: 'on', local: true });
    }
  }

  follow(statement: Statement, tag: string): void {
    this.#server.follow(statement, tag);
    if (statement.effects.opaque !== true) return;
    // It may have set anything.
    for (const name of FORGOTTEN) this.#server.change({ name, value: null, local: false });
  }

  failed(): void {
    this.#server.failed();
  }

  idle(): void {
    this.#server.idle();
  }

  #timeout(name: Timeout, bound: number | undefined, lacking: SettingToPut[]): void {
    const current = this.#server.get(name);
    if (bound === undefined) return this.#giveBack(name, lacking);
    const wish = this.#wishes.get(name) ?? current;
    const most = Math.min(bound, milliseconds(wish));
    if (milliseconds(current) !== most) lacking.push({ name, value: String(most) });
  }

  #transactions(readOnly: boolean, lacking: SettingToPut[]): void {
    const name = 'default_transaction_read_only';
    if (!readOnly) this.#giveBack(name, lacking);
    else if (!isOn(this.#server.get(name))) lacking.push({ name, value: 'on' });
  }

  #name(mark: string | undefined, lacking: SettingToPut[]): void {
    const name = 'application_name';
    if (mark === undefined) return this.#giveBack(name, lacking);
    const value = markedName(this.#wishes.get(name) ?? '', mark);
    if (this.#server.get(name) !== value) lacking.push({ name, value });
  }

  /** What the client wants, where the gateway made it something else. */
  #giveBack(name: TrackedSetting, lacking: SettingToPut[]): void {
    if (!this.#touched.has(name)) return;
    const wish = this.#wishes.get(name);
    if (wish !== null && this.#server.get(name) !== wish) lacking.push({ name, value: wish });
  }
}

/** Whether a change of a setting, if it came into force, would be more than the bounds allow. */
export function exceeds({ name, value }: SettingChange, bounds: SessionBounds): boolean {
  switch (name) {
    case 'statement_timeout':
    case 'lock_timeout':
    case 'idle_in_transaction_session_timeout': {
      const most = timeoutBound(bounds, name);
      return most !== undefined && milliseconds(value) > most;
    }
    case 'default_transaction_read_only':
    case 'transaction_read_only':
      return bounds.readOnly === true && !isOn(value);
    case 'application_name':
    case 'role':
      return false;
    default:
      return name satisfies never;
  }
}

const TIMEOUTS = ['statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout'] as const;
const FORGOTTEN: readonly TrackedSetting[] = [...TIMEOUTS, 'default_transaction_read_only', 'application_name'];

function timeoutBound(bounds: SessionBounds | undefined, name: Timeout): number | undefined {
  switch (name) {
    case 'statement_timeout':
      return bounds?.statementTimeoutMs;
    case 'lock_timeout':
      return bounds?.lockTimeoutMs;
    case 'idle_in_transaction_session_timeout':
      return bounds?.idleInTransactionTimeoutMs;
    default:
      return name satisfies never;
  }
}

/** How long a timeout is; none, and one that is not known, is for ever. */
function milliseconds(value: string | null | undefined): number {
  return (value == null ? undefined : timeoutMs(value)) ?? Number.POSITIVE_INFINITY;
}

/** As the server reads a boolean (PostgreSQL manual, 19.1.1). */
function isOn(value: string | null | undefined): boolean {
  return value != null && /^(?:on|1|t|tr|tru|true|y|ye|yes)$/i.test(value.trim());
}
