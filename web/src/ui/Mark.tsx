/** The sign of the product, beside its name. */
export function Mark() {
  return (
    <svg aria-hidden="true" viewBox="0 0 16 16" className="size-5">
      <rect width="16" height="16" rx="3.5" className="fill-ink" />
      <path
        d="M11.6 5.4A4.4 4.4 0 1 0 11.6 10.6"
        fill="none"
        className="stroke-on-ink"
        strokeWidth="1.7"
        strokeLinecap="round"
      />
      <circle cx="11.9" cy="8" r="1.25" className="fill-on-ink" />
    </svg>
  );
}
