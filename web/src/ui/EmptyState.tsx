import type { ReactNode } from 'react';
import { Copy } from './Copy.tsx';

interface EmptyStateProps {
  readonly title: string;
  /** What would be here, and why it is not. */
  readonly children: ReactNode;
  /** The command that makes it so. */
  readonly command?: string;
  readonly action?: ReactNode;
}

export function EmptyState({ title, children, command, action }: EmptyStateProps) {
  return (
    <div className="grid grid-cols-1 justify-items-start gap-2 px-1 py-6">
      <h2 className="text-lg font-semibold">{title}</h2>
      <div className="max-w-prose text-muted">{children}</div>
      {command !== undefined && <Command text={command} />}
      {action}
    </div>
  );
}

/** A command to paste into a terminal. */
export function Command({ text }: { readonly text: string }) {
  return (
    <div className="flex max-w-full items-center gap-1 rounded-md border border-line bg-sunken py-0.5 pr-0.5 pl-3">
      <code className="min-w-0 font-mono text-sm break-words whitespace-pre-wrap">{text}</code>
      <Copy text={text} label="Copy the command" />
    </div>
  );
}
