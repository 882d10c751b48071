import type { Density } from './density.ts';
import { MARK_LOOKS } from './marks.ts';
import { MARKS } from './recording.ts';

/** Heights in CSS pixels: bars of how much there was, and under them a lane for each kind of mark. */
const BARS_HEIGHT = 22;
const LANE_HEIGHT = 5;
export const TRACK_HEIGHT = BARS_HEIGHT + 3 + MARK_LOOKS.length * LANE_HEIGHT;
/** The width of a slice, in CSS pixels. */
export const SLICE_WIDTH = 3;

/** Draws a span of time: a bar for each slice, on a logarithmic scale, and its marks in their lanes. */
export function drawTrack(canvas: HTMLCanvasElement, width: number, density: Density): void {
  const scale = globalThis.devicePixelRatio || 1;
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(TRACK_HEIGHT * scale);
  const context = canvas.getContext('2d');
  if (context === null) return;
  const style = getComputedStyle(canvas);
  context.scale(scale, scale);
  context.clearRect(0, 0, width, TRACK_HEIGHT);
  context.fillStyle = style.getPropertyValue('--line-strong');
  const tallest = Math.log1p(density.most);
  for (const [slice, count] of density.counts.entries()) {
    if (count === 0) continue;
    const height = Math.max(2, (Math.log1p(count) / tallest) * BARS_HEIGHT);
    context.fillRect(slice * SLICE_WIDTH, BARS_HEIGHT - height, SLICE_WIDTH - 1, height);
  }
  for (const [lane, { mark, colour }] of MARK_LOOKS.entries()) {
    context.fillStyle = style.getPropertyValue(colour);
    const top = BARS_HEIGHT + 3 + lane * LANE_HEIGHT;
    for (const [slice, marks] of density.marks.entries()) {
      if ((marks & MARKS[mark]) !== 0) context.fillRect(slice * SLICE_WIDTH, top, SLICE_WIDTH, LANE_HEIGHT - 1);
    }
  }
}
