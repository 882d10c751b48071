import type { Target } from '../../../model/target.ts';

/**
 * How the command of a run reaches a target that people gave it, for an agent: `chaperone run` has had a way to it from the
 * beginning, under names of its own (docs/operating/run.md).
 */
export function reachText({ name, protocol, http }: Pick<Target, 'name' | 'protocol' | 'http'>): string {
  const within = (text: string): string => `Within \`chaperone run\`: ${text}.`;
  const variable = name.toUpperCase().replace(/\W/g, '_');
  switch (protocol) {
    case 'postgres':
      return within(`\`psql service=${name}\`, or the address in DATABASE_URL_${variable}`);
    case 'http': {
      const profile = http?.dialect === 'aws' ? `\`aws --profile ${name}\`, or ` : '';
      return within(`${profile}the address in CHAPERONE_URL_${variable}`);
    }
    case 'kubernetes':
      return within(`\`kubectl --context ${name}\``);
    case 'ssh':
      return within(`\`ssh ${name}\``);
    default:
      return `Its tools are at /mcp, as ${name}__NAME.`;
  }
}
