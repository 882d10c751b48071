import { useMemo } from 'react';
import type { RecordedEvent } from '../../api/types.ts';
import { pushedRefs, sshAsked } from '../../parts/ssh/ssh-facts.ts';
import { Badge } from '../../ui/Badge.tsx';
import { Code, Mono, Visible } from '../../ui/Code.tsx';
import { requestText } from './request-text.ts';

/** What was asked of an SSH host: a command with the programs that it runs, a file, or what would become of refs. */
export function SshRequestPart({ event }: { readonly event: RecordedEvent }) {
  const { statements, withheld } = useMemo(() => requestText(event), [event]);
  const asked = sshAsked(event);
  if (withheld !== undefined) return <p className="text-muted">Its text is not here: {withheld}.</p>;
  const text = statements[0]?.text ?? '';
  const programs = asked?.programs ?? [];
  return (
    <div className="grid min-w-0 grid-cols-1 gap-2">
      <Code text={text} label="What was asked" />
      {programs.length > 0 && (
        <p className="flex flex-wrap items-center gap-1.5 text-sm">
          <span className="text-muted">Runs</span>
          {programs.map((program, index) => (
            // A program may run twice
            <Badge key={index}>
              <Visible text={program} />
            </Badge>
          ))}
        </p>
      )}
      {asked?.kinds.includes('git-push') === true && <Refs text={text} />}
    </div>
  );
}

function Refs({ text }: { readonly text: string }) {
  const refs = useMemo(() => pushedRefs(text), [text]);
  return (
    <div role="group" aria-label="Refs, scrolls" tabIndex={0} className="overflow-x-auto">
      <table className="w-full text-left text-sm" aria-label="Refs of the push">
        <thead className="text-muted">
          <tr>
            <th className="pr-4 font-normal">Ref</th>
            <th className="pr-4 font-normal">What becomes of it</th>
            <th className="pr-4 font-normal">From</th>
            <th className="font-normal">To</th>
          </tr>
        </thead>
        <tbody>
          {refs.map(({ name, action, from, to }) => (
            <tr key={name + action}>
              <td className="pr-4">
                <Mono text={name} />
              </td>
              <td className="pr-4">{ACTIONS[action]}</td>
              <td className="pr-4">{from !== undefined && <Mono text={from.slice(0, SHORT)} />}</td>
              <td>{to !== undefined && <Mono text={to.slice(0, SHORT)} />}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const SHORT = 10;
const ACTIONS = { create: 'made', update: 'moved', delete: 'removed' } as const;
