/** Verifies a log against what was known of it before: its key, its checkpoint, that it only grew, and all its entries. */
import { type Bytes, fromHex, toHex } from '../../../src/audit/c2sp/bytes.ts';
import type { Checkpoint } from '../../../src/audit/c2sp/checkpoint-text.ts';
import { openCheckpoint } from './checkpoint.ts';
import { inBatches, leafHash, rootOf } from './merkle.ts';
import { consistencyProof, verifyConsistency } from './proofs.ts';
import { type Finding, fail, incomplete, type OnStep, type Report, StepRunner } from './report.ts';
import { missingCrypto, type NoteVerifier, parseVerifierKey } from './signed-note.ts';
import { fetchEntries, subtreeReader, TILE_WIDTH, type TileFetch } from './tiles.ts';

export interface LogQuestion {
  /** What the gateway shows now. */
  readonly checkpoint: string;
  readonly verifierKey: string;
  /** What is known of the log from before; absent when it is seen for the first time. */
  readonly known?: { readonly verifierKey: string; readonly checkpoint: string };
  readonly fetch: TileFetch;
  /** Read every entry, and make the root of them. */
  readonly entries: boolean;
}

export interface LogReport extends Report {
  /** The signed checkpoint, where it is one. */
  readonly checkpoint?: Checkpoint;
}

export async function verifyLog(question: LogQuestion, onStep?: OnStep): Promise<LogReport> {
  const steps = new StepRunner(onStep);
  const why = await missingCrypto();
  if (why !== undefined) {
    await steps.run('evidence', 'What is needed to check is here', () =>
      Promise.resolve({ detail: 'Nothing was checked.', findings: [incomplete(why)] }),
    );
    return steps.report();
  }
  const verification = new LogVerification(question);
  const title =
    question.known === undefined ? "The log's key can be read" : "The log's key is the one that is known here";
  await steps.run('key', title, () => verification.key());
  await steps.run('checkpoint', 'The checkpoint is signed by that key', () => verification.signature());
  await steps.run('growth', 'The log only grew since this browser saw it last', () => verification.growth());
  if (question.entries) {
    await steps.run('entries', 'Every entry is the one that was signed', (progress) => verification.entries(progress));
  }
  const { checkpoint } = verification;
  return checkpoint === undefined ? steps.report() : { ...steps.report(), checkpoint };
}

class LogVerification {
  checkpoint: Checkpoint | undefined;
  readonly #question: LogQuestion;
  #verifier: NoteVerifier | undefined;

  constructor(question: LogQuestion) {
    this.#question = question;
  }

  async key() {
    const { known, verifierKey } = this.#question;
    this.#verifier = await parseVerifierKey(known?.verifierKey ?? verifierKey);
    if (this.#verifier === undefined)
      return { detail: 'There is no key to check with.', findings: [fail('The verifier key cannot be read.')] };
    if (known !== undefined && known.verifierKey !== verifierKey) {
      const message = `The gateway now shows another key for its log: ${verifierKey}. This browser knows ${known.verifierKey}.`;
      return { detail: 'The key has changed.', findings: [fail(message)] };
    }
    const { name, id } = this.#verifier;
    return { detail: `${name}, key ${id}${known === undefined ? ', seen for the first time' : ''}`, findings: [] };
  }

  async signature() {
    const verifier = this.#verifier;
    this.checkpoint = verifier === undefined ? undefined : await openCheckpoint(this.#question.checkpoint, verifier);
    if (this.checkpoint === undefined) {
      return {
        detail: 'The signature is not good.',
        findings: [fail("The checkpoint is not one that the log's key signed.")],
      };
    }
    return { detail: `${this.checkpoint.size} entries, root ${this.checkpoint.root.slice(0, 16)}…`, findings: [] };
  }

  async growth() {
    const { known, fetch } = this.#question;
    const { checkpoint } = this;
    if (known === undefined)
      return { detail: 'This browser had not seen it before; it remembers it from now on.', findings: [] };
    const before = this.#verifier === undefined ? undefined : await openCheckpoint(known.checkpoint, this.#verifier);
    if (checkpoint === undefined || before === undefined) {
      return {
        detail: 'There are no two checkpoints to compare.',
        findings: [incomplete('One of the checkpoints is not signed.')],
      };
    }
    const findings = await growthProblems(before, checkpoint, fetch);
    const detail =
      findings.length > 0
        ? 'It is another log.'
        : `From ${before.size} entries to ${checkpoint.size}, and none of the first was touched`;
    return { detail, findings };
  }

  async entries(progress: (detail: string) => void) {
    const { checkpoint } = this;
    if (checkpoint === undefined) {
      return { detail: 'Nothing was read.', findings: [incomplete('There is no signed checkpoint to compare with.')] };
    }
    const { size, root } = checkpoint;
    const leaves: Bytes[] = [];
    for (let bundle = 0; bundle * TILE_WIDTH < size; bundle++) {
      const entries = await fetchEntries(this.#question.fetch, bundle, size);
      for (const leaf of await inBatches(entries, leafHash)) leaves.push(leaf);
      progress(`${leaves.length} of ${size} entries`);
    }
    if ((await rootOf(leaves)) === root)
      return { detail: `${size} entries make the root that was signed`, findings: [] };
    return { detail: 'They make another root.', findings: await this.#changedEntries(leaves, size) };
  }

  /** The tiles hold each entry's hash: where one differs, it says which entry was changed. */
  async #changedEntries(leaves: readonly Bytes[], size: number): Promise<Finding[]> {
    const read = subtreeReader(this.#question.fetch, size);
    const changed: number[] = [];
    for (const [i, leaf] of leaves.entries()) if (toHex(await read(0, i)) !== toHex(leaf)) changed.push(i);
    if (changed.length === 0)
      return [fail('The entries do not make the root that was signed, and neither do the tiles.')];
    return changed.map((index) => fail(`Entry ${index} is not the one whose hash the log holds.`));
  }
}

async function growthProblems(before: Checkpoint, now: Checkpoint, fetch: TileFetch): Promise<Finding[]> {
  if (now.size < before.size) {
    return [fail(`The log has ${now.size} entries, and this browser saw ${before.size} before: some were taken out.`)];
  }
  const proof = await consistencyProof(subtreeReader(fetch, now.size), before.size, now.size);
  const root = fromHex(before.root) ?? new Uint8Array();
  if (await verifyConsistency(before, now, proof, root)) return [];
  return [fail(`The log is not a continuation of the one of ${before.size} entries that this browser saw before.`)];
}
