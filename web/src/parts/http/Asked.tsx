import { Sql, Visible } from '../../ui/Code.tsx';
import { askedLine } from './http-message.ts';

interface AskedProps {
  /** As it is recorded. */
  readonly text: string;
  readonly kinds: readonly string[];
}

/** What was asked, in a line: SQL, or the method and the address of a request of HTTP. */
export function Asked({ text, kinds }: AskedProps) {
  const line = askedLine(text);
  const method = line?.split(' ', 1)[0] ?? '';
  // A text is a request where the gateway read it as one: no statement of SQL has that kind and that line.
  if (line === undefined || !kinds.includes(method.toLowerCase())) return <Sql text={text.replace(/\s+/g, ' ')} />;
  return (
    <>
      <span className="font-semibold">
        <Visible text={method} />
      </span>
      <Visible text={line.slice(method.length)} />
    </>
  );
}
