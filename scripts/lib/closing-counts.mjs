/** A reporter for `node --test` that prints the run's counts, one a line, plain on any terminal, after all else. */
export default async function* closingCounts(events) {
  for await (const { type, data } of events) {
    // One summary comes for each file; the one without a file is the whole run's.
    if (type !== 'test:summary' || data.file !== undefined) continue;
    const { tests, passed, failed, cancelled, skipped, todo } = data.counts;
    const lines = { tests, pass: passed, fail: failed, cancelled, skipped, todo };
    for (const [name, count] of Object.entries(lines)) yield `# ${name} ${count}\n`;
  }
}
