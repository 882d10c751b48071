import { isAscii, isUtf8 } from 'node:buffer';
import type { Operation } from '../../model/request.ts';
import type { Analysis, AnalysisContext } from '../../sql/postgres/analysis.ts';
import { type Stale, withStale } from '../../sql/postgres/catalogue.ts';
import { bothStale } from '../../sql/postgres/stale.ts';
import { isUnsafeEncoding } from './startup.ts';

/** The parser of statements, as the protocol needs it; sql/postgres has the real one. */
export interface StatementAnalyser {
  analyse(text: string, context: AnalysisContext): Analysis;
}

/** What the server last reported of how it reads text (ParameterStatus). */
export type ServerSettings = ReadonlyMap<string, string>;

/** Reads statements as the server will, or says that it cannot: the text judged must be the text executed. */
export class StatementReader {
  readonly #analyser: StatementAnalyser;
  readonly #context: AnalysisContext;
  readonly #settings: ServerSettings;

  constructor(analyser: StatementAnalyser, context: AnalysisContext, settings: ServerSettings) {
    this.#analyser = analyser;
    this.#context = context;
    this.#settings = settings;
  }

  /** `unsettled` says that an earlier statement of the same batch may change how this one is read. */
  read(bytes: Buffer, unsettled: boolean): { readonly text: string; readonly analysis: Analysis } {
    const text = this.decode(bytes);
    if (text === undefined)
      return { text: bytes.toString('latin1'), analysis: unreadable('its encoding cannot be inspected') };
    if ((unsettled || this.#backslashesEscape()) && text.includes('\\')) {
      return {
        text,
        analysis: unreadable('standard_conforming_strings may be off, so a backslash in it can mean two things'),
      };
    }
    return { text, analysis: this.#analyser.analyse(text, this.#context) };
  }

  /** `stale` is what earlier statements of the same batch leave in doubt. */
  analyse(text: string, stale?: Stale): Analysis {
    const { catalogue } = this.#context;
    if (stale === undefined || catalogue === undefined) return this.#analyser.analyse(text, this.#context);
    const doubted = withStale(catalogue, bothStale(catalogue.stale, stale) ?? stale);
    return this.#analyser.analyse(text, {
      catalogue: doubted,
      prepared: (name) => this.#context.prepared(name),
      cursor: (name) => this.#context.cursor(name),
    });
  }

  /** The text that the server will read in these bytes; undefined where that cannot be told. */
  decode(bytes: Buffer): string | undefined {
    const encoding = (this.#settings.get('client_encoding') ?? 'UTF8').toUpperCase();
    if (isUnsafeEncoding(encoding)) return undefined;
    if (isAscii(bytes)) return bytes.toString('latin1');
    if (encoding === 'LATIN1') return bytes.toString('latin1');
    if (encoding !== 'UTF8' && encoding !== 'SQL_ASCII') return undefined;
    return isUtf8(bytes) ? bytes.toString('utf8') : undefined;
  }

  /** The bytes in which the server reads this text; it came in the same encoding. */
  encode(text: string): Buffer {
    const encoding = (this.#settings.get('client_encoding') ?? 'UTF8').toUpperCase();
    return Buffer.from(text, encoding === 'LATIN1' ? 'latin1' : 'utf8');
  }

  #backslashesEscape(): boolean {
    return this.#settings.get('standard_conforming_strings') === 'off';
  }
}

/** True where a statement may change settings that the next statement of the same batch is read by. */
export function mayChangeSettings(analysis: Analysis): boolean {
  return analysis.operations.some(
    ({ kind, access, functions }) =>
      kind === 'set' ||
      kind === 'reset' ||
      kind === 'discard' ||
      access === 'unknown' ||
      functions.some((name) => name.endsWith('set_config')),
  );
}

export function unreadable(reason: string): Analysis {
  return { operations: [unknownOperation(reason)], statements: [], problem: reason };
}

export function unknownOperation(reason: string): Operation {
  return { kind: 'unknown', access: 'unknown', tables: [], functions: [], hasWhere: true, flags: [], reason };
}
