import { inheritedColumns } from '../masking/inherited-columns.ts';
import { Fault } from '../model/fault.ts';
import type { ExchangeNumber, SessionId } from '../model/ids.ts';
import type { Limits } from '../model/limits.ts';
import type { Principal } from '../model/principal.ts';
import type { Refusal } from '../model/refusal.ts';
import type { Request } from '../model/request.ts';
import type { ClassifiedColumn, InheritedColumn, Target } from '../model/target.ts';
import type { ClassDesk } from './control-plane.ts';

export interface ClassParts {
  readonly id: SessionId;
  readonly principal: Principal;
  readonly target: Target;
  readonly desk: ClassDesk;
  readonly limits: Limits;
  readonly onFault: (fault: unknown) => void;
}

/** Which columns are classified for one session: the target's, and those of its own temporary tables. */
export class SessionClasses {
  readonly #parts: ClassParts;
  #temporary: readonly InheritedColumn[] = [];
  #ofTarget: readonly ClassifiedColumn[];
  #all: readonly ClassifiedColumn[];

  constructor(parts: ClassParts) {
    this.#parts = parts;
    this.#ofTarget = parts.desk.of(parts.target);
    this.#all = this.#ofTarget;
  }

  /** As they are now: the same array until that changes. */
  current(): readonly ClassifiedColumn[] {
    const now = this.#parts.desk.of(this.#parts.target);
    if (now !== this.#ofTarget) this.#combine(now);
    return this.#all;
  }

  /** Classifies what the request copies classified values into, before it runs: it may fail, and then errs on this side. */
  inherit({ operations }: Request, exchange: ExchangeNumber): Promise<Refusal | undefined> | undefined {
    const inherited = inheritedColumns(operations, this.current());
    if (inherited === undefined) return undefined;
    const { stored, temporary } = inherited;
    if (this.#temporary.length + temporary.length > this.#parts.limits.maxTemporaryClasses) {
      return Promise.resolve(UNKEPT);
    }
    if (temporary.length > 0) {
      this.#temporary = [...this.#temporary, ...temporary];
      this.#combine(this.#ofTarget);
    }
    return stored.length === 0 ? Promise.resolve(undefined) : this.#keep(stored, exchange);
  }

  async #keep(columns: readonly InheritedColumn[], exchange: ExchangeNumber): Promise<Refusal | undefined> {
    const { id, principal, target, desk, onFault } = this.#parts;
    try {
      await desk.keep({ target: target.name, run: principal.run.id, session: id, exchange, columns });
      const now = this.current();
      const isKept = columns.every((column) => now.some((one) => isSame(one, column)));
      if (!isKept) throw new Fault('internal', 'inherited classes were kept and are not in force');
      return undefined;
    } catch (fault) {
      onFault(fault);
      return UNKEPT;
    }
  }

  #combine(ofTarget: readonly ClassifiedColumn[]): void {
    this.#ofTarget = ofTarget;
    this.#all = this.#temporary.length === 0 ? ofTarget : [...ofTarget, ...this.#temporary];
  }
}

function isSame(one: ClassifiedColumn, other: ClassifiedColumn): boolean {
  return (
    one.schema === other.schema &&
    one.table === other.table &&
    one.column === other.column &&
    one.class === other.class &&
    (one.mask === 'null' || one.mask === other.mask)
  );
}

const UNKEPT: Refusal = {
  code: 'record-unavailable',
  message: 'it copies classified columns, and that their copies are classified, too, could not be kept',
  hint: 'An operator finds the cause in the log of the gateway.',
};
