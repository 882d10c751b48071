import { Check, Copy as CopyIcon } from 'lucide-react';
import { useEffect, useState } from 'react';
import { IconButton } from './Button.tsx';

const SHOWN_MS = 1500;

/** Copies the text as it is, and says that it did. */
export function Copy({ text, label = 'Copy', className }: { text: string; label?: string; className?: string }) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return undefined;
    const timer = setTimeout(() => setCopied(false), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [copied]);
  // Not there without TLS: then the text is selected by hand.
  if (navigator.clipboard === undefined) return null;
  return (
    <>
      <IconButton
        label={copied ? 'Copied' : label}
        size="sm"
        {...(className !== undefined && { className })}
        onClick={() => void navigator.clipboard.writeText(text).then(() => setCopied(true))}
      >
        {copied ? <Check /> : <CopyIcon />}
      </IconButton>
      <span role="status" className="sr-only">
        {copied && 'Copied'}
      </span>
    </>
  );
}
