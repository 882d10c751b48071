import type { ButtonHTMLAttributes, ReactNode } from 'react';
import { classes } from './class-names.ts';
import { Tooltip } from './Tooltip.tsx';

export type ButtonVariant = 'primary' | 'plain' | 'quiet' | 'danger' | 'plain-danger';
export type ButtonSize = 'md' | 'sm' | 'lg';

export interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  readonly variant?: ButtonVariant;
  readonly size?: ButtonSize;
  readonly icon?: ReactNode;
  /** True while what it started runs: it says so, and cannot be pressed again. */
  readonly busy?: boolean;
  /** The key that does the same, shown beside the words. */
  readonly hint?: string;
}

export function Button({ variant, size, icon, busy, hint, className, children, ...rest }: ButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      aria-busy={busy || undefined}
      aria-disabled={busy || undefined}
      className={classes(buttonClass(variant, size), busy && 'cursor-progress opacity-70', className)}
      onClick={busy ? undefined : rest.onClick}
    >
      {icon}
      {children}
      {hint !== undefined && (
        <kbd aria-hidden="true" className="ml-1 font-sans text-xs opacity-70 coarse:hidden">
          {hint}
        </kbd>
      )}
    </button>
  );
}

/** A button that is only an icon; its label is read, and shown on hover. */
export function IconButton({
  label,
  children,
  size,
  variant,
  className,
  ...rest
}: ButtonProps & { readonly label: string }) {
  return (
    <Tooltip text={label}>
      <button
        type="button"
        aria-label={label}
        {...rest}
        className={classes(buttonClass(variant ?? 'quiet', size), 'aspect-square !px-0', className)}
      >
        {children}
      </button>
    </Tooltip>
  );
}

/** How a button looks, for links that are drawn as one. */
export function buttonClass(variant: ButtonVariant = 'plain', size: ButtonSize = 'md'): string {
  return classes(BASE, SIZES[size], VARIANTS[variant]);
}

const BASE =
  'inline-flex shrink-0 items-center justify-center gap-1.5 rounded-md font-medium whitespace-nowrap no-underline ' +
  'transition-colors duration-100 disabled:cursor-not-allowed disabled:opacity-50 coarse:min-h-11 coarse:min-w-11 [&_svg]:size-4';

const SIZES: Readonly<Record<ButtonSize, string>> = {
  sm: 'h-7 px-2 text-sm',
  md: 'h-8 px-3 text-base',
  lg: 'h-11 px-4 text-lg',
};

const VARIANTS: Readonly<Record<ButtonVariant, string>> = {
  primary: 'bg-ink text-on-ink hover:bg-ink-hover',
  plain: 'border border-line bg-surface text-text hover:bg-hover',
  quiet: 'text-muted hover:bg-hover hover:text-text',
  'plain-danger': 'border border-line bg-surface text-deny hover:bg-deny-soft',
  danger: 'bg-deny text-on-deny hover:bg-deny-hover',
};
