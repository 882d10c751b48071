import { paths } from '../paths.ts';
import { buttonClass } from '../ui/Button.tsx';
import { Page } from '../ui/Page.tsx';
import { AppLink } from '../ui/routing.tsx';

export function NotFoundPage() {
  return (
    <Page title="There is no such page" narrow>
      <p className="text-muted">
        The address may be mistyped, or what it names is gone. An id of an approval, a run or a session can be pasted
        into the search, behind <kbd className="font-sans">⌘K</kbd> or <kbd className="font-sans">Ctrl K</kbd>.
      </p>
      <p>
        <AppLink href={paths.overview()} className={buttonClass('plain')}>
          To the overview
        </AppLink>
      </p>
    </Page>
  );
}
