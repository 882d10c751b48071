/** The span of a pack, as somebody asks for it. */
import { Fault } from '../../model/fault.ts';
import { CONTROLS, type Control, findControl } from './controls.ts';
import type { Span } from './pack-facts.ts';

const DAY = /^\d{4}-\d\d-\d\d$/u;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:\d\d)$/u;
const DAY_MS = 24 * 60 * 60_000;

/**
 * Reads dates (UTC, both whole) or RFC 3339 times (from the first, up to and without the second). What has not happened yet
 * is not asked for: the span ends with `nowMs` at the latest. Throws a `Fault` of code `config-invalid`.
 */
export function readSpan(from: string, to: string, nowMs: number): Span {
  const start = timeOf(from, 0);
  const end = Math.min(timeOf(to, DAY_MS), nowMs);
  if (start >= end) throw invalid('the span ends before it begins, or has not begun yet');
  return { from: new Date(start).toISOString(), to: new Date(end).toISOString() };
}

/** Throws a `Fault` of code `config-invalid` that names those that there are. */
export function readControl(id: string): Control {
  const control = findControl(id);
  if (control === undefined)
    throw invalid(`there is no such control here; there are ${CONTROLS.map((one) => one.id).join(', ')}`);
  return control;
}

function timeOf(text: string, wholeDayMs: number): number {
  const isDay = DAY.test(text);
  const ms = isDay || TIME.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(ms)) throw invalid('a span is given by dates (2026-10-01) or RFC 3339 times (2026-10-01T12:00:00Z)');
  return isDay ? ms + wholeDayMs : ms;
}

function invalid(message: string): Fault {
  return new Fault('config-invalid', message);
}
