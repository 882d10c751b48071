import { Page } from '../../ui/Page.tsx';
import { Skeleton } from '../../ui/Skeleton.tsx';

export function PersonPage() {
  return (
    <Page title="Person">
      <Skeleton lines={6} />
    </Page>
  );
}
