import { lazy, Suspense } from 'react';
import { Skeleton } from '../../ui/Skeleton.tsx';
import type { CodeEditorProps } from './CodeEditor.tsx';

// A large part, and most who come here only read.
const CodeEditor = lazy(async () => ({ default: (await import('./CodeEditor.tsx')).CodeEditor }));

export function YamlEditor(props: CodeEditorProps) {
  return (
    <Suspense
      fallback={
        <div className="min-h-56 rounded-md border border-line-strong p-3">
          <Skeleton lines={6} />
        </div>
      }
    >
      <CodeEditor {...props} />
    </Suspense>
  );
}
