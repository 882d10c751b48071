import type { ReactNode } from 'react';
import { classes } from './class-names.ts';

export type Tone = 'neutral' | 'permit' | 'deny' | 'hold' | 'mask' | 'accent';

/** A word about a state. The word says it; the colour helps. */
export function Badge({ tone = 'neutral', children, title }: { tone?: Tone; children: ReactNode; title?: string }) {
  return (
    <span
      title={title}
      className={classes(
        'inline-flex h-5 items-center rounded-sm px-1.5 text-xs font-medium whitespace-nowrap',
        TONES[tone],
      )}
    >
      {children}
    </span>
  );
}

/** How many, beside a name; nothing for none. */
export function Count({ value, tone = 'neutral' }: { readonly value: number; readonly tone?: Tone }) {
  if (value === 0) return null;
  return (
    <span
      className={classes(
        'inline-flex h-4.5 min-w-4.5 items-center justify-center rounded-full px-1.5 text-xs',
        TONES[tone],
      )}
    >
      {value > 999 ? '999+' : value}
    </span>
  );
}

/** A dot of a state, beside words that say it too. */
export function Dot({ tone, pulse }: { readonly tone: Tone; readonly pulse?: boolean }) {
  return (
    <span
      aria-hidden="true"
      className={classes('inline-block size-2 shrink-0 rounded-full', DOTS[tone], pulse && 'motion-safe:animate-pulse')}
    />
  );
}

const TONES: Readonly<Record<Tone, string>> = {
  neutral: 'bg-hover text-muted',
  permit: 'bg-permit-soft text-permit',
  deny: 'bg-deny-soft text-deny',
  hold: 'bg-hold-soft text-hold',
  mask: 'bg-mask-soft text-mask',
  accent: 'bg-accent-soft text-accent',
};

const DOTS: Readonly<Record<Tone, string>> = {
  neutral: 'bg-line-strong',
  permit: 'bg-permit',
  deny: 'bg-deny',
  hold: 'bg-hold',
  mask: 'bg-mask',
  accent: 'bg-accent',
};
