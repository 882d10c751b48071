import { useMemo } from 'react';
import { Code } from './Code.tsx';

/** A value, or canonical JSON as text, indented. What is no JSON is shown as it is. */
export function Json({ value, label = 'JSON' }: { readonly value: unknown; readonly label?: string }) {
  const text = useMemo(() => indented(value), [value]);
  return <Code text={text} label={label} noWrap />;
}

function indented(value: unknown): string {
  if (typeof value !== 'string') return JSON.stringify(value, undefined, 2);
  try {
    return JSON.stringify(JSON.parse(value), undefined, 2);
  } catch {
    return value;
  }
}
