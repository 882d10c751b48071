import type { Declared } from '../../model/declaration.ts';

/** A comment `# lint-ignore: CODE reason`, and the rule that it is in or right above. */
export interface QuietLine {
  readonly path: string;
  /** From 1. */
  readonly line: number;
  readonly rule: string;
  readonly code: string;
  readonly reason: string;
}

export function quietLines(
  files: readonly { readonly name: string; readonly text: string }[],
  declared: readonly Declared[],
): readonly QuietLine[] {
  return files.flatMap(({ name, text }) => {
    const rules = declared
      .filter(({ file }) => file === name)
      .map((one) => ({ at: one.line([]), rule: nameOf(one) }))
      .toSorted((one, other) => one.at - other.at);
    const lines = text.split('\n');
    return lines.flatMap((line, index): QuietLine[] => {
      const [, code = '', reason = ''] = COMMENT.exec(line) ?? [];
      if (code === '') return [];
      const rule = ruleAt(index + 1, lines, rules);
      return rule === undefined ? [] : [{ path: name, line: index + 1, rule, code, reason: reason.trim() }];
    });
  });
}

const COMMENT = /#\s*lint-ignore:\s*([a-z-]+)[,:]?(.*)$/;

/** The rule below, where nothing but comments stands between; else the one that the line is in. */
function ruleAt(
  line: number,
  lines: readonly string[],
  rules: readonly { readonly at: number; readonly rule: string }[],
): string | undefined {
  const next = rules.find(({ at }) => at > line);
  if (next !== undefined) {
    const between = lines.slice(line - 1, next.at - 1);
    if (between.every((text) => /^\s*(#.*)?$/.test(text))) return next.rule;
  }
  return rules.findLast(({ at }) => at <= line)?.rule;
}

function nameOf({ value }: Declared): string {
  const name = (value as { readonly name?: unknown } | null)?.name;
  return typeof name === 'string' ? name : '';
}
