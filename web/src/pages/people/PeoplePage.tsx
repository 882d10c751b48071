import { Page } from '../../ui/Page.tsx';
import { Skeleton } from '../../ui/Skeleton.tsx';

export function PeoplePage() {
  return (
    <Page title="People">
      <Skeleton lines={6} />
    </Page>
  );
}
