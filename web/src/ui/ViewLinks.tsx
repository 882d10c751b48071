import { Count } from './Badge.tsx';
import { AppLink, useSearchState } from './routing.tsx';
import { TAB_CLASS } from './Tabs.tsx';

interface View {
  readonly value: string;
  readonly label: string;
  readonly count?: number | undefined;
}

interface ViewLinksProps {
  readonly label: string;
  readonly path: string;
  /** The search parameter that holds the view; the first view is where it is absent. */
  readonly name?: string;
  readonly views: readonly View[];
}

/** Views of one list, each with an address of its own. */
export function ViewLinks({ label, path, name = 'view', views }: ViewLinksProps) {
  const [search] = useSearchState();
  const current = (views.find(({ value }) => value === search[name]) ?? views[0])?.value;
  return (
    <nav aria-label={label} className="flex gap-4 overflow-x-auto border-b border-line">
      {views.map((view, index) => (
        <AppLink
          key={view.value}
          href={index === 0 ? path : `${path}?${name}=${view.value}`}
          aria-current={view.value === current ? 'page' : false}
          className={TAB_CLASS}
        >
          {view.label}
          {view.count !== undefined && <Count value={view.count} />}
        </AppLink>
      ))}
    </nav>
  );
}
