/** Checks one session: every line, the tree they make against the log, and every body against its commitment. */
import { createHash, type KeyObject } from 'node:crypto';
import { createReadStream, existsSync, statSync } from 'node:fs';
import { relative } from 'node:path';
import { type AuditEvent, parseEvent } from '../audit-event.ts';
import { type AuditPaths, bodyPath, sessionPath } from '../audit-paths.ts';
import { EMPTY_ROOT } from '../c2sp/tree-proofs.ts';
import { isCanonical } from '../canonical-json.ts';
import type { LoggedSession } from '../log/log-index.ts';
import { CompactRange, leafHash } from '../log/merkle.ts';
import { BodyReader } from '../read/body-reader.ts';
import { type Line, readLines } from '../read/read-lines.ts';
import type { SessionState } from '../seal/sealed-session.ts';
import { ExchangeRules } from './bundle/exchange-rules.ts';
import type { Findings } from './verify-report.ts';

export interface SessionCheck {
  readonly paths: AuditPaths;
  readonly findings: Findings;
  readonly session: LoggedSession;
  /** What `state.json` says of it, while it is open. */
  readonly state: SessionState | undefined;
  /** The key of its bodies; undefined where it is withheld. */
  readonly key: KeyObject | undefined;
  /** True where lines beyond what the state covers may be there: a gateway runs, or fell. */
  readonly unsigned: boolean;
  /** True where a gateway may be writing it now. */
  readonly live: boolean;
}

export async function verifySessionFile(check: SessionCheck): Promise<void> {
  const { paths, findings, session, state } = check;
  const path = sessionPath(paths, session.day, session.id);
  const file = relative(paths.root, path);
  findings.totals.sessions++;
  if (!existsSync(path)) {
    findings.fail(file, `the log knows session ${session.id}, and its file is missing`);
    return;
  }
  const written = session.closed || check.live ? undefined : state?.fileBytes;
  const end = written ?? Number.POSITIVE_INFINITY;
  using walk = new LineWalk(check, file);
  for await (const lines of readLines(path, end)) {
    for (const line of lines) if (!walk.take(line)) break;
  }
  walk.finish();
  await verifyBodyFile(check, walk.last);
  if (!session.closed && !check.unsigned && statSync(path).size > end) {
    findings.fail(file, 'the file goes on after what the gateway wrote', { offset: end });
  }
}

class LineWalk implements Disposable {
  last: AuditEvent | undefined;
  readonly #check: SessionCheck;
  readonly #file: string;
  readonly #tree = new CompactRange();
  readonly #heads: { size: number; root: string }[];
  readonly #rules = new ExchangeRules();
  #bodies: BodyReader | undefined;
  #prev = EMPTY_ROOT;

  constructor(check: SessionCheck, file: string) {
    this.#check = check;
    this.#file = file;
    this.#heads = [...check.session.heads];
    if (check.state !== undefined) this.#heads.push({ size: check.state.size, root: stateRoot(check.state) });
    // The state may be older than the checkpoint of a gateway that runs, or newer.
    this.#heads.sort((one, other) => one.size - other.size);
    const path = bodyPath(check.paths, check.session.id);
    if (check.key !== undefined && existsSync(path)) this.#bodies = new BodyReader(path, check.key);
  }

