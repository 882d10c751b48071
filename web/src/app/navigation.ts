import {
  Activity,
  BookOpen,
  Database,
  Inbox,
  KeyRound,
  LayoutDashboard,
  type LucideIcon,
  Megaphone,
  Play,
  ScrollText,
  ShieldCheck,
  Stamp,
  Users,
  Wrench,
} from 'lucide-react';
import { paths } from '../paths.ts';

export interface Place {
  readonly name: string;
  readonly href: string;
  readonly icon: LucideIcon;
  /** `g` and then this goes there. */
  readonly key: string;
  /** Who has none of these scopes is not shown it. */
  readonly scopes: readonly string[];
}

export interface PlaceGroup {
  readonly name: string;
  readonly places: readonly Place[];
}

export const NAVIGATION: readonly PlaceGroup[] = [
  {
    name: 'Activity',
    places: [
      { name: 'Overview', href: paths.overview(), icon: LayoutDashboard, key: 'o', scopes: ['overview:read'] },
      {
        name: 'Approvals',
        href: paths.approvals(),
        icon: Inbox,
        key: 'a',
        scopes: ['approvals:answer', 'approvals:read'],
      },
      { name: 'Runs', href: paths.runs(), icon: Play, key: 'r', scopes: ['sessions:read'] },
      { name: 'Sessions', href: paths.sessions(), icon: Activity, key: 's', scopes: ['sessions:read'] },
    ],
  },
  {
    name: 'Rules',
    places: [
      { name: 'Targets', href: paths.targets(), icon: Database, key: 't', scopes: ['targets:read'] },
      { name: 'Definitions', href: paths.definitions(), icon: Wrench, key: 'm', scopes: ['targets:read'] },
      { name: 'Policies', href: paths.policies(), icon: ShieldCheck, key: 'p', scopes: ['configuration:read'] },
      { name: 'Trust', href: paths.trust(), icon: Stamp, key: 'i', scopes: ['configuration:read'] },
    ],
  },
  {
    name: 'Gateway',
    places: [
      { name: 'Log', href: paths.log(), icon: ScrollText, key: 'l', scopes: ['log:read'] },
      { name: 'People', href: paths.people(), icon: Users, key: 'u', scopes: ['people:read'] },
      { name: 'Tokens', href: paths.tokens(), icon: KeyRound, key: 'k', scopes: ['tokens:read'] },
      { name: 'Channels', href: paths.channels(), icon: Megaphone, key: 'c', scopes: ['channels:read'] },
      { name: 'API', href: paths.reference(), icon: BookOpen, key: 'd', scopes: [] },
    ],
  },
];

/** What somebody with these scopes may open. */
export function placesFor(scopes: readonly string[]): readonly PlaceGroup[] {
  const isOpen = (place: Place) => place.scopes.length === 0 || place.scopes.some((scope) => scopes.includes(scope));
  return NAVIGATION.map((group) => ({ ...group, places: group.places.filter(isOpen) })).filter(
    (group) => group.places.length > 0,
  );
}
