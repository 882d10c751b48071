/** What a witness decides of one `add-checkpoint` (https://c2sp.org/tlog-witness), from what it knows. Pure. */
import { type Checkpoint, parseCheckpointHead } from '../audit/c2sp/checkpoint-text.ts';
import { parseNote, withSignaturesBy } from '../audit/c2sp/note-text.ts';
import { EMPTY_ROOT } from '../audit/c2sp/tree-proofs.ts';
import { verifyConsistency } from '../audit/log/merkle.ts';
import { type NoteVerifier, openNote } from '../audit/log/signed-note.ts';

export interface AddRequest {
  readonly oldSize: number;
  /** Hex. */
  readonly proof: readonly string[];
  /** The signed note as it was sent. */
  readonly note: string;
}

export type Decision =
  /** To be stored, then cosigned. `note` has the log's own good signatures and no others. */
  | { readonly kind: 'cosign'; readonly checkpoint: Checkpoint; readonly text: string; readonly note: string }
  | {
      readonly kind: 'no';
      readonly status: 400 | 403 | 404;
      readonly why: string;
      readonly misbehaviour?: Misbehaviour;
    }
  | { readonly kind: 'other-size'; readonly size: number; readonly misbehaviour?: Misbehaviour }
  | { readonly kind: 'inconsistent'; readonly why: string; readonly misbehaviour?: Misbehaviour };

/**
 * What speaks against a log. *Proven*: it signed two trees of one size. Else the proof that came along did not hold, which
 * anybody who sends a wrong proof with a right checkpoint can bring about: the log's tiles decide.
 */
export interface Misbehaviour {
  readonly kind: 'split-view' | 'inconsistent';
  readonly proven: boolean;
  readonly request: AddRequest;
}

export interface Known extends Checkpoint {
  /** With the log's signatures and our cosignatures. */
  readonly note: string;
}

/** Reads the body; undefined where it is not one as the specification writes it. */
export function parseAddRequest(body: string): AddRequest | undefined {
  const split = body.indexOf('\n\n');
  if (split < 0) return undefined;
  const [first = '', ...lines] = body.slice(0, split).split('\n');
  const [, digits] = /^old (0|[1-9][0-9]{0,15})$/u.exec(first) ?? [];
  if (digits === undefined || !Number.isSafeInteger(Number(digits)) || lines.length > 63) return undefined;
  const proof: string[] = [];
  for (const line of lines) {
    const step = Buffer.from(line, 'base64');
    if (step.length !== 32 || step.toString('base64') !== line) return undefined;
    proof.push(step.toString('hex'));
  }
  return { oldSize: Number(digits), proof, note: body.slice(split + 2) };
}

/** `keys` are those that are trusted for the origin of a log, `known` the newest checkpoint that was cosigned of it. */
export function decide(
  request: AddRequest,
  keys: (origin: string) => readonly NoteVerifier[] | undefined,
  known: (origin: string) => Known | undefined,
): Decision {
  const parsed = parseNote(request.note);
  const checkpoint = typeof parsed === 'string' ? undefined : parseCheckpointHead(parsed.text);
  if (typeof parsed === 'string' || checkpoint === undefined) return no(400, 'this is no checkpoint');
  const trusted = keys(checkpoint.origin);
  if (trusted === undefined) return no(404, 'this log is not one that is witnessed here');
  const opened = openNote(request.note, trusted);
  if (opened === undefined) return no(403, 'no key that is trusted for this log signed it, or one did wrongly');
  const newest = known(checkpoint.origin);
  // Whatever else is wrong with the request: two trees of one size, both signed, are proof.
  const isSplit = newest !== undefined && newest.size === checkpoint.size && newest.root !== checkpoint.root;
  const split = isSplit ? { misbehaviour: { kind: 'split-view', proven: true, request } as const } : {};
  if (request.oldSize > checkpoint.size) return { ...no(400, 'the old size is beyond the checkpoint'), ...split };
  const size = newest?.size ?? 0;
  if (request.oldSize !== size) return { kind: 'other-size', size, ...split };
  if (isSplit) return { kind: 'inconsistent', why: 'another tree of this size was cosigned', ...split };
  const problem = inconsistency(request, checkpoint, newest);
  if (problem !== undefined) {
    const misbehaviour: Misbehaviour = { kind: 'inconsistent', proven: false, request };
    return { kind: 'inconsistent', why: problem, ...(newest === undefined ? {} : { misbehaviour }) };
  }
  return { kind: 'cosign', checkpoint, text: parsed.text, note: withSignaturesBy(parsed, opened.by) };
}

function inconsistency({ oldSize, proof }: AddRequest, { size, root }: Checkpoint, newest: Known | undefined) {
  if (size === 0 && root !== EMPTY_ROOT) return 'this is not the root of a tree without leaves';
  if (oldSize === 0) return proof.length === 0 ? undefined : 'a proof from size zero is empty';
  return verifyConsistency(oldSize, size, proof, newest?.root ?? EMPTY_ROOT, root)
    ? undefined
    : 'the proof does not show that this continues what was cosigned';
}

function no(status: 400 | 403 | 404, why: string): Extract<Decision, { kind: 'no' }> {
  return { kind: 'no', status, why };
}
