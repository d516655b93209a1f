/** Adds up the counters of tasks to those of the whole run, as one pass over the whole corpus would have counted them. */
import type { ErrorEntry, RunReport, SourceReport, StageReport } from "../core/index.ts";
import { isCounted, type ObservePhase, type WritePhase } from "./phases.ts";

type Counts = Record<string, number>;
type Sum<T> = { -readonly [K in keyof T]: T[K] extends number ? number : T[K] extends Readonly<Record<string, number>> ? Counts : T[K] };

const MAX_LISTED_ERRORS = 100;

export class Books {
  readonly #stages: Sum<StageReport>[];
  readonly #sources = new Map<string, Sum<SourceReport>>();
  readonly #errors: ErrorEntry[] = [];
  #delivered = 0;
  #bytesRead = 0;
  #consumerSeconds = 0;
  #seconds = 0;

  constructor(stages: readonly { readonly name: string }[]) {
    this.#stages = stages.map(({ name }) => ({ name, in: 0, out: 0, bytes: 0, seconds: 0, dropped: {}, errors: {}, counters: {} }));
  }

  /**
   * Adds what one task counted. Every step is counted in one phase only: steps whose records were not kept run again in the next
   * phase, so here only their time counts.
   */
  add(phase: ObservePhase | WritePhase, report: RunReport): void {
    this.#seconds += report.seconds;
    if (phase.kind === "write") {
      this.#delivered += report.delivered;
      this.#consumerSeconds += report.consumerSeconds;
    }
    for (const [i, part] of report.stages.entries()) {
      const number = phase.first + i;
      const stage = this.#stages[number];
      if (stage === undefined) continue;
      stage.seconds += part.seconds;
    }
    if (phase.records === "input") this.#bytesRead += report.bytesRead;
    if (isCounted(phase)) this.addCounts(phase, report);
  }

  /** Adds what a task counted and not how long it took, also of a phase whose steps run again. */
  addCounts(phase: ObservePhase | WritePhase, report: RunReport): void {
    for (const [i, part] of report.stages.entries()) {
      const number = phase.first + i;
      const stage = this.#stages[number];
      if (stage !== undefined && number <= phase.last) addStage(stage, part); // the step behind the last one only observes
    }
    for (const [name, part] of Object.entries(report.sources)) {
      const source = this.#source(name);
      // Kept records have arrived before; what leaves an observing phase has not left the pipeline.
      if (phase.records === "input") source.in += part.in;
      if (phase.kind === "write") source.out += part.out;
      addCounts(source.dropped, part.dropped);
      addCounts(source.errors, part.errors);
    }
    this.#errors.push(...report.errors.slice(0, MAX_LISTED_ERRORS - this.#errors.length));
  }

  /** Adds what other books hold. */
  addAll(other: Books): void {
    this.#seconds += other.#seconds;
    this.#delivered += other.#delivered;
    this.#consumerSeconds += other.#consumerSeconds;
    this.#bytesRead += other.#bytesRead;
    for (const [number, stage] of this.#stages.entries()) {
      const part = other.#stages[number];
      if (part === undefined) continue;
      stage.seconds += part.seconds;
      addStage(stage, part);
    }
    for (const [name, part] of other.#sources) {
      const source = this.#source(name);
      source.in += part.in;
      source.out += part.out;
      addCounts(source.dropped, part.dropped);
      addCounts(source.errors, part.errors);
    }
    this.#errors.push(...other.#errors.slice(0, MAX_LISTED_ERRORS - this.#errors.length));
  }

  /**
   * Raises every count of a stage to that of other books where it is lower: those of a pass that went over the same records before, so
   * that counters never go back.
   */
  atLeast(other: Books): void {
    for (const [number, stage] of this.#stages.entries()) {
      const part = other.#stages[number];
      if (part === undefined) continue;
      for (const count of ["in", "out", "bytes"] as const) stage[count] = Math.max(stage[count], part[count]);
      for (const counts of ["dropped", "errors", "counters"] as const) {
        for (const [key, value] of Object.entries(part[counts])) stage[counts][key] = Math.max(stage[counts][key] ?? 0, value);
      }
    }
  }

  /** Adds what the step over the whole corpus counted, and its time. */
  addDecision(step: number, counters: Readonly<Record<string, number>>, seconds: number): void {
    const stage = this.#stages[step];
    this.#seconds += seconds;
    if (stage === undefined) return;
    stage.seconds += seconds;
    addCounts(stage.counters, counters);
  }

  #source(name: string): Sum<SourceReport> {
    const source = this.#sources.get(name) ?? { in: 0, out: 0, dropped: {}, errors: {} };
    this.#sources.set(name, source);
    return source;
  }

  /** Seconds are those of all workers together. */
  report(): RunReport {
    return {
      seconds: this.#seconds,
      consumerSeconds: this.#consumerSeconds,
      delivered: this.#delivered,
      finished: true,
      bytesRead: this.#bytesRead,
      bytesTotal: undefined,
      stages: this.#stages,
      sources: Object.fromEntries(this.#sources),
      errors: this.#errors,
    };
  }
}

function addStage(stage: Sum<StageReport>, part: StageReport): void {
  stage.in += part.in;
  stage.out += part.out;
  stage.bytes += part.bytes;
  addCounts(stage.dropped, part.dropped);
  addCounts(stage.errors, part.errors);
  addCounts(stage.counters, part.counters);
}

function addCounts(into: Counts, counts: Readonly<Record<string, number>>): void {
  for (const [key, value] of Object.entries(counts)) into[key] = (into[key] ?? 0) + value;
}