  /** Takes the next line; false where the file cannot be followed any further. */
  take(line: Line): boolean {
    const { live, session } = this.#check;
    if (!line.ended && live && !session.closed) return false;
    const number = this.#tree.size + 1;
    const problem = this.#problem(line);
    const leaf = leafHash(line.bytes);
    this.#tree.append(leaf);
    if (problem !== undefined) this.#fail(problem, number, line.offset);
    this.#prev = leaf;
    for (let head = this.#heads[0]; head?.size === this.#tree.size; head = this.#heads[0]) {
      this.#heads.shift();
      if (head.root === this.#tree.root()) continue;
      this.#fail(`the first ${head.size} lines are not those that the log committed to`, number, line.offset);
      return false;
    }
    return line.ended;
  }

  finish(): void {
    const { session, findings } = this.#check;
    const { size } = this.#tree;
    const missing = this.#heads.at(-1);
    if (missing !== undefined)
      this.#fail(`the file ends after ${size} lines; the log committed to ${missing.size}`, size);
    if (session.closed && size > (session.heads.at(-1)?.size ?? 0)) {
      this.#fail('the file goes on after the close of its session', size);
    }
    if (session.closed && this.last?.kind !== 'session.close') this.#fail('the last line is no close', size);
    if (session.closed) for (const exchange of this.#rules.unended) this.#fail(`exchange ${exchange} has no end`, size);
    findings.totals.events += size;
    findings.totals.requests += this.#rules.requests;
    findings.totals.unknownOutcomes += this.#rules.unknownOutcomes;
  }

  [Symbol.dispose](): void {
    this.#bodies?.[Symbol.dispose]();
  }

  #problem(line: Line): string | undefined {
    if (!line.ended) return 'the line is cut';
    const event = parseEvent(line.bytes);
    if (event === undefined || !isCanonical(line.bytes.toString('utf8')))
      return 'the line is no event in canonical JSON';
    this.last = event;
    const { session } = this.#check;
    if (event.session !== session.id || event.run !== session.run) return 'the event is of another session or run';
    if (event.seq !== this.#tree.size)
      return `the event says that it is number ${event.seq}, and ${this.#tree.size} stand before it`;
    if (event.prev !== this.#prev) return 'the event does not follow the line before it';
    if ((event.kind === 'session.open') !== (event.seq === 0)) return 'the session is opened in the wrong place';
    return this.#rules.problem(event) ?? this.#bodyProblem(event);
  }

  #bodyProblem(event: AuditEvent): string | undefined {
    const { key, findings } = this.#check;
    const { totals } = findings;
    if (event.body === undefined) return undefined;
    if (event.body.lost === true) totals.lostBodies++;
    else if (key === undefined || event.body.stored === '0') totals.withheldBodies++;
    else return this.#openedProblem(event.body);
    return undefined;
  }

  #openedProblem(body: NonNullable<AuditEvent['body']>): string | undefined {
    const { findings, paths, session } = this.#check;
    const reading = this.#bodies?.read(body);
    let step = reading?.next();
    while (step?.done === false) step = reading?.next();
    if (step?.value === 'altered') return 'the body is not the one that was recorded';
    if (step === undefined || step.value === 'missing') {
      if (this.#check.live) return undefined; // its pack is on its way
      const file = relative(paths.root, bodyPath(paths, session.id));
      findings.incomplete(file, `the body of event ${this.#tree.size} is missing, and its key is not`);
      return undefined;
    }
    findings.totals.bodies++;
    return undefined;
  }

  #fail(message: string, line: number, offset?: number): void {
    this.#check.findings.fail(this.#file, message, offset === undefined ? { line } : { line, offset });
  }
}

/** The body file as a whole, which the close of its session commits to: a change is seen without any key. */
async function verifyBodyFile(
  { paths, findings, session, key }: SessionCheck,
  last: AuditEvent | undefined,
): Promise<void> {
  const path = bodyPath(paths, session.id);
  const closing = last?.closing;
  if (closing === undefined) return;
  const file = relative(paths.root, path);
  if (!existsSync(path)) {
    if (closing.bodies.packs > 0 && key !== undefined)
      findings.incomplete(file, 'the bodies of this session are missing');
    return;
  }
  const digest = createHash('sha256');
  let bytes = 0;
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    digest.update(chunk);
    bytes += chunk.length;
  }
  if (String(bytes) !== closing.bodies.bytes) {
    findings.fail(file, `the file has ${bytes} bytes; the close of its session says ${closing.bodies.bytes}`);
  } else if (digest.digest('hex') !== closing.bodies.digest) {
    findings.fail(file, 'the file is not the one that the close of its session committed to');
  }
}

function stateRoot(state: SessionState): string {
  return new CompactRange(state.size, state.roots).root();
}
