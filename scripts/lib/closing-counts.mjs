/**
 * A reporter for `node --test` that prints, after all else, the processes of tests that took longest and the run's
 * counts, one a line, plain on any terminal.
 */
import { basename, relative } from 'node:path';
import { ROOT } from './ensure.mjs';

const SLOWEST_FILES = 15;

export default async function* closingCounts(events) {
  const files = [];
  for await (const { type, data } of events) {
    if (type !== 'test:summary') continue;
    // One summary comes for each file; the one without a file is the whole run's.
    if (data.file !== undefined) {
      files.push(data);
      continue;
    }
    if (files.length > 1) yield* slowest(files);
    const { tests, passed, failed, cancelled, skipped, todo } = data.counts;
    const lines = { tests, pass: passed, fail: failed, cancelled, skipped, todo };
    for (const [name, count] of Object.entries(lines)) yield `# ${name} ${count}\n`;
  }
}

function* slowest(files) {
  files.sort((a, b) => b.duration_ms - a.duration_ms);
  for (const { file, duration_ms: ms } of files.slice(0, SLOWEST_FILES)) {
    yield `# ${(ms / 1_000).toFixed(1).padStart(6)} s ${nameOf(file)}\n`;
  }
}

/** A test file as it is called here, or the name of an entry, without its place in the order (see test-entries.mjs). */
function nameOf(file) {
  const path = relative(ROOT, file);
  return path.startsWith('..') ? basename(path, '.test.mjs').replace(/^\d+-/, '') : path;
}
