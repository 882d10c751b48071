import { useQuery } from '@tanstack/react-query';
import { gatewayQuery } from '../api/queries.ts';
import { paths } from '../paths.ts';
import { Badge } from '../ui/Badge.tsx';
import { AppLink } from '../ui/routing.tsx';

export function Brand() {
  const gateway = useQuery(gatewayQuery).data;
  return (
    <span className="flex items-center gap-2">
      <AppLink
        href={paths.overview()}
        aria-current={false}
        className="flex items-center gap-2 font-semibold text-text no-underline"
      >
        <Mark />
        Chaperone
      </AppLink>
      {gateway?.demo && <Badge title="The demo: its database and its people are made up">demo</Badge>}
    </span>
  );
}

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
