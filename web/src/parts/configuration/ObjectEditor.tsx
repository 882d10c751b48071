import { type ReactNode, useEffect, useState } from 'react';
import type { ConfigurationObject } from '../../api/types.ts';
import { Button } from '../../ui/Button.tsx';
import { Problem } from '../../ui/Problem.tsx';
import { useCan } from '../me.ts';
import { ConflictNote } from './ConflictNote.tsx';
import { ProblemList } from './ProblemList.tsx';
import type { Base, Change, Kind } from './queries.ts';
import { ReadOnlyNote } from './ReadOnlyNote.tsx';
import { SaveDialog } from './SaveDialog.tsx';
import { usePlan } from './use-plan.ts';
import type { WordTree } from './words.ts';
import { YamlEditor } from './YamlEditor.tsx';

interface ObjectEditorProps {
  readonly kind: Kind;
  /** What is edited; absent for something new, which `text` is a first draft of. */
  readonly object?: ConfigurationObject;
  readonly text: string;
  readonly words: WordTree;
  readonly onSaved: (name: string) => void;
  /** Below the text. */
  readonly below?: (text: string) => ReactNode;
}

/** One declared object as YAML: checked as one types, saved after the difference was looked at. */
export function ObjectEditor({ kind, object, text, words, onSaved, below }: ObjectEditorProps) {
  const mayWrite = useCan('configuration:write');
  const [base, setBase] = useState<Base>(object ?? { text });
  const [draft, setDraft] = useState(text);
  const [reviewing, setReviewing] = useState(false);
  const [inConflict, setInConflict] = useState(false);
  const isChanged = draft !== base.text || object === undefined;
  const goOn = (on: Base, withText = on.text) => {
    setBase(on);
    setDraft(withText);
    setReviewing(false);
    setInConflict(false);
  };
  useTakeNewer(object, draft === base.text, goOn);
  useLeaveGuard(draft !== base.text && mayWrite);
  const name = object?.name ?? nameIn(draft);
  const change = useStable({ kind, name, text: draft, ...(base.etag !== undefined && { etag: base.etag }) });
  const checked = usePlan(change, mayWrite && isChanged && name !== '');
  const problems = name === '' ? [{ line: 1, message: 'Give it a name: `name: …`.' }] : checked.problems;
  const mayReview = isChanged && problems.length === 0 && !checked.isChecking && checked.error === undefined;
  return (
    <div className="grid min-w-0 gap-3">
      {!mayWrite && <ReadOnlyNote />}
      {inConflict && object !== undefined && (
        <ConflictNote
          kind={kind}
          name={object.name}
          common={base.text}
          mine={draft}
          onResolve={(resolved, theirs) => goOn(theirs, resolved)}
        />
      )}
      <YamlEditor
        label={`YAML of ${name || `a new ${kind}`}`}
        value={draft}
        onChange={setDraft}
        readOnly={!mayWrite}
        problems={problems}
        words={words}
      />
      <ProblemList problems={problems} />
      {checked.error !== undefined && <Problem error={checked.error} />}
      {mayWrite && (
        <EditButtons
          mayReview={mayReview}
          mayDiscard={draft !== base.text}
          state={stateWords(isChanged, problems.length, checked.isChecking)}
          onReview={() => setReviewing(true)}
          onDiscard={() => setDraft(base.text)}
        />
      )}
      {below?.(draft)}
      <SaveDialog
        open={reviewing}
        change={change}
        before={object === undefined ? '' : base.text}
        plan={checked.plan}
        onClose={() => setReviewing(false)}
        onSaved={(saved) => {
          goOn(saved);
          onSaved(name);
        }}
        onConflict={() => {
          setReviewing(false);
          setInConflict(true);
        }}
      />
    </div>
  );
}

interface EditButtonsProps {
  readonly mayReview: boolean;
  readonly mayDiscard: boolean;
  readonly state: string;
  readonly onReview: () => void;
  readonly onDiscard: () => void;
}

function EditButtons({ mayReview, mayDiscard, state, onReview, onDiscard }: EditButtonsProps) {
  return (
    <div className="flex flex-wrap items-center gap-2">
      <Button variant="primary" disabled={!mayReview} onClick={onReview}>
        Review changes…
      </Button>
      <Button disabled={!mayDiscard} onClick={onDiscard}>
        Discard
      </Button>
      <span className="text-sm text-muted">{state}</span>
    </div>
  );
}

function stateWords(isChanged: boolean, problems: number, isChecking: boolean): string {
  if (!isChanged) return 'No changes';
  if (isChecking) return 'Checking…';
  return problems === 0 ? 'No problems' : `${problems} ${problems === 1 ? 'problem' : 'problems'}`;
}

/** The name that a draft gives itself. */
export function nameIn(text: string): string {
  const [, name = ''] = /^\s*-?\s*name:[^\S\n]+([^\s#].*?)\s*(?:#.*)?$/mu.exec(text) ?? [];
  return name.replaceAll(/^["']|["']$/gu, '');
}

/** What the gateway has by now is taken over while nobody has typed anything. */
function useTakeNewer(newest: Base | undefined, isUntouched: boolean, take: (newest: Base) => void): void {
  const [seen, setSeen] = useState(newest?.etag);
  if (newest === undefined || seen === newest.etag) return;
  setSeen(newest.etag);
  if (isUntouched) take(newest);
}

/** The same object as long as it says the same. */
function useStable(change: Change): Change {
  const [stable, setStable] = useState(change);
  const { kind, name, text, etag } = change;
  if (stable.kind === kind && stable.name === name && stable.text === text && stable.etag === etag) return stable;
  setStable(change);
  return change;
}

/** The browser asks before a tab with unsaved changes is closed. */
function useLeaveGuard(on: boolean): void {
  useEffect(() => {
    if (!on) return undefined;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener('beforeunload', ask);
    return () => window.removeEventListener('beforeunload', ask);
  }, [on]);
}
