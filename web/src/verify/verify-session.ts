/**
 * Verifies one session from what a gateway handed out, believing nothing of it but the log's key: every line, the tree
 * they make, the entry of the log that seals it, that entry's place under the signed checkpoint, and every body.
 */

import { fromHex, toHex, utf8 } from '../../../src/audit/c2sp/bytes.ts';
import type { Checkpoint } from '../../../src/audit/c2sp/checkpoint-text.ts';
import { keyIdText } from '../../../src/audit/c2sp/key-text.ts';
import { checkBodies } from './bodies.ts';
import { openCheckpoint } from './checkpoint.ts';
import { type Evidence, readEvidence, type Seal } from './evidence.ts';
import { leafHash, rootOf } from './merkle.ts';
import { verifyInclusion } from './proofs.ts';
import { type Finding, fail, incomplete, type OnStep, type Report, StepRunner } from './report.ts';
import { SessionLines } from './session-lines.ts';
import { missingCrypto, type NoteVerifier, parseVerifierKey } from './signed-note.ts';

export interface SessionQuestion {
  /** The session that was asked for: evidence of another one proves nothing. */
  readonly session: string;
  /** The log's key as this browser, or an auditor, knows it; without one the gateway's own is believed. */
  readonly knownKey?: string;
}

export async function verifySession(answer: unknown, question: SessionQuestion, onStep?: OnStep): Promise<Report> {
  const steps = new StepRunner(onStep);
  const evidence = readEvidence(answer);
  const why = await missingCrypto();
  if (typeof evidence === 'string' || why !== undefined) {
    await steps.run('evidence', 'What is needed to check is here', () => {
      const finding = typeof evidence === 'string' ? fail(evidence) : incomplete(why ?? '');
      return Promise.resolve({ detail: 'Nothing was checked.', findings: [finding] });
    });
    return steps.report();
  }
  await new SessionVerification(evidence, question, steps).run();
  return steps.report();
}

/** Lines that are read before the page gets to breathe and the progress is told. */
const CHUNK = 1024;

class SessionVerification {
  readonly #evidence: Evidence;
  readonly #question: SessionQuestion;
  readonly #steps: StepRunner;
  readonly #walk: SessionLines;
  #verifier: NoteVerifier | undefined;
  #checkpoint: Checkpoint | undefined;

  constructor(evidence: Evidence, question: SessionQuestion, steps: StepRunner) {
    this.#evidence = evidence;
    this.#question = question;
    this.#steps = steps;
    this.#walk = new SessionLines(evidence.seal);
  }

