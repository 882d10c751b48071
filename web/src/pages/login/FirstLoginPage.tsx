import { Page } from '../../ui/Page.tsx';
import { Skeleton } from '../../ui/Skeleton.tsx';

export function FirstLoginPage() {
  return (
    <Page title="First login">
      <Skeleton lines={6} />
    </Page>
  );
}
