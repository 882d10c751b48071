import { type ComponentProps, type ReactNode, useId } from 'react';
import { classes } from './class-names.ts';

const CONTROL =
  'w-full rounded-md border border-line-strong bg-surface px-2.5 text-base text-text coarse:text-[1rem] ' +
  'disabled:opacity-60 aria-invalid:border-deny';

export function Input({ className, ...rest }: ComponentProps<'input'>) {
  return <input {...rest} className={classes(CONTROL, 'h-8 coarse:h-11', className)} />;
}

export function TextArea({ className, ...rest }: ComponentProps<'textarea'>) {
  return <textarea {...rest} className={classes(CONTROL, 'min-h-16 py-1.5', className)} />;
}

/** The browser's own: it is what a phone shows best, and what every reader knows. */
export function Select({ className, ...rest }: ComponentProps<'select'>) {
  return <select {...rest} className={classes(CONTROL, 'h-8 pr-7 coarse:h-11', className)} />;
}

export function Checkbox({ className, children, ...rest }: ComponentProps<'input'>) {
  return (
    <label className={classes('inline-flex items-center gap-2 coarse:min-h-11', className)}>
      <input type="checkbox" {...rest} className="size-4 accent-(--accent)" />
      <span>{children}</span>
    </label>
  );
}

interface FieldProps {
  readonly label: string;
  readonly hint?: ReactNode;
  readonly error?: string | undefined;
  /** The control; it is handed the attributes that tie it to its label, hint and error. */
  readonly children: (control: {
    readonly id: string;
    readonly 'aria-describedby'?: string;
    readonly 'aria-invalid'?: true;
  }) => ReactNode;
}

export function Field({ label, hint, error, children }: FieldProps) {
  const id = useId();
  const described = [hint !== undefined && `${id}-hint`, error !== undefined && `${id}-error`]
    .filter(Boolean)
    .join(' ');
  return (
    <div className="grid gap-1">
      <label htmlFor={id} className="text-sm font-medium text-text">
        {label}
      </label>
      {children({
        id,
        ...(described !== '' && { 'aria-describedby': described }),
        ...(error !== undefined && { 'aria-invalid': true as const }),
      })}
      {hint !== undefined && (
        <p id={`${id}-hint`} className="text-sm text-muted">
          {hint}
        </p>
      )}
      {error !== undefined && (
        <p id={`${id}-error`} className="text-sm text-deny">
          {error}
        </p>
      )}
    </div>
  );
}
