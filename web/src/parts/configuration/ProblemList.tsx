import { Visible } from '../../ui/Code.tsx';
import type { LineProblem } from './CodeEditor.tsx';

/** The problems of a text, beside the marks at its lines. */
export function ProblemList({ problems }: { readonly problems: readonly LineProblem[] }) {
  if (problems.length === 0) return null;
  return (
    <ul aria-label="Problems" className="grid gap-1 rounded-md border border-deny bg-deny-soft px-3 py-2">
      {problems.map(({ line, message }, index) => (
        // Problems have no identity but their place
        <li key={index}>
          <span className="font-mono text-sm text-deny">line {line}: </span>
          <Visible text={message} />
        </li>
      ))}
    </ul>
  );
}
