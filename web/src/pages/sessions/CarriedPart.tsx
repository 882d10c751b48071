import type { RecordedEvent } from '../../api/types.ts';
import { size } from '../../parts/http/HttpBody.tsx';
import { carriedOf } from '../../parts/ssh/ssh-facts.ts';
import { Mono, Visible } from '../../ui/Code.tsx';

/** How much of a file was carried, with its digest, or what became of each ref; nothing of anything else. */
export function CarriedPart({ event }: { readonly event: RecordedEvent }) {
  const tags = event.result?.tags ?? [];
  const carried = carriedOf(tags);
  const refs = tags.filter((tag) => /^(?:ok|ng) refs\//.test(tag));
  if (carried.length === 0 && refs.length === 0) return null;
  return (
    <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-1 text-sm">
      {carried.map(({ direction, bytes, sha256 }) => (
        <div key={direction} className="contents">
          <dt className="text-muted">{direction === 'read' ? 'Read' : 'Written'}</dt>
          <dd className="min-w-0 break-all">
            {size(bytes)}
            {sha256 === undefined ? ', not from beginning to end' : ', SHA-256 '}
            {sha256 !== undefined && <Mono text={sha256} />}
          </dd>
        </div>
      ))}
      {refs.map((ref) => (
        <div key={ref} className="contents">
          <dt className={ref.startsWith('ok') ? 'text-muted' : 'text-deny'}>
            {ref.startsWith('ok') ? 'Done' : 'Not done'}
          </dt>
          <dd className="min-w-0 break-all">
            <Visible text={ref.slice(3)} />
          </dd>
        </div>
      ))}
    </dl>
  );
}
