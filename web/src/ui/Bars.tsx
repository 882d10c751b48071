interface Bar {
  /** What a reader and the pointer are told: `14:00, 12 sessions`. */
  readonly label: string;
  readonly value: number;
}

interface BarsProps {
  /** What the whole shows, with its sum: `Refused in the last 24 hours: 7`. */
  readonly label: string;
  readonly bars: readonly Bar[];
  /** A fill of the palette: `fill-deny`. */
  readonly className?: string;
}

const HEIGHT = 40;

/** Small columns over time, drawn to the highest; what is not zero is seen. */
export function Bars({ label, bars, className = 'fill-line-strong' }: BarsProps) {
  const most = Math.max(1, ...bars.map((bar) => bar.value));
  return (
    <svg
      role="img"
      aria-label={label}
      viewBox={`0 0 ${bars.length * 8} ${HEIGHT}`}
      preserveAspectRatio="none"
      className="h-10 w-full"
    >
      {bars.map((bar, index) => {
        const height = bar.value === 0 ? 1 : Math.max(3, (bar.value / most) * HEIGHT);
        return (
          <g key={bar.label}>
            <title>{bar.label}</title>
            <rect x={index * 8} y={0} width={8} height={HEIGHT} fill="transparent" />
            <rect
              x={index * 8 + 1}
              y={HEIGHT - height}
              width={6}
              height={height}
              className={bar.value === 0 ? 'fill-line' : className}
            />
          </g>
        );
      })}
    </svg>
  );
}
