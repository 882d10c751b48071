import type { AnalysisContext, Effects, SessionName } from './analysis.ts';
import { type Body, textOf } from './nodes.ts';
import { namedQuery } from './operation-parts.ts';

/** What prepared statements and cursors are called, as earlier statements of the same text leave it. */
export class SessionNames {
  readonly #context: AnalysisContext;
  readonly #prepared = new Map<string, string | undefined>();
  readonly #cursors = new Map<string, string | undefined>();
  #forgotPrepared = false;
  #forgotCursors = false;
  readonly #asked: SessionName[] = [];

  constructor(context: AnalysisContext) {
    this.#context = context;
  }

  /** The query that an EXECUTE or FETCH names; undefined for other statements, a reason where nobody can tell. */
  queryOf(tag: string, body: Body): { readonly query: Body } | { readonly reason: string } | undefined {
    if (tag !== 'ExecuteStmt' && tag !== 'FetchStmt') return undefined;
    const prepared = tag === 'ExecuteStmt';
    const name = textOf(body['name'] ?? body['portalname']);
    const text = prepared ? this.#preparedText(name) : this.#cursorText(name);
    const query = text === undefined ? undefined : namedQuery(text, prepared ? 'PrepareStmt' : 'DeclareCursorStmt');
    if (query !== undefined) return { query };
    return { reason: `no ${prepared ? 'prepared statement' : 'cursor'} named "${name}" is known` };
  }

  /** What was asked of the session, rather than of this text, since the last time. */
  takeAsked(): readonly SessionName[] {
    return this.#asked.splice(0);
  }

  follow({ prepares, deallocates, declares, closes }: Effects): void {
    if (prepares !== undefined) this.#prepared.set(prepares.name, prepares.text);
    if (declares !== undefined) this.#cursors.set(declares.name, declares.text);
    if (deallocates === 'all') {
      this.#prepared.clear();
      this.#forgotPrepared = true;
    } else if (deallocates !== undefined) {
      this.#prepared.set(deallocates.name, undefined);
    }
    if (closes === 'all') {
      this.#cursors.clear();
      this.#forgotCursors = true;
    } else if (closes !== undefined) {
      this.#cursors.set(closes.name, undefined);
    }
  }

  #preparedText(name: string): string | undefined {
    if (this.#prepared.has(name)) return this.#prepared.get(name);
    if (this.#forgotPrepared) return undefined;
    this.#asked.push({ of: 'prepared', name });
    return this.#context.prepared(name);
  }

  #cursorText(name: string): string | undefined {
    if (this.#cursors.has(name)) return this.#cursors.get(name);
    if (this.#forgotCursors) return undefined;
    this.#asked.push({ of: 'cursor', name });
    return this.#context.cursor(name);
  }
}
