/** A piece of sensitive text: [start, end) in bytes, and the detector that begins there. */
export interface Finding {
  readonly start: number;
  readonly end: number;
  readonly detector: string;
}

/** Sorts, and joins findings that overlap; the joined one has the name of the one that begins first. */
export function joinFindings(findings: Finding[]): readonly Finding[] {
  if (findings.length < 2) return findings;
  findings.sort((a, b) => a.start - b.start || b.end - a.end);
  const joined: Finding[] = [];
  for (const next of findings) {
    const last = joined.at(-1);
    if (last === undefined || next.start >= last.end) joined.push(next);
    else if (next.end > last.end) joined[joined.length - 1] = { ...last, end: next.end };
  }
  return joined;
}
