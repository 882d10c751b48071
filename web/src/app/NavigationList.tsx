import { useQuery } from '@tanstack/react-query';
import { useRouterState } from '@tanstack/react-router';
import { overviewQuery } from '../api/queries.ts';
import { paths } from '../paths.ts';
import { Count } from '../ui/Badge.tsx';
import { classes } from '../ui/class-names.ts';
import { AppLink } from '../ui/routing.tsx';
import { type Place, placesFor } from './navigation.ts';

interface NavigationListProps {
  /** Undefined while it is not known who is here. */
  readonly scopes: readonly string[] | undefined;
  readonly onGo?: () => void;
}

export function NavigationList({ scopes, onGo }: NavigationListProps) {
  const here = useRouterState({ select: (state) => state.location.pathname });
  const mine =
    useQuery({ ...overviewQuery, enabled: scopes?.includes('overview:read') ?? false }).data?.waitingForMe ?? 0;
  return (
    <nav aria-label="Pages" className="grid gap-4 py-2">
      {placesFor(scopes ?? []).map((group) => (
        <div key={group.name}>
          <p className="px-2 pb-1 text-xs text-faint">{group.name}</p>
          <ul>
            {group.places.map((place) => (
              <li key={place.href}>
                <PlaceLink
                  place={place}
                  isHere={isWithin(here, place.href)}
                  waiting={place.href === paths.approvals() ? mine : 0}
                  {...(onGo && { onGo })}
                />
              </li>
            ))}
          </ul>
        </div>
      ))}
    </nav>
  );
}

interface PlaceLinkProps {
  readonly place: Place;
  readonly isHere: boolean;
  readonly waiting: number;
  readonly onGo?: () => void;
}

function PlaceLink({ place, isHere, waiting, onGo }: PlaceLinkProps) {
  const Icon = place.icon;
  return (
    <AppLink
      href={place.href}
      aria-current={isHere ? 'page' : false}
      onClick={onGo}
      className={classes(
        'flex h-7.5 items-center gap-2.5 rounded-md px-2 no-underline coarse:h-11',
        isHere ? 'bg-hover font-medium text-text' : 'text-muted hover:bg-hover hover:text-text',
      )}
    >
      <Icon aria-hidden="true" className="size-4 shrink-0" strokeWidth={1.75} />
      <span className="grow">{place.name}</span>
      <Count value={waiting} tone="hold" />
      {waiting > 0 && <span className="sr-only">waiting for you</span>}
    </AppLink>
  );
}

function isWithin(here: string, href: string): boolean {
  return here === href || (href !== '/' && here.startsWith(`${href}/`));
}
