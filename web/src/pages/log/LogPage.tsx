import { Page } from '../../ui/Page.tsx';
import { Skeleton } from '../../ui/Skeleton.tsx';

export function LogPage() {
  return (
    <Page title="Log">
      <Skeleton lines={6} />
    </Page>
  );
}