  async run(): Promise<void> {
    const steps = this.#steps;
    const isKnown = this.#question.knownKey !== undefined;
    const title = isKnown ? "The log's key is the one that is known here" : "The log's key can be read";
    await steps.run('key', title, () => this.#key());
    await steps.run('checkpoint', 'The checkpoint is signed by that key', () => this.#signature());
    await steps.run('entry', 'The log holds an entry that seals this session', () => this.#entry());
    await steps.run('lines', 'Every line is in its place and follows the one before', (progress) =>
      this.#lines(progress),
    );
    await steps.run('tree', 'The lines are those that the entry committed to', () => this.#tree());
    await steps.run('bodies', 'Every body is what its line committed to', (progress) => this.#bodies(progress));
  }

  async #key() {
    const { verifierKey } = this.#evidence;
    const { knownKey } = this.#question;
    this.#verifier = await parseVerifierKey(knownKey ?? verifierKey);
    if (this.#verifier === undefined)
      return { detail: 'There is no key to check with.', findings: [fail('The verifier key cannot be read.')] };
    if (verifierKey !== (knownKey ?? verifierKey)) {
      const message = `The gateway now shows another key for its log: ${verifierKey}. Known here is ${knownKey ?? ''}.`;
      return { detail: 'The key has changed.', findings: [fail(message)] };
    }
    const detail = `${this.#verifier.name}, key ${keyIdText(this.#verifier)}`;
    return {
      detail:
        knownKey === undefined ? `${detail}, as the gateway gave it: compare it with one from elsewhere.` : detail,
      findings: [],
    };
  }

  async #signature() {
    const verifier = this.#verifier;
    this.#checkpoint = verifier === undefined ? undefined : await openCheckpoint(this.#evidence.checkpoint, verifier);
    if (this.#checkpoint === undefined) {
      return {
        detail: 'The signature is not good.',
        findings: [fail("The checkpoint is not one that the log's key signed.")],
      };
    }
    const { size, root } = this.#checkpoint;
    return { detail: `${size} entries, root ${root.slice(0, 16)}…`, findings: [] };
  }

  async #entry() {
    const { seal } = this.#evidence;
    if (seal === undefined) {
      const message = 'The log does not hold this session yet. It is sealed within seconds of its opening; try again.';
      return { detail: 'There is no entry.', findings: [incomplete(message)] };
    }
    const findings: Finding[] = [];
    if (seal.session !== this.#question.session)
      findings.push(fail(`The entry is of another session, ${seal.session}.`));
    if (!isSealKind(seal.kind)) findings.push(fail(`An entry of kind ${seal.kind} seals nothing.`));
    if (this.#checkpoint === undefined)
      findings.push(incomplete('There is no signed checkpoint that it could be under.'));
    else if (!(await isIncluded(seal, this.#checkpoint))) {
      findings.push(fail(`The proof does not lead from entry ${seal.index} to the root that was signed.`));
    }
    const lines = `${seal.size} ${seal.size === 1 ? 'line' : 'lines'}`;
    return {
      detail: `Entry ${seal.index} (${seal.kind}) commits to ${lines}; ${seal.path.length} hashes lead to the root.`,
      findings,
    };
  }

  async #lines(progress: (detail: string) => void) {
    const walk = this.#walk;
    const { lines, seal } = this.#evidence;
    for (let start = 0; start < lines.length; start += CHUNK) {
      await walk.take(lines.slice(start, start + CHUNK).map(({ line }) => line));
      progress(`${walk.leaves.length} of ${lines.length} lines`);
    }
    walk.finish(seal?.kind === 'session.close');
    const gaps = walk.gaps === 0 ? '' : `, ${walk.gaps} of them with an outcome that nobody recorded`;
    return { detail: `${walk.leaves.length} lines, ${walk.requests} requests${gaps}`, findings: walk.findings };
  }

  async #tree() {
    const { seal } = this.#evidence;
    const { leaves } = this.#walk;
    if (seal === undefined)
      return { detail: 'There is nothing to compare with.', findings: [incomplete('The log commits to no line yet.')] };
    if (leaves.length < seal.size) {
      return {
        detail: 'Lines are missing.',
        findings: [fail(`${leaves.length} lines are here, and the log committed to ${seal.size}.`)],
      };
    }
    const findings: Finding[] = [];
    const same = (await rootOf(leaves.slice(0, seal.size))) === seal.root;
    if (!same) findings.push(...(await this.#whatDiffers(seal)));
    const newer = leaves.length - seal.size;
    if (seal.kind === 'session.close') {
      if (newer > 0)
        findings.push(fail(`The session goes on for ${newer} lines after its close.`, this.#walk.place(seal.size)));
    } else {
      const rest = newer === 0 ? '' : ` ${newer} newer lines are not sealed yet.`;
      findings.push(incomplete(`The session is still open: its first ${seal.size} lines are sealed.${rest}`));
    }
    return { detail: same ? `Root ${seal.root.slice(0, 16)}…, as sealed` : 'They make another root.', findings };
  }

  /**
   * Puts in each line's place the hash that the line after it holds: where those make the root that was sealed, every
   * line that has its hash is proven to be as it was, and exactly the others were changed.
   */
  async #whatDiffers({ size, root }: Seal): Promise<Finding[]> {
    const { leaves, claimed } = this.#walk;
    const repaired = leaves
      .slice(0, size)
      .map((leaf, i) => (i + 1 < size ? (fromHex(claimed[i] ?? '') ?? leaf) : leaf));
    const changed = repaired.flatMap((leaf, i) => (toHex(leaf) === toHex(leaves[i] ?? leaf) ? [] : [i]));
    if (changed.length > 0 && repaired.every(({ length }) => length === 32) && (await rootOf(repaired)) === root) {
      return changed.map((line) =>
        fail('This line is not the one that was sealed. All others are.', this.#walk.place(line)),
      );
    }
    if (changed.length === 1 && changed[0] === size - 2) {
      return [fail('The last line was changed: it no longer follows the one before it.', this.#walk.place(size - 1))];
    }
    return [
      changed.length > 0
        ? fail('The lines are not those that the log committed to.', this.#walk.place(changed[0] ?? 0))
        : fail(
            'The lines fit one another and not the log: the last one was changed, or all were written anew.',
            this.#walk.place(size - 1),
          ),
    ];
  }

  async #bodies(progress: (detail: string) => void) {
    const total = this.#walk.bodies.length;
    const check = await checkBodies(this.#walk, this.#evidence.lines, (done) => progress(`${done} of ${total} bodies`));
    const detail = [
      `${check.checked} of ${total} bodies opened and compared`,
      ...(check.partial === 0 ? [] : [`${check.partial} kept in part`]),
      ...(check.notKept === 0 ? [] : [`${check.notKept} not kept`]),
      ...(check.notGiven === 0 ? [] : [`${check.notGiven} not handed out`]),
    ];
    return { detail: detail.join(', '), findings: check.findings };
  }
}

function isSealKind(kind: string): boolean {
  return kind === 'session.open' || kind === 'session.head' || kind === 'session.close';
}

async function isIncluded({ index, text, path }: Seal, { size, root }: Checkpoint): Promise<boolean> {
  return await verifyInclusion(await leafHash(utf8(text)), index, size, path, root);
}
