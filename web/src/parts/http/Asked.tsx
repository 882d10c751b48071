import { Sql, Visible } from '../../ui/Code.tsx';

interface AskedProps {
  /** As it is recorded. */
  readonly text: string;
  /** As the API says it where that is not the text. */
  readonly line: string | undefined;
}

/** What was asked, in a line: SQL, or what people say of a request, a command, a file. */
export function Asked({ text, line }: AskedProps) {
  if (line === undefined) return <Sql text={text.replace(/\s+/g, ' ')} />;
  const [first = ''] = line.split(' ', 1);
  return (
    <>
      <span className="font-semibold">
        <Visible text={first} />
      </span>
      <Visible text={line.slice(first.length)} />
    </>
  );
}
