/** When and where something was measured. */
export interface Circumstances {
  readonly when: string;
  readonly node: string;
  /** What else the machine did: the load average of the minute before. */
  readonly loadBefore: number;
}

/** The first words of a page: the option that makes it, and the circumstances. */
export function madeBy(option: string, { when, node, loadBefore }: Circumstances): string {
  return `Made by \`npm run bench -- --${option} --results\` on ${when}, Node ${node}; the machine's load before was ${loadBefore.toFixed(1)}.`;
}
