import { useMemo } from 'react';
import { Copy } from './Copy.tsx';
import { classes } from './class-names.ts';
import { isHostile, pieces, visible } from './hostile.ts';
import { type TokenKind, tokens } from './sql.ts';

interface CodeProps {
  readonly text: string;
  readonly language?: 'sql' | 'plain';
  /** Lines scroll sideways instead of being broken. */
  readonly noWrap?: boolean;
  /** Never scrolls downwards: where somebody must read all of it. */
  readonly whole?: boolean;
  readonly copy?: boolean;
  /** What a reader hears before the text. */
  readonly label?: string;
  readonly className?: string;
}

/** Text of somebody else, as a block: highlighted, and with everything hidden in it made visible. */
export function Code({ text, language = 'plain', noWrap, whole, copy = true, label, className }: CodeProps) {
  return (
    <div className={classes('group relative rounded-md border border-line bg-sunken', className)}>
      {/* What scrolls must be reachable by keyboard */}
      <pre
        tabIndex={0}
        role="group"
        aria-label={label ?? (language === 'sql' ? 'SQL' : 'Text')}
        className={classes(
          'overflow-auto rounded-md p-3 font-mono text-sm',
          copy && 'pr-10',
          !whole && 'max-h-[60dvh]',
          noWrap ? 'whitespace-pre' : 'whitespace-pre-wrap [overflow-wrap:anywhere]',
        )}
      >
        <code>{language === 'sql' ? <Sql text={text} /> : <Visible text={text} />}</code>
      </pre>
      {copy && <Copy text={text} className="absolute top-1 right-1" />}
    </div>
  );
}

/** In characters; a page of a hundred thousand coloured words would not scroll. */
const MOST_HIGHLIGHTED = 100_000;

/** SQL inside a line: highlighted, neutralised, no block. */
export function Sql({ text }: { readonly text: string }) {
  const parts = useMemo(() => (text.length > MOST_HIGHLIGHTED ? [] : tokens(text)), [text]);
  if (parts.length === 0) return <Visible text={text} />;
  return parts.map((token, index) => (
    // Tokens have no identity but their place
    <span key={index} className={COLOURS[token.kind]}>
      <Visible text={token.text} />
    </span>
  ));
}

/** Text of somebody else inside a line: nothing in it can reorder, hide or imitate. */
export function Visible({ text }: { readonly text: string }) {
  if (!isHostile(text)) return text;
  return pieces(text).map((piece, index) =>
    'hidden' in piece ? (
      <span
        // Pieces have no identity but their place
        key={index}
        className="rounded-sm bg-deny-soft text-deny"
        title="A character that would not be seen, or would move what is seen"
      >{`⟨${piece.hidden}⟩`}</span>
    ) : (
      piece.text
    ),
  );
}

/** An id or a name in the mono face. */
export function Mono({ text, className }: { readonly text: string; readonly className?: string }) {
  return (
    <span className={classes('font-mono text-[0.94em]', className)} title={visible(text)}>
      <Visible text={text} />
    </span>
  );
}

const COLOURS: Readonly<Record<TokenKind, string | undefined>> = {
  keyword: 'font-semibold text-text',
  name: 'text-text',
  'quoted-name': 'text-text',
  string: 'text-permit',
  number: 'text-accent',
  parameter: 'text-mask',
  comment: 'text-muted italic',
  other: 'text-muted',
};
