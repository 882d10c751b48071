import { autocompletion, type CompletionContext, completionKeymap } from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { yaml } from '@codemirror/lang-yaml';
import { type Diagnostic, lintGutter, setDiagnostics } from '@codemirror/lint';
import { Annotation, Compartment, EditorState, type Extension } from '@codemirror/state';
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightSpecialChars,
  keymap,
  lineNumbers,
} from '@codemirror/view';
import { useEffect, useRef } from 'react';
import { editorTheme } from './editor-theme.ts';
import { completeAt, type WordTree } from './words.ts';

export interface LineProblem {
  /** From 1. */
  readonly line: number;
  readonly message: string;
}

export interface CodeEditorProps {
  readonly label: string;
  readonly value: string;
  readonly onChange: (text: string) => void;
  readonly readOnly?: boolean;
  readonly problems?: readonly LineProblem[];
  readonly words?: WordTree;
}

/** Marks a change that `value` brought and nobody typed. */
const fromOutside = Annotation.define<boolean>();

/**
 * YAML, with completion and with problems at their lines. It lives in a shadow root: there its styles are a sheet of
 * their own, where in the page they would be a style element, which the Content-Security-Policy forbids.
 */
export function CodeEditor({ label, value, onChange, readOnly = false, problems = [], words }: CodeEditorProps) {
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(undefined);
  const latest = useRef({ onChange, words });
  latest.current = { onChange, words };
  const initial = useRef({ value, label });
  const lock = useRef(new Compartment());
  /** What was typed and has not come back as `value` yet: an echo of it must not overwrite what was typed since. */
  const typed = useRef<string[]>([]);
  useEffect(() => {
    const element = host.current;
    if (element === null) return undefined;
    const root = element.shadowRoot ?? element.attachShadow({ mode: 'open' });
    const editor = new EditorView({
      root,
      parent: root,
      state: EditorState.create({
        doc: initial.current.value,
        extensions: [
          ...extensions(initial.current.label),
          lock.current.of(locked(false)),
          autocompletion({ override: [(context) => completions(context, latest.current.words)], icons: false }),
          EditorView.updateListener.of((update) => {
            if (!update.docChanged || update.transactions.some((one) => one.annotation(fromOutside) === true)) return;
            const text = update.state.doc.toString();
            typed.current.push(text);
            latest.current.onChange(text);
          }),
        ],
      }),
    });
    view.current = editor;
    return () => {
      editor.destroy();
      view.current = undefined;
    };
  }, []);
  useEffect(() => {
    const editor = view.current;
    if (editor === undefined) return;
    const echo = typed.current.lastIndexOf(value);
    typed.current = echo === -1 ? [] : typed.current.slice(echo + 1);
    if (echo !== -1 || editor.state.doc.toString() === value) return;
    const changes = { from: 0, to: editor.state.doc.length, insert: value };
    editor.dispatch({ changes, annotations: fromOutside.of(true) });
  }, [value]);
  useEffect(() => {
    view.current?.dispatch({ effects: lock.current.reconfigure(locked(readOnly)) });
  }, [readOnly]);
  useEffect(() => {
    const editor = view.current;
    if (editor !== undefined) editor.dispatch(setDiagnostics(editor.state, diagnostics(editor.state, problems)));
  }, [problems]);
  return (
    <div
      ref={host}
      className="min-w-0 overflow-hidden rounded-md border border-line-strong bg-surface focus-within:outline-2 focus-within:outline-accent"
    />
  );
}

function extensions(label: string): Extension[] {
  return [
    lineNumbers(),
    history(),
    drawSelection(),
    highlightActiveLine(),
    highlightSpecialChars(),
    lintGutter(),
    yaml(),
    editorTheme,
    EditorView.lineWrapping,
    EditorView.contentAttributes.of({ 'aria-label': label, spellcheck: 'false', tabindex: '0' }),
    // Tab goes on to what follows the editor, as everywhere.
    keymap.of([...completionKeymap, ...historyKeymap, ...defaultKeymap]),
  ];
}

function locked(readOnly: boolean): Extension {
  return [EditorState.readOnly.of(readOnly), EditorView.editable.of(!readOnly)];
}

function completions(context: CompletionContext, words: WordTree | undefined) {
  const completion = words && completeAt(context.state.doc.toString(), context.pos, words);
  if (completion === undefined) return null;
  if (!context.explicit && completion.from === context.pos) return null;
  return {
    from: completion.from,
    options: completion.words.map(({ label, info, detail }) => ({
      label,
      ...(info !== undefined && { info }),
      ...(detail !== undefined && { detail }),
      apply: completion.isKey ? `${label}: ` : label,
    })),
    validFor: /^[\w.*-]*$/u,
  };
}

function diagnostics({ doc }: EditorState, problems: readonly LineProblem[]): Diagnostic[] {
  return problems.map(({ line, message }) => {
    const { from, to } = doc.line(Math.min(Math.max(1, line), doc.lines));
    return { from, to, severity: 'error', message };
  });
}
