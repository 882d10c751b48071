/** A figure in a list: nothing is faint, so that what is there stands out. */
export function Amount({ value, className }: { readonly value: number; readonly className?: string }) {
  if (value === 0) return <span className="text-faint">0</span>;
  return <span className={className}>{value.toLocaleString('en')}</span>;
}
