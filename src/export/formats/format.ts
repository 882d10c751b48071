import type { Severity, ToldEvent } from '../told-event.ts';
import { visibleThroughout } from '../visible.ts';

export const FORMATS = ['ocsf', 'ecs', 'cef'] as const;
export type FormatName = (typeof FORMATS)[number];

/** One event as a sink sends it. */
export interface Formatted {
  /** With the log's name, one event for good: a receiver that saw it needs it no second time. */
  readonly id: string;
  readonly atMs: number;
  /** The entry of the log that commits to it. */
  readonly index: number;
  readonly severity: Severity;
  /** `dev.chaperone.exchange`: what CloudEvents calls the type. */
  readonly type: string;
  /** The run, where it is of one. */
  readonly subject?: string;
  readonly origin: string;
  /** W3C Trace Context, where it is of an exchange. */
  readonly traceParent?: string;
  /** An object of JSON, or a line of text. */
  readonly content: object | string;
  /** The content as one line, without an end of line. */
  readonly line: string;
}

export interface FormatContext {
  /** Of this program. */
  readonly version: string;
}

/** The events of a format that one told event becomes; at least one. Pure. */
export type Format = (told: ToldEvent, context: FormatContext) => readonly Formatted[];

/** What is alike in all formats; hostile characters of an object are written out. `part` tells the second event of one record from the first. */
export function formatted(told: ToldEvent, content: object | string, part = ''): Formatted {
  return {
    id: `${told.id}${part}`,
    atMs: told.atMs,
    index: told.index,
    severity: told.severity,
    type: `dev.chaperone.${part === '' ? told.kind : part.slice(1)}`,
    ...(told.run !== undefined && { subject: told.run }),
    origin: told.origin,
    ...(told.trace && told.trace.spanId !== '' && { traceParent: `00-${told.trace.traceId}-${told.trace.spanId}-01` }),
    ...shown(content),
  };
}

/** JSON that has nothing but printable ASCII in it, and no escape that stands for anything else. */
const HARMLESS = /^(?:[\x20-\x5b\x5d-\x7e]|\\["\\/])*$/;

function shown(content: object | string): Pick<Formatted, 'content' | 'line'> {
  if (typeof content === 'string') return { content, line: content };
  const line = JSON.stringify(content);
  // Nearly every event is harmless as it is; taking all of them apart would cost as much as everything else.
  if (HARMLESS.test(line)) return { content, line };
  const visible = visibleThroughout(content);
  return { content: visible, line: JSON.stringify(visible) };
}
