import { useGo } from '../ui/routing.tsx';
import { useShortcut } from '../ui/shortcuts.ts';
import { type Place, placesFor } from './navigation.ts';

/** `g a`, `g s` and so on, for the pages that one may open. */
export function GoToShortcuts({ scopes }: { readonly scopes: readonly string[] }) {
  return placesFor(scopes).flatMap((group) => group.places.map((place) => <GoTo key={place.href} place={place} />));
}

function GoTo({ place }: { readonly place: Place }) {
  const go = useGo();
  useShortcut({ keys: `g ${place.key}`, name: place.name, group: 'Go to', run: () => go(place.href) });
  return null;
}
