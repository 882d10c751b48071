import { Page } from '../../ui/Page.tsx';
import { Skeleton } from '../../ui/Skeleton.tsx';

export function LoginPage() {
  return (
    <Page title="Log in">
      <Skeleton lines={6} />
    </Page>
  );
}
