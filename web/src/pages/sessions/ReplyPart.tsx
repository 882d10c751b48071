import type { DecodedReply, RecordedEvent } from '../../api/types.ts';
import { Visible } from '../../ui/Code.tsx';
import { classes } from '../../ui/class-names.ts';
import { isOfMessages, McpMessages } from './McpMessages.tsx';
import { ReplyTable } from './ReplyTable.tsx';

/** A reply as the client saw it: its tables, and what the server said beside them. */
export function ReplyPart({ event }: { readonly event: RecordedEvent }) {
  const { decoded, body, result } = event;
  const masked = maskedColumns(event);
  return (
    <div className="grid min-w-0 gap-3">
      {body?.withheld !== undefined && <p className="text-muted">The reply is not here: {body.withheld}.</p>}
      {decoded?.results.map((one, index) =>
        // Results have no identity but their place
        isOfMessages(one) ? (
          <McpMessages key={index} result={one} />
        ) : (
          <ReplyTable key={index} result={one} masked={masked} />
        ),
      )}
      {decoded?.notices.map((notice, index) => (
        // Notices have no identity but their place
        <Notice key={index} notice={notice} />
      ))}
      {body?.complete === false && <p className="text-sm text-muted">The reply was longer than what is kept of it.</p>}
      {decoded === undefined && body?.withheld === undefined && result !== undefined && (
        <p className="text-muted">
          {result.status}
          {result.code !== undefined && ` (${result.code})`}
        </p>
      )}
    </div>
  );
}

const GRAVE = new Set(['ERROR', 'FATAL', 'PANIC']);

/** In the server's own words. */
function Notice({ notice }: { readonly notice: DecodedReply['notices'][number] }) {
  const grave = GRAVE.has(notice.severity);
  return (
    <div
      className={classes(
        'rounded-md border-l-2 px-3 py-2',
        grave ? 'border-deny bg-deny-soft' : 'border-line-strong bg-sunken',
      )}
    >
      <p className="font-mono text-sm whitespace-pre-wrap">
        <span className={classes('font-semibold', grave && 'text-deny')}>
          <Visible text={notice.severity} />
          {notice.code !== undefined && notice.code !== '00000' && (
            <>
              {' '}
              <Visible text={notice.code} />
            </>
          )}
          :
        </span>{' '}
        <Visible text={notice.message} />
      </p>
      {notice.detail !== undefined && <NoticeMore name="DETAIL" text={notice.detail} />}
      {notice.hint !== undefined && <NoticeMore name="HINT" text={notice.hint} />}
    </div>
  );
}

function NoticeMore({ name, text }: { readonly name: string; readonly text: string }) {
  return (
    <p className="font-mono text-sm whitespace-pre-wrap text-muted">
      {name}: <Visible text={text} />
    </p>
  );
}

/** Columns that were masked, by the name that a result gives them where it does not rename them. */
function maskedColumns({ masked = [] }: RecordedEvent): ReadonlySet<string> {
  return new Set(masked.filter(({ by }) => by === 'column').map(({ name }) => name.slice(name.lastIndexOf('.') + 1)));
}
