import type { Density } from './density.ts';
import { MARK_LOOKS, type MarkLook } from './marks.ts';
import { MARKS } from './recording.ts';

/** Heights in CSS pixels: bars of how much there was, and under them a lane for each kind of mark. */
const BARS_HEIGHT = 20;
const LANE_GAP = 3;
const LANE_HEIGHT = 6;
/** The width of a slice, in CSS pixels. */
export const SLICE_WIDTH = 3;

/** The height of a track with lanes for these marks, in CSS pixels. */
export function trackHeight(laneMarks: number): number {
  const lanes = lanesOf(laneMarks).length;
  return BARS_HEIGHT + (lanes > 0 ? LANE_GAP + lanes * LANE_HEIGHT : 0);
}

/** Draws a span of time: a bar for each slice, on a logarithmic scale, and its marks in their lanes. */
export function drawTrack(canvas: HTMLCanvasElement, width: number, density: Density, laneMarks: number): void {
  const scale = globalThis.devicePixelRatio || 1;
  canvas.width = Math.round(width * scale);
  const trackPx = trackHeight(laneMarks);
  canvas.height = Math.round(trackPx * scale);
  const context = canvas.getContext('2d');
  if (context === null) return;
  const style = getComputedStyle(canvas);
  context.scale(scale, scale);
  context.clearRect(0, 0, width, trackPx);
  context.fillStyle = style.getPropertyValue('--line-strong');
  const tallest = Math.log1p(density.most);
  for (const [slice, count] of density.counts.entries()) {
    if (count === 0) continue;
    const height = Math.max(2, (Math.log1p(count) / tallest) * BARS_HEIGHT);
    context.fillRect(slice * SLICE_WIDTH, BARS_HEIGHT - height, SLICE_WIDTH - 1, height);
  }
  for (const [lane, { mark, colour }] of lanesOf(laneMarks).entries()) {
    context.fillStyle = style.getPropertyValue(colour);
    const top = BARS_HEIGHT + LANE_GAP + lane * LANE_HEIGHT;
    for (const [slice, marks] of density.marks.entries()) {
      if ((marks & MARKS[mark]) !== 0) context.fillRect(slice * SLICE_WIDTH, top, SLICE_WIDTH, LANE_HEIGHT - 1);
    }
  }
}

/** Those that occur at all; the others take no room. */
function lanesOf(laneMarks: number): readonly MarkLook[] {
  return MARK_LOOKS.filter(({ mark }) => (laneMarks & MARKS[mark]) !== 0);
}
