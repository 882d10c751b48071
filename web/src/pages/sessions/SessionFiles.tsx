import { useMemo } from 'react';
import { size } from '../../parts/http/HttpBody.tsx';
import { carriedOf } from '../../parts/ssh/ssh-facts.ts';
import { Mono, Visible } from '../../ui/Code.tsx';
import { entryOutcome } from './entry-words.ts';
import type { Entry } from './recording.ts';

/** More are in the list of all that happened. */
const MOST_ROWS = 500;
const SHORT_DIGEST = 16;

/** Files that a session read, wrote and changed, and the pushes in it, as a list; nothing where there are none. */
export function SessionFiles({
  entries,
  count,
  onShow,
}: {
  readonly entries: readonly Entry[];
  /** How many of them: the array grows in place. */
  readonly count: number;
  readonly onShow: (index: number) => void;
}) {
  const files = useMemo(
    () => entries.slice(0, count).flatMap((entry, place) => (isFile(entry) ? [{ entry, place }] : [])),
    [entries, count],
  );
  if (files.length === 0) return null;
  const shown = files.slice(0, MOST_ROWS);
  return (
    <details className="min-w-0 border-t border-line pt-2 text-sm">
      <summary className="cursor-pointer font-medium">
        {files.length.toLocaleString('en')} {files.length === 1 ? 'request' : 'requests'} about files and refs
      </summary>
      <div role="group" aria-label="Files, scrolls" tabIndex={0} className="mt-2 max-h-80 overflow-auto">
        <table className="w-full text-left" aria-label="Files and refs">
          <thead className="sticky top-0 bg-surface text-muted">
            <tr>
              <th className="pr-4 font-normal">What was asked</th>
              <th className="pr-4 font-normal">Read</th>
              <th className="pr-4 font-normal">Written</th>
              <th className="pr-4 font-normal">SHA-256</th>
              <th className="font-normal">Outcome</th>
            </tr>
          </thead>
          <tbody>
            {shown.map(({ entry, place }) => (
              // Rows change when their answers come in, and stay the same object.
              <FileRow key={place} entry={entry} answered={entry.answeredMs} onShow={() => onShow(place)} />
            ))}
          </tbody>
        </table>
        {shown.length < files.length && <p className="text-muted">The rest is in the list below.</p>}
      </div>
    </details>
  );
}

interface FileRowProps {
  readonly entry: Entry;
  readonly answered: number | undefined;
  readonly onShow: () => void;
}

function FileRow({ entry, onShow }: FileRowProps) {
  const carried = carriedOf(entry.tags);
  const outcome = entryOutcome(entry);
  const bytes = (wanted: 'read' | 'written'): string => {
    const found = carried.find(({ direction }) => direction === wanted);
    return found === undefined ? '' : size(found.bytes);
  };
  const digest = carried.find(({ sha256 }) => sha256 !== undefined)?.sha256;
  return (
    <tr className="hover:bg-hover">
      <td className="pr-4">
        <button
          type="button"
          onClick={onShow}
          className="min-h-6 cursor-pointer text-left font-mono text-xs hover:underline"
        >
          <Visible text={entry.head} />
        </button>
      </td>
      <td className="pr-4 whitespace-nowrap">{bytes('read')}</td>
      <td className="pr-4 whitespace-nowrap">{bytes('written')}</td>
      <td className="pr-4">{digest !== undefined && <Mono text={digest.slice(0, SHORT_DIGEST)} />}</td>
      <td className={outcome.grave ? 'text-deny' : 'text-muted'}>{outcome.text}</td>
    </tr>
  );
}

/** Attributes that were only looked at are no use of a file. */
function isFile({ verbs }: Entry): boolean {
  return verbs.some((verb) => (verb.startsWith('file-') && verb !== 'file-stat') || verb === 'git-push');
}
