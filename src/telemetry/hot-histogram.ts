/** A histogram that the hot path observes into without allocating: counts in plain numbers, text only when it is read. */
export class HotHistogram {
  readonly bounds: readonly number[];
  /** Observations up to each bound, not cumulated; the last is of all that is above. */
  readonly #counts: Float64Array;
  #sum = 0;

  /** `bounds` ascend, in seconds. */
  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.#counts = new Float64Array(bounds.length + 1);
  }

  observe(seconds: number): void {
    let at = 0;
    while (at < this.bounds.length && seconds > (this.bounds[at] as number)) at++;
    this.#counts[at] = (this.#counts[at] as number) + 1;
    this.#sum += seconds;
  }

  /** As the text format has it: cumulated, with `+Inf`, sum and count. */
  samples(name: string, labels: Readonly<Record<string, string>>): readonly Sample[] {
    const samples: Sample[] = [];
    let total = 0;
    for (const [at, count] of this.#counts.entries()) {
      total += count;
      const le = at === this.bounds.length ? '+Inf' : String(this.bounds[at]);
      samples.push({ metricName: `${name}_bucket`, labels: { ...labels, le }, value: total });
    }
    samples.push({ metricName: `${name}_sum`, labels, value: this.#sum });
    samples.push({ metricName: `${name}_count`, labels, value: total });
    return samples;
  }
}

export interface Sample {
  readonly metricName?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}
