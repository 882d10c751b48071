/** The time of a decision as conditions see it, in one zone. Numbers are CEL's `int`. */
export interface LocalTime {
  /** 0 to 23. */
  readonly hour: bigint;
  /** 0 to 59. */
  readonly minute: bigint;
  /** ISO 8601: 1 is Monday, 7 is Sunday. */
  readonly weekday: bigint;
  /** `2026-11-22`. */
  readonly date: string;
  /** The zone's IANA name, as the rule says it. */
  readonly zone: string;
}

/** How long a time is the same for every condition; the zones in use today are whole minutes from one another. */
const MINUTE_MS = 60_000;

/** The minute of a time: what was decided in one holds for no other. */
export function minuteOf(nowMs: number): number {
  return Math.floor(nowMs / MINUTE_MS);
}

/** True for the name of a zone in the IANA database, and for UTC. */
export function isTimeZone(name: string): boolean {
  // Offsets such as +01:00 are no zones: they do not know of summer time.
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    // Not a zone is the answer here, not a failure.
    return false;
  }
}

export function localTime(nowMs: number, zone: string): LocalTime {
  const minute = minuteOf(nowMs);
  const kept = latest.get(zone);
  if (kept?.of === minute) return kept.time;
  const time = timeIn(minute * MINUTE_MS, zone);
  latest.set(zone, { of: minute, time });
  return time;
}

/** The last time that was asked for, by zone: sessions ask for the same one. */
const latest = new Map<string, { readonly of: number; readonly time: LocalTime }>();
const formats = new Map<string, Intl.DateTimeFormat>();

function timeIn(nowMs: number, zone: string): LocalTime {
  let format = formats.get(zone);
  if (format === undefined) formats.set(zone, (format = formatFor(zone)));
  const parts = Object.fromEntries(format.formatToParts(nowMs).map(({ type, value }) => [type, value]));
  const { year = '', month = '', day = '', hour = '', minute = '', weekday = '' } = parts;
  return {
    hour: BigInt(hour),
    minute: BigInt(minute),
    weekday: BigInt(WEEKDAYS.indexOf(weekday) + 1),
    date: `${year}-${month}-${day}`,
    zone,
  };
}

const WEEKDAYS: readonly string[] = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

function formatFor(zone: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    calendar: 'gregory',
    numberingSystem: 'latn',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    weekday: 'short',
    hourCycle: 'h23',
  });
}
