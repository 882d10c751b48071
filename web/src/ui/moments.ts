/** Times as people say them. Pure: now is handed in, in milliseconds since 1970. */

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** `12 s ago`, `in 4 min`, `3 h ago`, `2 d ago`; a date beyond two weeks. */
export function relative(at: string, now: number): string {
  const distance = Date.parse(at) - now;
  if (Number.isNaN(distance)) return at;
  if (Math.abs(distance) < 5 * SECOND) return 'now';
  if (Math.abs(distance) > 14 * DAY) return at.slice(0, 10);
  const text = duration(Math.abs(distance), 1);
  return distance < 0 ? `${text} ago` : `in ${text}`;
}

/** `850 ms`, `12 s`, `4 min 10 s`, `3 h 5 min`: the largest units, `parts` of them. */
export function duration(ms: number, parts = 2): string {
  if (ms < SECOND) return `${Math.round(ms)} ms`;
  const units: readonly (readonly [number, string])[] = [
    [DAY, 'd'],
    [HOUR, 'h'],
    [MINUTE, 'min'],
    [SECOND, 's'],
  ];
  let rest = ms;
  const words: string[] = [];
  for (const [unit, name] of units) {
    const count = Math.floor(rest / unit);
    if (count === 0) {
      if (words.length > 0) break;
      continue;
    }
    words.push(`${count} ${name}`);
    rest -= count * unit;
    if (words.length === parts) break;
  }
  return words.join(' ');
}

/** `2026-11-22 21:04:05.120 UTC`: the time that is on record. */
export function exact(at: string): string {
  return at.replace('T', ' ').replace('Z', ' UTC');
}
