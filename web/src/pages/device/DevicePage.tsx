import { Page } from '../../ui/Page.tsx';
import { Skeleton } from '../../ui/Skeleton.tsx';

export function DevicePage() {
  return (
    <Page title="Device">
      <Skeleton lines={6} />
    </Page>
  );
}
