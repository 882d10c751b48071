import { LIMITS } from '../model/limits.ts';
import { Refused } from '../model/refusal.ts';
import { type Filed, type Filing, type FilingParts, fileApproval } from './file-approval.ts';

interface Waiting {
  readonly filing: Filing;
  readonly settle: (filed: Filed) => void;
  readonly fail: (fault: unknown) => void;
}

/**
 * Files held requests, each durably and in the log before it resolves. Those that come while the store writes are filed
 * together, in one transaction and one write of the log: a thousand at once cost a few of each.
 */
export class Filer {
  readonly #parts: FilingParts;
  #queue: Waiting[] = [];
  #isWriting = false;

  constructor(parts: FilingParts) {
    this.#parts = parts;
  }

  /** How many are being filed. */
  get size(): number {
    return this.#queue.length;
  }

  /** Throws `Refused`, or the fault of the store or of the log: then nothing was filed. */
  file(filing: Filing): Promise<Filed> {
    const { promise, resolve, reject } = Promise.withResolvers<Filed>();
    this.#queue.push({ filing, settle: resolve, fail: reject });
    if (!this.#isWriting) void this.#write();
    return promise;
  }

  async #write(): Promise<void> {
    this.#isWriting = true;
    while (this.#queue.length > 0) {
      const together = this.#queue.slice(0, LIMITS.approvalsFiledTogether);
      await this.#fileAll(together);
      this.#queue = this.#queue.slice(together.length);
    }
    this.#isWriting = false;
  }

  async #fileAll(together: readonly Waiting[]): Promise<void> {
    try {
      const ended = await this.#transaction(together);
      for (const [index, { settle, fail }] of together.entries()) {
        const one = ended[index];
        if (one instanceof Refused) fail(one);
        else if (one !== undefined) settle(one);
      }
    } catch (fault) {
      if (together.length === 1) return together[0]?.fail(fault);
      // What breaks for one of them must not break for the others.
      for (const alone of together) await this.#fileAll([alone]);
    }
  }

  #transaction(together: readonly Waiting[]): Promise<readonly (Filed | Refused)[]> {
    const { store, note } = this.#parts;
    return store.write(
      async (trx) => {
        const ended: (Filed | Refused)[] = [];
        for (const { filing } of together) {
          ended.push(await fileApproval(trx, filing, this.#parts).catch(refusalOnly));
        }
        const noted = ended.flatMap((one) => (one instanceof Refused || !one.note ? [] : [note(one.note)]));
        // All of them settle before the transaction does: what failed to be noted is filed by itself, and noted again.
        await Promise.allSettled(noted);
        await Promise.all(noted);
        return ended;
      },
      ['approvals'],
    );
  }
}

function refusalOnly(refusal: unknown): Refused {
  if (refusal instanceof Refused) return refusal;
  throw refusal;
}
