import { Ban, EyeOff, PenLine, TriangleAlert, UserCheck } from 'lucide-react';
import type { ReactNode } from 'react';
import { MARKS, type Mark } from './recording.ts';

const ICONS: readonly (readonly [mark: Mark, icon: ReactNode, word: string])[] = [
  ['refusal', <Ban key="refusal" className="text-deny" />, 'refused'],
  ['error', <TriangleAlert key="error" className="text-deny" />, 'failed'],
  ['approval', <UserCheck key="approval" className="text-hold" />, 'approval asked'],
  ['write', <PenLine key="write" className="text-accent" />, 'writes'],
  ['mask', <EyeOff key="mask" className="text-mask" />, 'masked'],
];

/** What an entry stands out by: a sign for eyes, a word for readers. */
export function EntryMarks({ marks }: { readonly marks: number }) {
  const borne = ICONS.filter(([mark]) => (marks & MARKS[mark]) !== 0);
  if (borne.length === 0) return null;
  return (
    <span className="inline-flex shrink-0 items-center gap-1 [&_svg]:size-3.5">
      {borne.map(([mark, icon, word]) => (
        <span key={mark} title={word} className="inline-flex">
          {icon}
          <span className="sr-only">{word}</span>
        </span>
      ))}
    </span>
  );
}
