import { useEffect, useRef, useState } from 'react';
import { densityOf, type Moment } from './density.ts';
import { drawTrack, SLICE_WIDTH, trackHeight } from './draw-track.ts';

interface TrackCanvasProps {
  readonly moments: Iterable<Moment>;
  readonly fromMs: number;
  readonly toMs: number;
  /** The marks that have lanes, as bits. */
  readonly laneMarks: number;
}

/** What happened in a span of time, as a picture; what stands beside it says the same in words. */
export function TrackCanvas({ moments, fromMs, toMs, laneMarks }: TrackCanvasProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const width = useWidth(canvas);
  const theme = useTheme();
  useEffect(() => {
    if (canvas.current === null || width === 0) return;
    const slices = Math.max(1, Math.floor(width / SLICE_WIDTH));
    drawTrack(canvas.current, width, densityOf(moments, fromMs, toMs, slices), laneMarks);
  }, [moments, fromMs, toMs, laneMarks, width, theme]);
  return <canvas ref={canvas} aria-hidden="true" className="block w-full" style={{ height: trackHeight(laneMarks) }} />;
}

function useWidth(element: { readonly current: HTMLElement | null }): number {
  const [width, setWidth] = useState(0);
  useEffect(() => {
    if (element.current === null) return undefined;
    const resized = new ResizeObserver(([entry]) => setWidth(Math.round(entry?.contentRect.width ?? 0)));
    resized.observe(element.current);
    return () => resized.disconnect();
  }, [element]);
  return width;
}

/** What is drawn takes its colours when it is drawn, so it is drawn again when the theme turns. */
function useTheme(): string {
  const [theme, setTheme] = useState('');
  useEffect(() => {
    const root = document.documentElement;
    const turned = new MutationObserver(() => setTheme(root.dataset['theme'] ?? ''));
    turned.observe(root, { attributes: true, attributeFilter: ['data-theme'] });
    return () => turned.disconnect();
  }, []);
  return theme;
}
