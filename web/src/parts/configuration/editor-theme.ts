import { Decoration, EditorView, MatchDecorator, ViewPlugin, type ViewUpdate } from '@codemirror/view';

/** The page's own colours: custom properties reach into the shadow root. */
const look = EditorView.theme({
  '&': { color: 'var(--text)', backgroundColor: 'var(--surface)', fontSize: '0.8125rem' },
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': {
    fontFamily: 'ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace',
    lineHeight: '1.25rem',
    maxHeight: '70dvh',
    minHeight: '14rem',
  },
  '.cm-gutter': { minHeight: '14rem' },
  '.cm-content': { padding: '0.5rem 0', caretColor: 'var(--text)' },
  '.cm-gutters': { backgroundColor: 'var(--sunken)', color: 'var(--muted)', border: 'none' },
  '.cm-activeLine, .cm-activeLineGutter': { backgroundColor: 'transparent' },
  '&.cm-focused .cm-activeLine': { backgroundColor: 'color-mix(in oklch, var(--hover) 60%, transparent)' },
  '.cm-cursor': { borderLeftColor: 'var(--text)' },
  '.cm-selectionBackground, &.cm-focused .cm-selectionBackground': { backgroundColor: 'var(--accent-soft) !important' },
  '.cm-tooltip': {
    backgroundColor: 'var(--surface)',
    color: 'var(--text)',
    border: '1px solid var(--line)',
    borderRadius: '6px',
    boxShadow: 'var(--shadow)',
  },
  '.cm-tooltip.cm-tooltip-autocomplete > ul > li': { padding: '2px 8px', lineHeight: '1.25rem' },
  '.cm-tooltip.cm-tooltip-autocomplete > ul > li[aria-selected]': {
    backgroundColor: 'var(--accent-soft)',
    color: 'var(--text)',
  },
  '.cm-completionDetail': { color: 'var(--muted)', fontStyle: 'normal' },
  '.cm-completionInfo': { padding: '6px 8px', maxWidth: '22rem' },
  '.cm-diagnostic': { padding: '4px 8px' },
  '.cm-diagnostic-error': { borderLeft: '3px solid var(--deny)' },
  '.cm-lintRange-error': {
    backgroundImage: 'none',
    textDecoration: 'underline wavy var(--deny)',
    textUnderlineOffset: '3px',
  },
  '.cm-specialChar': { color: 'var(--deny)' },
  '.cm-yaml-key': { color: 'var(--accent)' },
  '.cm-yaml-text': { color: 'var(--permit)' },
  '.cm-yaml-value': { color: 'var(--mask)' },
  '.cm-yaml-comment': { color: 'var(--muted)', fontStyle: 'italic' },
});

const TOKENS =
  /(#.*$)|(^\s*(?:-\s+)*|[{,]\s*)("[^"\n]*"|[\w.-]+)(?=:(?:\s|$))|("(?:[^"\\\n]|\\.)*"|'[^'\n]*')|\b(true|false|null|\d+[a-z]{0,2})\b/gmu;

const mark = (name: string) => Decoration.mark({ class: `cm-yaml-${name}` });
const MARKS = { comment: mark('comment'), key: mark('key'), text: mark('text'), value: mark('value') } as const;

const matcher = new MatchDecorator({
  regexp: TOKENS,
  decorate: (add, from, to, [, comment, lead = '', key, text]) => {
    if (key !== undefined) add(from + lead.length, to, MARKS.key);
    else add(from, to, comment !== undefined ? MARKS.comment : text !== undefined ? MARKS.text : MARKS.value);
  },
});

/** Colours by what a token looks like: it shows where a key ends and decides nothing. */
const highlight = ViewPlugin.define(
  (view) => ({
    marks: matcher.createDeco(view),
    update(update: ViewUpdate) {
      this.marks = matcher.updateDeco(update, this.marks);
    },
  }),
  { decorations: ({ marks }) => marks },
);

export const editorTheme = [look, highlight];
