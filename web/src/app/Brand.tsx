import { useQuery } from '@tanstack/react-query';
import { gatewayQuery } from '../api/queries.ts';
import { paths } from '../paths.ts';
import { Badge } from '../ui/Badge.tsx';
import { Mark } from '../ui/Mark.tsx';
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
