import type { RecordedStatement } from '../../audit/record/recorded-statements.ts';
import { REFUSAL_CODES, type Refusal } from '../../model/refusal.ts';
import { refusalResponse } from '../../protocols/postgres/refusal.ts';
import { type ReplayColumn, type ReplayError, type ReplayEvent, replayReply } from '../../protocols/postgres/replay.ts';
import type { Output } from '../output.ts';
import { printable, printableLines } from '../printable.ts';
import { alignedTable, rowCount } from '../table.ts';
import { approvalText } from './approval-text.ts';
import { httpReplyText, httpRequestText } from './http-text.ts';
import { McpRenderer } from './mcp-text.ts';
import { messagesText } from './messages-text.ts';
import {
  bodyBytes,
  factsOfRequest,
  forwardedText,
  type RecordedEvent,
  type RecordedHold,
  type RecordedMask,
  type RecordedRefusal,
  recordedRefusal,
  recordedVoters,
  requestStatements,
} from './recording.ts';
import { SshRenderer } from './ssh-text.ts';

type Paint = Output['paint'];

/** A piece of what a person watches: text that appears at once, or a statement that is typed. */
export interface Shown {
  readonly text: string;
  readonly typed?: string;
}

/** Turns the events of one recording, in order, into what psql would have shown, or requests and replies of HTTP. Keeps what later events refer to. */
export class SessionRenderer {
  readonly #paint: Paint;
  readonly #details: boolean;
  readonly #mcp: McpRenderer;
  readonly #ssh: SshRenderer;
  #prompt = 'sql';
  #columns: readonly ReplayColumn[] = [];
  #state = '';
  #isHttp = false;
  /** When the request was recorded, in microseconds of the gateway's clock. */
  #asked: number | undefined;

  /** `details` adds what each operation does with columns, and how it locks. */
  constructor(paint: Paint, target: string | undefined, { details = false }: { readonly details?: boolean } = {}) {
    this.#paint = paint;
    this.#details = details;
    if (target !== undefined) this.#prompt = printable(target);
    this.#mcp = new McpRenderer(paint, this.#prompt);
    this.#ssh = new SshRenderer(paint, this.#prompt);
  }

