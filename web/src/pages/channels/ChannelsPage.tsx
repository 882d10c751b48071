import { Page } from '../../ui/Page.tsx';
import { Skeleton } from '../../ui/Skeleton.tsx';

export function ChannelsPage() {
  return (
    <Page title="Channels">
      <Skeleton lines={6} />
    </Page>
  );
}
