import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Button } from '../../ui/Button.tsx';
import { Diff } from '../../ui/Diff.tsx';
import { Loaded } from '../../ui/Loaded.tsx';
import { merge } from './merge.ts';
import { type Base, type Kind, objectQuery } from './queries.ts';

interface ConflictNoteProps {
  readonly kind: Kind;
  readonly name: string;
  /** What both changes began with. */
  readonly common: string;
  readonly mine: string;
  /** Goes on with a text, on the base of theirs. */
  readonly onResolve: (text: string, base: Base) => void;
}

/** Somebody else was first: what they changed, and how to bring the two together. */
export function ConflictNote({ kind, name, common, mine, onResolve }: ConflictNoteProps) {
  const theirs = useQuery({ ...objectQuery(kind, name), staleTime: 0, refetchOnMount: 'always' });
  const [compared, setCompared] = useState<'common' | 'mine'>('common');
  return (
    <div role="alert" className="grid gap-3 rounded-md border border-hold bg-hold-soft p-4">
      <p className="font-semibold">
        Somebody else changed this while you were editing. Nothing of yours was saved yet.
      </p>
      <Loaded query={theirs}>
        {({ text, etag }) => {
          const merged = merge(common, mine, text);
          return (
            <>
              <div className="flex flex-wrap gap-2">
                <Button size="sm" aria-pressed={compared === 'common'} onClick={() => setCompared('common')}>
                  What they changed
                </Button>
                <Button size="sm" aria-pressed={compared === 'mine'} onClick={() => setCompared('mine')}>
                  Theirs against yours
                </Button>
              </div>
              <Diff before={compared === 'common' ? common : mine} after={text} label="Their change" />
              <p>
                {merged.conflicts === 0
                  ? 'The two changes touch different lines and can be brought together.'
                  : `In ${merged.conflicts === 1 ? 'one place' : `${merged.conflicts} places`} both of you changed the same lines: both versions will stand there, between comments, for you to choose.`}
              </p>
              <div className="flex flex-wrap gap-2">
                <Button variant="primary" onClick={() => onResolve(merged.text, { text, etag })}>
                  Bring together
                </Button>
                <Button onClick={() => onResolve(text, { text, etag })}>Take theirs</Button>
                <Button onClick={() => onResolve(mine, { text, etag })}>Keep mine</Button>
              </div>
            </>
          );
        }}
      </Loaded>
    </div>
  );
}