  render(event: RecordedEvent): readonly Shown[] {
    const layered = this.#mcp.render(event) ?? this.#ssh.render(event);
    if (layered !== undefined) return event.kind === 'request' ? [...layered, ...this.#facts(event)] : layered;
    switch (event.kind) {
      case 'request':
        this.#isHttp = event.body?.media === 'message/http';
        this.#asked = event.mono === undefined ? undefined : Number(event.mono);
        if (this.#isHttp) return [this.#httpRequest(event), ...this.#facts(event)];
        return [
          ...requestStatements(event).map((one, i) => this.#statement(one, forwardedText(event, i, one.text))),
          ...this.#facts(event),
        ];
      case 'reply':
        // A refusal here cut the reply off: the words of its line are what the client was told.
        return [{ text: this.#reply(event) }, ...this.#refusal(event.refusal)];
      case 'unasked':
        return [{ text: this.#wire(bodyBytes(event), []) }];
      case 'approval':
        return event.held ? [{ text: this.#held(event, event.held) }] : [];
      case 'refusal':
        return this.#refusal(recordedRefusal(event));
      case 'input':
        return [
          {
            text: `${this.#paint('dim', `(the client sent ${event.body?.bytes ?? '0'} bytes)`)}\n${this.#messages(event)}`,
          },
        ];
      case 'gap':
        return [
          {
            text: `${this.#paint('yellow', 'The gateway ended here: what became of the last statement is unknown.')}\n`,
          },
        ];
      case 'session.close':
        return [
          { text: `${this.#paint('dim', `— session ended: ${printable(event.closing?.outcome ?? 'unknown')}`)}\n` },
        ];
      default:
        return [];
    }
  }

  #statement({ text, parameters }: RecordedStatement, forwarded: string | undefined): Shown {
    const [first = '', ...more] = printableLines(text.trim()).split('\n');
    const mark = this.#state === 'T' ? '*' : this.#state === 'E' ? '!' : '';
    const prompt = (lead: string) => this.#paint('cyan', `${this.#prompt}${lead}${mark}> `);
    const lines = [first, ...more.map((line) => `${prompt('-')}${line}`)].join('\n');
    const bound = parameters.map(
      (value, index) => `  $${index + 1} = ${value === null ? 'NULL' : `'${printable(value)}'`}\n`,
    );
    const instead =
      forwarded === undefined ? [] : [`  forwarded: ${printableLines(forwarded.trim()).replaceAll('\n', '\n    ')}\n`];
    const beside = [...bound, ...instead].join('');
    return { text: prompt('='), typed: `${lines}\n${beside === '' ? '' : this.#paint('dim', beside)}` };
  }

  #httpRequest(event: RecordedEvent): Shown {
    const text = this.#paint('cyan', `${this.#prompt}> `);
    const bytes = bodyBytes(event);
    if (bytes === undefined) return { text, typed: `(${printable(event.body?.withheld ?? 'not kept')})\n` };
    const ofCluster = event.op?.[0]?.kubernetes !== undefined;
    const { line, below } = httpRequestText(bytes, { paint: this.#paint, details: this.#details, ofCluster });
    return { text, typed: `${line}\n${below}${this.#messages(event)}` };
  }

  /** What policy judged, where somebody asked for it. */
  #facts(event: RecordedEvent): readonly Shown[] {
    if (!this.#details) return [];
    return factsOfRequest(event).map((line) => ({ text: `${this.#paint('dim', `  ${printable(line)}`)}\n` }));
  }

  #reply(event: RecordedEvent): string {
    const masked = event.masked ?? [];
    const shown = event.body?.withheld ? `(${printable(event.body.withheld)})\n` : this.#answered(event, masked);
    const marks = masked.map(({ name, count }) => `${printable(name)} ×${count}`);
    return marks.length > 0 ? `${shown}${this.#paint('yellow', `masked: ${marks.join(', ')}`)}\n` : shown;
  }

  #answered(event: RecordedEvent, masked: readonly RecordedMask[]): string {
    const bytes = bodyBytes(event);
    if (!this.#isHttp) return this.#wire(bytes, masked);
    const tookMs = timeBetween(this.#asked, event.mono);
    if (bytes === undefined) return '';
    return `${httpReplyText(bytes, { paint: this.#paint, details: this.#details, tookMs })}${this.#messages(event)}`;
  }

  #messages({ messages }: RecordedEvent): string {
    return messagesText(messages, this.#paint);
  }

  #wire(bytes: Buffer | undefined, masked: readonly RecordedMask[]): string {
    if (!bytes) return '';
    const tables = new Tables(this.#paint, masked);
    for (const event of replayReply(bytes, this.#columns)) {
      if (event.kind === 'columns') this.#columns = event.columns;
      if (event.kind === 'ready') this.#state = event.status;
      tables.add(event, this.#columns);
    }
    return tables.text();
  }

  #held(event: RecordedEvent, held: RecordedHold): string {
    return `${this.#paint('yellow', `— ${approvalText(held, recordedVoters(event))}`)}\n`;
  }

  /** In the words in which the protocol said it to the client. */
  #refusal(recorded: RecordedRefusal | undefined): readonly Shown[] {
    return recorded === undefined ? [] : [{ text: this.#told(recorded) }];
  }

  #told({ code, message, rule, hint }: RecordedRefusal): string {
    const known = REFUSAL_CODES.find((one) => one === code);
    if (known === undefined || this.#isHttp) {
      const words = [`${code}: ${message}`, ...(hint ? [hint] : [])].map((line) => printable(line));
      return `${this.#paint('red', words.join('\n'))}\n`;
    }
    const refusal: Refusal = { code: known, message, ...(rule ? { rule } : {}), ...(hint ? { hint } : {}) };
    return this.#wire(refusalResponse(refusal), []);
  }
}

function timeBetween(asked: number | undefined, mono: string | undefined): number | undefined {
  return asked === undefined || mono === undefined ? undefined : Math.max(0, (Number(mono) - asked) / 1000);
}

/** Gathers the rows of a reply into tables, and the rest into lines. */
class Tables {
  readonly #paint: Paint;
  /** Columns that were masked, by the name that a result gives them where it does not rename them. */
  readonly #masked: ReadonlySet<string>;
  #text = '';
  #columns: readonly ReplayColumn[] | undefined;
  #rows: (readonly (string | null)[])[] = [];

  constructor(paint: Paint, masked: readonly RecordedMask[]) {
    this.#paint = paint;
    this.#masked = new Set(
      masked.filter(({ by }) => by === 'column').map(({ name }) => name.slice(name.lastIndexOf('.') + 1)),
    );
  }

  add(event: ReplayEvent, known: readonly ReplayColumn[]): void {
    switch (event.kind) {
      case 'columns':
        this.#flush();
        this.#columns = event.columns;
        return;
      case 'row':
        this.#columns ??= known.length === event.values.length ? known : unnamed(event.values.length);
        this.#rows.push(event.values);
        return;
      case 'complete':
        if (this.#columns) this.#flush();
        else this.#text += `${printable(event.tag)}\n`;
        return;
      case 'suspended':
        this.#flush();
        return;
      case 'error':
      case 'notice':
        this.#flush();
        this.#text += message(event.fields, this.#paint);
        return;
      case 'notification':
        this.#text += `Asynchronous notification "${printable(event.channel)}" with payload "${printable(event.payload)}"\n`;
        return;
      case 'copy-data':
        this.#text += printableLines(event.bytes.toString('utf8'));
        return;
      case 'cut':
        this.#flush();
        this.#text += `${this.#paint('dim', `(… ${event.bytes} bytes more that are not shown)`)}\n`;
        return;
      case 'copy-in':
      case 'copy-out':
      case 'empty':
      case 'parameter':
      case 'ready':
        return;
      default:
        event satisfies never;
    }
  }

  text(): string {
    this.#flush();
    return this.#text;
  }

  #flush(): void {
    const columns = this.#columns;
    if (!columns) return;
    const heads = columns.map((column) =>
      this.#masked.has(column.name) ? { ...column, name: `${column.name} ▒` } : column,
    );
    const masked = new Set(columns.flatMap(({ name }, index) => (this.#masked.has(name) ? [index] : [])));
    this.#text += alignedTable(heads, this.#rows, (cell, value, column) =>
      value !== null && masked.has(column) ? this.#paint('yellow', cell) : cell,
    );
    this.#text += `${rowCount(this.#rows.length)}\n\n`;
    this.#columns = undefined;
    this.#rows = [];
  }
}

function message({ severity, message: text, detail, hint }: ReplayError, paint: Paint): string {
  const style = severity === 'ERROR' || severity === 'FATAL' || severity === 'PANIC' ? 'red' : 'yellow';
  const lines = [paint(style, `${printable(severity)}:  ${printable(text)}`)];
  if (detail) lines.push(paint(style, `DETAIL:  ${printable(detail)}`));
  if (hint) lines.push(`HINT:  ${printable(hint)}`);
  return `${lines.join('\n')}\n`;
}

/** Rows of a statement that was described before this recording began, or in another exchange. */
function unnamed(count: number): readonly ReplayColumn[] {
  return Array.from(
    { length: count },
    (_, index) => ({ name: `column${index + 1}`, typeId: 0, format: 'text', align: 'left' }) as const,
  );
}
