import { createContext, type ReactNode, useCallback, useContext, useMemo, useRef, useState } from 'react';
import { Dot, type Tone } from './Badge.tsx';

type Say = (text: string, tone?: Tone) => void;

const SHOWN_MS = 5_000;
const ToastContext = createContext<Say>(() => undefined);

/** Says in a word what was done, and to readers too; never the only place where something is said. */
export function useToast(): Say {
  return useContext(ToastContext);
}

export function ToastProvider({ children }: { readonly children: ReactNode }) {
  const [toasts, setToasts] = useState<readonly { id: number; text: string; tone: Tone }[]>([]);
  const next = useRef(0);
  const say = useCallback<Say>((text, tone = 'neutral') => {
    const id = next.current++;
    setToasts((all) => [...all.slice(-2), { id, text, tone }]);
    setTimeout(() => setToasts((all) => all.filter((toast) => toast.id !== id)), SHOWN_MS);
  }, []);
  const value = useMemo(() => say, [say]);
  return (
    <ToastContext value={value}>
      {children}
      <div role="status" className="pointer-events-none fixed inset-x-4 bottom-4 z-50 grid justify-items-end gap-2">
        {toasts.map(({ id, text, tone }) => (
          <p
            key={id}
            className="rise flex items-center gap-2 rounded-md border border-line bg-surface px-3 py-2 shadow-float"
          >
            <Dot tone={tone} />
            {text}
          </p>
        ))}
      </div>
    </ToastContext>
  );
}
