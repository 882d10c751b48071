import { type ColumnPreview, detectorsOf } from '../masking/column-preview.ts';
import { inheritedColumns } from '../masking/inherited-columns.ts';
import type { Principal } from '../model/principal.ts';
import type { ClassifiedColumn, Target } from '../model/target.ts';
import { type Explanation, explainDecision } from '../policy/explain-decision.ts';
import type { Policy } from '../policy/policy.ts';
import { analyseOnce } from '../sql/postgres/analyser.ts';
import type { Analysis, AnalysisContext, Effects } from '../sql/postgres/analysis.ts';
import { type Catalogue, throughPath } from '../sql/postgres/catalogue.ts';
import type { SchemaText } from '../sql/postgres/schema/schema-text.ts';
import { httpTargetOf } from './asked-target.ts';
import { type AskedHttp, askedHttp, httpOperations, NO_REQUEST } from './http-operations.ts';
import { maskedClasses, replyFields, resultColumns } from './result-columns.ts';
import { askedHost } from './ssh-operations.ts';

export interface TrialSessionParts {
  readonly policies: readonly Policy[];
  readonly principal: Principal;
  readonly target: Target;
  /** The database as its definitions describe it; absent where nobody knows, and then names mean what they may. */
  readonly schema?: SchemaText | undefined;
  /** Of an SSH host: the login there. */
  readonly login?: string | undefined;
  /** Milliseconds since 1970. */
  readonly nowMs: number;
}

/** What a gateway would do with one text. */
export interface TrialAnswer extends Explanation {
  readonly text: string;
  readonly analysis: Analysis;
  /** The columns of each result, in order; `undefined` where they cannot be told. Of what is denied there is none. */
  readonly results: readonly (readonly ColumnPreview[] | undefined)[];
  /** The detectors at work on every reply, by name. */
  readonly detectors: readonly string[];
}

/**
 * A session in which no server answers: each text is decided as the gateway would, and what was permitted counts for the
 * next one, as if it had been done without an error. `loadPostgresParser` must have resolved.
 */
export class TrialSession implements AnalysisContext {
  readonly #parts: TrialSessionParts;
  readonly #prepared = new Map<string, string>();
  readonly #cursors = new Map<string, string>();
  #classified: readonly ClassifiedColumn[];
  /** Shared with other sessions until this one defines something. */
  #schema: SchemaText | undefined;
  #searchPath: readonly string[] | 'default' | 'unknown' = 'default';

  constructor(parts: TrialSessionParts) {
    this.#parts = parts;
    this.#classified = parts.target.classified;
    this.#schema = parts.schema;
  }

  get catalogue(): Catalogue | undefined {
    return this.#schema && throughPath(this.#schema.catalogue, this.#searchPath);
  }

  prepared(name: string): string | undefined {
    return this.#prepared.get(name);
  }

  cursor(name: string): string | undefined {
    return this.#cursors.get(name);
  }

  /** `text` is a statement, a request of HTTP as `askedHttp` reads it, or what is asked of an SSH host (`askedHost`). */
  async ask(text: string): Promise<TrialAnswer> {
    const request = askedHttp(text);
    if (this.#parts.target.ssh !== undefined) return this.#askHost(text);
    if (request !== undefined) return this.#askHttp(text, request);
    if (this.#parts.target.http !== undefined) throw new RangeError(NO_REQUEST);
    return this.#askStatement(text);
  }

  async #askHttp(text: string, request: AskedHttp): Promise<TrialAnswer> {
    const { policies, principal, nowMs } = this.#parts;
    const target = httpTargetOf(this.#parts.target);
    const operations = await httpOperations(request, target);
    const explanation = explainDecision(policies, principal, target, { operations }, { nowMs: () => nowMs });
    const common = { ...explanation, text, analysis: { operations, statements: [] } };
    if (explanation.decision.effect === 'deny') return { ...common, results: [], detectors: [] };
    const classes = maskedClasses(explanation.decision.obligations);
    const results = replyFields(operations, classes, target.classified);
    return { ...common, results, detectors: detectorsOf(classes) };
  }

  #askHost(text: string): TrialAnswer {
    const { policies, principal, target, nowMs, login = '' } = this.#parts;
    const operations = askedHost(text, login);
    const explanation = explainDecision(policies, principal, target, { operations }, { nowMs: () => nowMs });
    const common = { ...explanation, text, analysis: { operations, statements: [] }, results: [] };
    if (explanation.decision.effect === 'deny') return { ...common, detectors: [] };
    return { ...common, detectors: detectorsOf(maskedClasses(explanation.decision.obligations)) };
  }

  #askStatement(text: string): TrialAnswer {
    const { policies, principal, nowMs } = this.#parts;
    const analysis = analyseOnce(text, this);
    const target = { ...this.#parts.target, classified: this.#classified };
    const explanation = explainDecision(policies, principal, target, analysis, { nowMs: () => nowMs });
    const { decision } = explanation;
    if (decision.effect === 'deny') return { ...explanation, text, analysis, results: [], detectors: [] };
    this.#follow(text, analysis);
    const classes = maskedClasses(decision.obligations);
    const results = resultColumns(analysis, analysis.operations, classes, this.#classified);
    return { ...explanation, text, analysis, results, detectors: detectorsOf(classes) };
  }

  #follow(text: string, { operations, statements }: Analysis): void {
    const inherited = inheritedColumns(operations, this.#classified);
    if (inherited !== undefined) {
      this.#classified = [...this.#classified, ...inherited.stored, ...inherited.temporary];
    }
    for (const { effects } of statements) this.#followNames(effects);
    if (!statements.some(({ effects }) => effects.ddl)) return;
    this.#schema = this.#schema?.copy();
    this.#schema?.add(text);
  }

  #followNames({ prepares, deallocates, declares, closes, searchPath }: Effects): void {
    if (prepares !== undefined) this.#prepared.set(prepares.name, prepares.text);
    if (deallocates === 'all') this.#prepared.clear();
    else if (deallocates !== undefined) this.#prepared.delete(deallocates.name);
    if (declares !== undefined) this.#cursors.set(declares.name, declares.text);
    if (closes === 'all') this.#cursors.clear();
    else if (closes !== undefined) this.#cursors.delete(closes.name);
    if (searchPath !== undefined) this.#searchPath = searchPath;
  }
}
