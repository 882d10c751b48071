import { CONTROLS } from './controls.ts';

/** `docs/reference/controls.md`, of the table: `chaperone audit controls --markdown` says it, and a test holds the page to it. */
export function controlsPage(): string {
  const frameworks = [...new Set(CONTROLS.map(({ framework }) => framework))];
  const sections = frameworks.map((framework) => {
    const rows = CONTROLS.filter((control) => control.framework === framework).map(
      ({ id, about, evidence, notShown }) =>
        `| \`${id}\` | ${about} | ${evidence.map(({ file }) => `\`${file}\``).join(', ')} | ${notShown} |`,
    );
    return `## ${framework}\n\n| control | about | answered by | not shown |\n|---|---|---|---|\n${rows.join('\n')}\n`;
  });
  return `# Controls

What an [auditor's pack](../operating/audit-export.md) answers of which control. It is a mapping of ours, to be checked by the auditor: numbers
follow the versions that are named, what a control is about is said in our words, and its wording stands in your own copy.

${sections.join('\n')}`;
}
