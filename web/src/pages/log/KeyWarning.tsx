import { ShieldAlert } from 'lucide-react';
import { useState } from 'react';
import { Button } from '../../ui/Button.tsx';
import { Mono } from '../../ui/Code.tsx';
import { Dialog } from '../../ui/Dialog.tsx';
import { Time } from '../../ui/Time.tsx';
import type { LogPin } from './pin.ts';

interface KeyWarningProps {
  readonly pin: LogPin;
  readonly shown: string;
  readonly onForget: () => void;
}

/** The gateway shows another key than the one that this browser knows: said as loudly as a page can. */
export function KeyWarning({ pin, shown, onForget }: KeyWarningProps) {
  const [asking, setAsking] = useState(false);
  return (
    <div role="alert" className="grid gap-3 rounded-md border-2 border-deny bg-deny-soft p-4">
      <p className="flex items-center gap-2 text-lg font-semibold text-deny">
        <ShieldAlert aria-hidden="true" className="size-5" />
        The log is signed by another key
      </p>
      <p className="max-w-prose">
        This browser has known the log’s key since <Time at={pin.firstAt} />. The gateway now shows another one. Either
        this is another gateway (a demo that was started anew, a restored data directory), or somebody put another log
        in the place of the one that was here. Nothing that this page verifies counts until that is cleared up.
      </p>
      <dl className="grid gap-x-4 gap-y-1 sm:grid-cols-[auto_minmax(0,1fr)]">
        <dt className="text-muted">Known here</dt>
        <dd className="break-all">
          <Mono text={pin.verifierKey} />
        </dd>
        <dt className="text-muted">Shown now</dt>
        <dd className="break-all">
          <Mono text={shown} />
        </dd>
      </dl>
      <div>
        <Button onClick={() => setAsking(true)}>I know why the key changed…</Button>
      </div>
      <Dialog
        open={asking}
        onClose={() => setAsking(false)}
        title="Forget the key that is known here?"
        footer={
          <>
            <Button onClick={() => setAsking(false)}>Keep it</Button>
            <Button
              variant="danger"
              onClick={() => {
                setAsking(false);
                onForget();
              }}
            >
              Forget it
            </Button>
          </>
        }
      >
        <p>
          The next verification will believe whatever key the gateway shows then. Compare it first with one that came to
          you on another way, such as <code className="font-mono">keys/log.vkey</code> from whoever runs the gateway.
        </p>
      </Dialog>
    </div>
  );
}
