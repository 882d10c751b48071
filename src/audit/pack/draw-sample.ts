/** Draws runs so that nobody chose them, and anybody can draw them again. */

/** In words, for whoever draws again by hand. */
export const METHOD =
  'For each terminated run of population.json: SHA-256 of the seed in lower case hex, a newline, and the id of the run. The runs with the smallest digests are drawn, in the order of these. The seed is the root of the checkpoint that the pack is proved by.';

/** `runs` in any order; `seed` is the root, hex; `sha256` gives hex. */
export function drawSample(
  runs: readonly string[],
  seed: string,
  count: number,
  sha256: (bytes: Uint8Array) => string,
): readonly string[] {
  const encoder = new TextEncoder();
  return runs
    .map((run) => ({ run, digest: sha256(encoder.encode(`${seed}\n${run}`)) }))
    .sort((one, other) => (one.digest < other.digest ? -1 : 1))
    .slice(0, count)
    .map(({ run }) => run);
}
