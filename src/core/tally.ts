/** The live counters behind a report, and how they are saved in a checkpoint. */
import type { ErrorEntry, SourceReport, StageReport } from "./report.ts";

type Counts = Record<string, number>;

function counts(): Counts {
  return Object.create(null) as Counts;
}

function add(into: Counts, key: string, by: number): void {
  into[key] = (into[key] ?? 0) + by;
}

/** The live counters of one stage. */
export class StageTally {
  in = 0;
  out = 0;
  bytes = 0;
  /** Seconds from asking this stage for a record to getting it, upstream included. */
  waited = 0;
  readonly dropped: Counts = counts();
  readonly errors: Counts = counts();
  readonly counters: Counts = counts();
  /** By reason, what a drop is called among those of its source. */
  readonly #labels = new Map<string, string>();

  /** "stage: reason". Made once: a new string for each drop would be hashed each time it is counted. */
  dropLabel(stage: string, reason: string): string {
    let label = this.#labels.get(reason);
    if (label === undefined) {
      label = `${stage}: ${reason}`;
      this.#labels.set(reason, label);
    }
    return label;
  }

  save(): unknown {
    const { out, bytes, dropped, errors, counters } = this;
    return { in: this.in, out, bytes, dropped: { ...dropped }, errors: { ...errors }, counters: { ...counters } };
  }

  restore(saved: { in: number; out: number; bytes: number; dropped: Counts; errors: Counts; counters: Counts }): void {
    this.in = saved.in;
    this.out = saved.out;
    this.bytes = saved.bytes;
    Object.assign(this.dropped, saved.dropped);
    Object.assign(this.errors, saved.errors);
    Object.assign(this.counters, saved.counters);
  }

  report(name: string, upstreamWaited: number): StageReport {
    const seconds = Math.max(0, this.waited - upstreamWaited);
    return {
      name,
      in: this.in,
      out: this.out,
      bytes: this.bytes,
      seconds,
      dropped: { ...this.dropped },
      errors: { ...this.errors },
      counters: { ...this.counters },
    };
  }
}

interface SourceTally {
  in: number;
  out: number;
  dropped: Counts;
  errors: Counts;
}

/** Errors listed with their message; the counts go on. */
const MAX_LISTED_ERRORS = 100;

/** The live counters of one run that belong to no single stage. */
export class RunTally {
  delivered = 0;
  bytesRead = 0;
  bytesTotal: number | undefined;
  readonly errors: ErrorEntry[] = [];
  readonly #sources = new Map<string, SourceTally>();
  #last: { name: string; tally: SourceTally } | undefined;

  source(name: string): SourceTally {
    // Records of one file come in a row, so remembering the last one saves nearly every look-up.
    if (this.#last?.name === name) return this.#last.tally;
    let tally = this.#sources.get(name);
    if (tally === undefined) {
      tally = { in: 0, out: 0, dropped: counts(), errors: counts() };
      this.#sources.set(name, tally);
    }
    this.#last = { name, tally };
    return tally;
  }

  drop(stage: StageTally, source: string | undefined, label: string, reason: string): void {
    add(stage.dropped, reason, 1);
    if (source !== undefined) add(this.source(source).dropped, label, 1);
  }

  /** One error of a stage; `sources` has the source of each document it cost. */
  fail(stage: StageTally, sources: readonly string[], entry: ErrorEntry): void {
    add(stage.errors, entry.kind, 1);
    for (const source of sources) add(this.source(source).errors, entry.kind, 1);
    if (this.errors.length < MAX_LISTED_ERRORS) this.errors.push(entry);
  }

  sources(): Record<string, SourceReport> {
    const out: Record<string, SourceReport> = Object.create(null);
    for (const [name, tally] of this.#sources) {
      out[name] = { in: tally.in, out: tally.out, dropped: { ...tally.dropped }, errors: { ...tally.errors } };
    }
    return out;
  }

  save(): unknown {
    return {
      delivered: this.delivered,
      bytesRead: this.bytesRead,
      errors: [...this.errors],
      sources: new Map(Object.entries(this.sources())),
    };
  }

  restore(saved: { delivered: number; bytesRead: number; errors: ErrorEntry[]; sources: Map<string, SourceReport> }): void {
    this.delivered = saved.delivered;
    this.bytesRead = saved.bytesRead;
    this.errors.push(...saved.errors);
    for (const [name, report] of saved.sources) {
      this.#sources.set(name, { in: report.in, out: report.out, dropped: { ...report.dropped }, errors: { ...report.errors } });
    }
  }
}
