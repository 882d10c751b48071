import type { DecodedReply } from '../../api/types.ts';
import { Code, Visible } from '../../ui/Code.tsx';

type Result = DecodedReply['results'][number];

/** True of a table whose rows are messages of MCP: what each is, and what it says. */
export function isOfMessages({ columns }: Result): boolean {
  return columns[0]?.type === 'mcp';
}

/** What an MCP server answered, message by message, as the client saw it. */
export function McpMessages({ result: { rows, moreRows } }: { readonly result: Result }) {
  return (
    <div className="grid min-w-0 grid-cols-1 gap-3">
      {rows.map(([title, text], index) => (
        // Messages have no identity but their place
        <section key={index} aria-label={`Message ${index + 1}`} className="grid min-w-0 grid-cols-1 gap-1">
          {typeof title === 'string' && title !== '' && (
            <h4 className="text-sm font-medium">
              <Visible text={title} />
            </h4>
          )}
          {typeof text === 'string' && text !== '' && <Code text={text} label={`What message ${index + 1} says`} />}
        </section>
      ))}
      {moreRows > 0 && <p className="text-sm text-muted">{moreRows} messages more are in the recording.</p>}
    </div>
  );
}
